// The page for programs that read text: it is what is committed, and names every route, code and reason.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROBLEMS } from '../../../../api/errors.ts';
import { SUBMISSION_EXAMPLE } from '../../../../api/http/contract/routeWords.ts';
import { loadOrganisation } from '../../../../api/organisation/index.ts';
import { REASON_GUIDE } from '../../../../scheduler/index.ts';
import { ACME, NOW, sha256 } from '../../organisation/aTree.ts';
import { anEdge } from '../support.ts';

it('docs/llms.txt is what the server serves; `npm run contract` writes it', async () => {
  const { call } = await anEdge();
  const { body, headers } = await call({ method: 'GET', url: '/llms.txt', as: null });
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body).toBe(readFileSync('docs/llms.txt', 'utf8'));
});

it('names every route, every code and every reason', async () => {
  const { routes } = await anEdge();
  const page = readFileSync('docs/llms.txt', 'utf8');
  const wanted = [
    ...routes.map(({ method, url }) => `- ${String(method)} ${url}: `),
    ...Object.entries(PROBLEMS).map(([code, { status }]) => `- ${code} (${status}): `),
    ...Object.entries(REASON_GUIDE).map(([code, { actor }]) => `- ${code} (${actor}): `),
  ];
  expect(wanted.filter((line) => !page.includes(line))).toEqual([]);
});

it('shows a request that the sample organisation takes as it stands', async () => {
  const loaded = await loadOrganisation(ACME, { now: NOW, digest: sha256 });
  if (!loaded.ok) throw new Error('the sample organisation does not load');
  const { configuration } = loaded;
  const [agent] = configuration.agents.filter(({ roles }) => roles.includes('agent'));
  const { call } = await anEdge({ server: { configuration: () => configuration } });
  const as = `agent:${agent?.department}:${agent?.id}`;
  const { statusCode } = await call({ method: 'POST', url: '/v1/requests', as, body: SUBMISSION_EXAMPLE });
  expect(statusCode).toBe(202);
});
