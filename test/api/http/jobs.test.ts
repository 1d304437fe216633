// /v1/jobs over the edge: what can be asked for and by whom, what is seen by whom, and the result as the file that it is.

import { describe, expect, it } from 'vitest';
import { anEdge, expectProblem } from './support.ts';

const HEAD = 'department-head:research';
const OTHER_HEAD = 'department-head:sales';
const OPERATOR = 'operator:research';
const EXPORT = { kind: 'export', input: { of: 'requests' } };

async function aJobEdge() {
  let hints = 0;
  const edge = await anEdge({
    server: {
      jobAdded: () => {
        hints += 1;
      },
    },
  });
  const ask = (body: unknown, as = HEAD) => edge.call({ method: 'POST', url: '/v1/jobs', as, body });
  const get = (url: string, as = HEAD) => edge.call({ method: 'GET', url, as });
  return { edge, ask, get, hints: () => hints };
}

describe('a side job', () => {
  it('is kept with the reach of its asker, and told of', async () => {
    const { ask, get, hints } = await aJobEdge();
    const asked = await ask(EXPORT);
    const { id } = asked.json();
    expect([asked.statusCode, asked.headers.location]).toEqual([202, `/v1/jobs/${id}`]);
    expect(asked.json()).toMatchObject({ state: 'queued', reach: 'department', department: 'research' });
    expect(hints()).toBe(1);
    expect((await get(`/v1/jobs/${id}`)).json()).toEqual(asked.json());
    expect((await ask(EXPORT, OPERATOR)).json()).toMatchObject({ reach: 'all' });
  });

  it.each([
    ['a kind that is none', { kind: 'deploy', input: {} }],
    ['no input', { kind: 'export' }],
    ['something else to export', { kind: 'export', input: { of: 'secrets' } }],
    ['an instant that is none', { kind: 'report', input: { from: 'today', to: '2026-11-01T00:00:00Z' } }],
    ['a field too many', { kind: 'export', input: { of: 'events', department: 'sales' } }],
    ['a report without an end', { kind: 'report', input: { from: '2026-11-01T00:00:00Z' } }],
  ])('is refused with %s', async (_, body) => {
    const { ask, hints } = await aJobEdge();
    expectProblem(await ask(body), 'BODY_INVALID');
    expect(hints()).toBe(0);
  });

  it('is not for agents, and is nothing to another department', async () => {
    const { edge, ask, get } = await aJobEdge();
    expectProblem(await ask(EXPORT, 'agent:research:forge-01'), 'ROLE_NOT_ALLOWED');
    const { id } = (await ask(EXPORT)).json();
    for (const url of [`/v1/jobs/${id}`, `/v1/jobs/${id}/result`])
      expectProblem(await get(url, OTHER_HEAD), 'NOT_FOUND');
    expectProblem(await edge.call({ method: 'DELETE', url: `/v1/jobs/${id}`, as: OTHER_HEAD }), 'NOT_FOUND');
    expect((await get('/v1/jobs', OTHER_HEAD)).json().items).toEqual([]);
    expect((await get('/v1/jobs?state=queued&kind=export')).json().items).toHaveLength(1);
    expect((await get('/v1/jobs?kind=report')).json().items).toEqual([]);
  });

  it('is cancelled once, and keeps its end', async () => {
    const { edge, ask } = await aJobEdge();
    const { id } = (await ask(EXPORT)).json();
    const cancel = () => edge.call({ method: 'DELETE', url: `/v1/jobs/${id}`, as: HEAD });
    const first = (await cancel()).json();
    expect(first.state).toBe('cancelled');
    expect((await cancel()).json()).toEqual(first);
  });

  it('gives its result byte by byte, and none before', async () => {
    const { edge, ask, get } = await aJobEdge();
    const { id } = (await ask(EXPORT)).json();
    expectProblem(await get(`/v1/jobs/${id}/result`), 'JOB_NOT_DONE');
    const claim = { id, claim: 'a' };
    const { sideJobBook: book } = edge.memory;
    await book.claim(claim, ['export']);
    await book.write(claim, 0, Buffer.from('{"id":"a"}\n'));
    await book.write(claim, 1, Buffer.from('{"id":"ä"}\n'));
    const result = {
      fileName: 'requests.ndjson',
      contentType: 'application/x-ndjson',
      bytes: 23,
      sha256: 'f0',
    };
    await book.succeed(claim, { ...result, parts: 2 });
    const taken = await get(`/v1/jobs/${id}/result`);
    expect(taken.body).toBe('{"id":"a"}\n{"id":"ä"}\n');
    expect(taken.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="requests.ndjson"',
    });
    expect((await get(`/v1/jobs/${id}`)).json().result).toEqual({ href: `/v1/jobs/${id}/result`, ...result });
  });
});
