// The commands against a whole server: ask, hold, extend, follow, give back, with the exit codes of what became of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aConfiguration, aPool } from '../../../support/builders.ts';
import { type LiveServer, liveServer } from '../../../support/liveServer.ts';
import { ran } from '../recording.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .agent('bob')
  .pool(aPool('gpu-a').gpu(4, 'A100'), aPool('cpu-a').cpu(64))
  .build();

let directory = '';
let server: LiveServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-live-'));
  server = await liveServer(directory, configuration);
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const as = (who: string, ...argv: readonly string[]) =>
  ran(...argv, '--as', who, '--url', server.url, '--directory', directory);

it('asks, holds, extends, follows and gives back', async () => {
  const following = as(
    'operator@research',
    'events',
    '--count',
    '2',
    '--json',
    '--type',
    'annona.lease.granted.v1,annona.lease.released.v1',
  );
  const asked = await as('ada', 'request', 'submit', '--gpu', '4', '--for', '10m', '--wait', '20', '--json');
  expect([asked.exitCode, JSON.parse(asked.out).state]).toEqual([0, 'granted']);
  const { lease } = JSON.parse(asked.out);

  const stuck = await as('bob', 'request', 'submit', '--gpu', '1', '--for', '10m', '--wait', '1');
  expect([stuck.exitCode, stuck.out]).toEqual([
    5,
    expect.stringMatching(/POOL_FULL +gpu-a asks 1, left 0, held 4/),
  ]);
  const watching = as('bob', 'request', 'watch', 'latest');

  expect((await as('ada', 'lease', 'heartbeat', lease)).out).toMatch(/^heartbeatTimeoutSeconds +30$/m);
  expect((await as('ada', 'lease', 'extend', lease, '--by', '5m')).out).toMatch(/^outcome +granted$/m);
  expect((await as('bob', 'lease', 'release', lease, '--epoch', '1')).err).toContain(
    'Try: npx annona lease list',
  );
  expect((await as('ada', 'lease', 'release', 'latest')).exitCode).toBe(0);

  // What ada gave back is what bob was waiting for.
  expect(await watching).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^state +✓ granted$/m) });
  const told = (await following).out.split('\n').map((line) => JSON.parse(line));
  expect(told[0]).toMatchObject({ type: 'annona.lease.granted.v1', lease, agent: 'ada' });
  expect(told).toHaveLength(2);

  const resumed = await as('operator@research', 'events', '--since', told[0].place, '--count', '1', '--json');
  expect(JSON.parse(resumed.out).id).not.toBe(told[0].id);
  const top = await as('operator@research', 'top', '--once');
  expect(top.out).toMatch(/^gpu-a +gpu +1 +4 +25 % /m);
});

it('submits a file of many, reads them back, and cancels', async () => {
  const file = join(directory, 'many.yaml');
  const item = (id: string, quantity: number) =>
    `  - {clientRequestId: ${id}, options: [{claims: [{kind: cpu, quantity: ${quantity}}]}], terms: {class: standard, durationSeconds: 60}}\n`;
  writeFileSync(file, `items:\n${item('small', 1)}${item('huge', 65)}`);
  const sent = await as('ada', 'request', 'submit', '-f', file);
  expect(sent.exitCode).toBe(1);
  expect(sent.out).toMatch(/^ +1 +422 +- +\/options\/0\/claims\/0: 65 of cpu can never fit here/m);
  expect(sent.err).toContain(`${file}:3:`);
  const small = /req_\w+/.exec(sent.out)?.[0] ?? '';
  expect((await as('ada', 'request', 'watch', small)).exitCode).toBe(0);
  expect((await as('ada', 'request', 'list')).out).toMatch(
    /^req_\w+ +\S \w+ +standard +research +ada +1 cpu /m,
  );
  expect((await as('ada', 'request', 'cancel', 'latest')).exitCode).toBe(0);
  const never = await as('ada', 'request', 'submit', '--cpu', '65', '--for', '1m');
  expect([never.exitCode, never.err]).toEqual([
    4,
    expect.stringContaining('the largest fit is 64 (cpu-a). Try: npx annona pool list'),
  ]);
});

it('verifies a tick of the server from its file and its record, and counts how good ticks were', async () => {
  const operator = (...argv: readonly string[]) => as('operator@research', ...argv);
  const listed = JSON.parse((await operator('ticks', 'list', '--json')).out) as {
    items: { tick: number; counts: { columns: number } }[];
  };
  const { tick } = listed.items.find(({ counts }) => counts.columns > 0)!;
  const verified = await operator('verify', String(tick));
  expect([verified.exitCode, verified.err]).toEqual([0, '']);
  expect(verified.out).toMatch(
    new RegExp(`^ok +record +is what tick ${tick} committed, digest [0-9a-f]{64}$`, 'm'),
  );
  expect(verified.out).toMatch(/^ok +class standard +\d+ of at most \d+, gap 0\.000 %$/m);
  const quality = await operator('ticks', 'quality');
  expect(quality.out).toMatch(/^ticks \d+ to \d+: \d+, of which \d+ had something to decide$/m);
  expect(quality.out).toMatch(/^standard +\d+ +\d+ +0 +0 +0 +0 +0 +0 +0 +0 +0\.000 %$/m);
});

it('offers a waiting request what is left over, and takes it', async () => {
  const held = JSON.parse(
    (await as('ada', 'request', 'submit', '--gpu', '2', '--for', '10m', '--wait', '20', '--json')).out,
  );
  expect(held.state).toBe('granted');
  const stuck = await as('ada', 'request', 'submit', '--gpu', '3', '--for', '10m', '--wait', '1', '--json');
  const { id } = JSON.parse(stuck.out);
  const offered = JSON.parse((await as('ada', 'request', 'offers', id, '--json')).out);
  const [offer] = offered.offers;
  expect(offer.changes).toMatchObject([{ field: 'quantity', from: 3, to: 1 }]);
  const explained = await as('ada', 'request', 'explain', id, '--what-it-takes', '--json');
  expect(JSON.parse(explained.out)).toMatchObject({
    offers: [{ id: offer.id }],
    whatItTakes: { standing: expect.any(String), stronger: [] },
  });

  const stale = await as('ada', 'request', 'accept', id, offer.id, '--if-version', 'tick-1');
  expect([stale.exitCode === 0, stale.err]).toEqual([false, expect.stringContaining('by now')]);
  const taken = await as('ada', 'request', 'accept', id, offer.id, '--json');
  const made = JSON.parse(taken.out).id;
  expect(await as('ada', 'request', 'watch', made)).toMatchObject({ exitCode: 0 });
  const old = JSON.parse((await as('ada', 'request', 'get', id, '--json')).out);
  expect(old).toMatchObject({ state: 'cancelled', reasons: [{ code: 'REPLACED', by: made }] });
  const again = await as('ada', 'request', 'accept', id, offer.id);
  expect([again.exitCode === 0, again.err]).toEqual([false, expect.stringContaining('cancelled')]);
});
