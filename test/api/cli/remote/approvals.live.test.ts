// Acme asks a reviewer before restricted data is used: submitted, scheduled, ruled on, granted or denied, all by the CLI on a whole server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadOrganisation, problemLine } from '../../../../api/organisation/index.ts';
import { type LiveServer, liveServer } from '../../../support/liveServer.ts';
import { ACME, sha256 } from '../../organisation/aTree.ts';
import { ran } from '../recording.ts';

let directory = '';
let server: LiveServer;
let payroll = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-approvals-'));
  const loaded = await loadOrganisation(ACME, { now: Date.now(), digest: sha256 });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  const { configuration } = loaded;
  payroll = configuration.agents.find(({ id }) => id.startsWith('payroll'))?.id ?? '';
  server = await liveServer(directory, configuration);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const as = async (who: string, ...argv: readonly string[]) => {
  const done = await ran(...argv, '--as', who, '--url', server.url, '--directory', directory, '--json');
  expect(done.exitCode, done.err).toBe(0);
  return JSON.parse(done.out);
};
const asReviewer = (...argv: readonly string[]) => as('reviewer@data-science', 'approval', ...argv);
const request = (id: string) => as(payroll, 'request', 'get', id);
const submitted = async (): Promise<string> => {
  const asked = ['--cpu', '2', '--for', '1m', '--purpose', 'payroll: run of November'];
  return (await as(payroll, 'request', 'submit', ...asked, '--classification', 'restricted')).id;
};
/** The approval of the request, once its review has a slot. */
const scheduled = async (id: string): Promise<string> => {
  const list = async () => (await asReviewer('list', '--request', id)).items;
  await expect.poll(list, { timeout: 20_000 }).toMatchObject([{ state: 'scheduled', department: 'hr' }]);
  return (await list())[0].id;
};

it('grants what a reviewer approved', { timeout: 90_000 }, async () => {
  const id = await submitted();
  const approval = await scheduled(id);
  await expect
    .poll(() => request(id), { timeout: 20_000 })
    .toMatchObject({
      state: 'waiting',
      reasons: [{ code: 'AWAITING_APPROVAL' }],
      obligations: { approvals: [{ skill: 'data-protection', code: 'APPROVAL_NEEDED', policy: 'handling' }] },
    });
  await asReviewer('approve', approval, '--reason', 'lawful basis: contract');
  await expect.poll(() => request(id), { timeout: 20_000 }).toMatchObject({ state: 'granted' });
  expect(await asReviewer('get', approval)).toMatchObject({ state: 'approved' });
});

it('denies what a reviewer rejected', { timeout: 90_000 }, async () => {
  const id = await submitted();
  await asReviewer('reject', await scheduled(id), '--reason', 'purpose too broad');
  const wanted = { state: 'denied', reasons: [{ code: 'APPROVAL_REJECTED' }] };
  await expect.poll(() => request(id), { timeout: 20_000 }).toMatchObject(wanted);
});

it('asks nobody about less than restricted data', { timeout: 90_000 }, async () => {
  const asked = ['--cpu', '2', '--for', '1m', '--purpose', 'payroll: run of November', '--wait', '20'];
  const { id, state } = await as(payroll, 'request', 'submit', ...asked, '--classification', 'confidential');
  expect(state).toBe('granted');
  expect(await request(id)).not.toHaveProperty('obligations');
});
