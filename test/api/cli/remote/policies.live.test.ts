// Bundles against a whole server: signed, pushed, active in the next tick, rolled back, and still in force after a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../../policies/support.ts';
import { aConfiguration, aPool } from '../../../support/builders.ts';
import { type LiveServer, liveServer } from '../../../support/liveServer.ts';
import { ran } from '../recording.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .pool(aPool('gpu-a').gpu(4, 'A100'))
  .build();

let directory = '';
let server: LiveServer;
const at = (name: string): string => join(directory, name);
const start = (): Promise<LiveServer> =>
  liveServer(directory, configuration, {
    policies: { keyFiles: [at('team.pub.pem')], logMask: ['purpose'], logSample: 1 },
  });
const as = (who: string, ...argv: readonly string[]) =>
  ran(...argv, '--as', who, '--url', server.url, '--directory', directory);
const policy = (...argv: readonly string[]) => as('policy-author@research', 'policy', ...argv);
const submit = async () => {
  const asked = ['--gpu', '1', '--for', '1m', '--purpose', 'plain', '--wait', '20', '--json'];
  return JSON.parse((await as('ada', 'request', 'submit', ...asked)).out).state;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-bundles-'));
  expect((await ran('policy', 'keygen', at('team'))).exitCode).toBe(0);
  server = await start();
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('goes from a key to a bundle that decides, and back', { timeout: 180_000 }, async () => {
  const module = join(ROOT, 'test/policies/hostile/hostile.wasm');
  const signed = await ran('policy', 'sign', module, '--key', at('team.key.pem'), '-o', at('next'), '--json');
  expect(signed.exitCode).toBe(0);
  const { revision } = JSON.parse(signed.out);
  expect(await submit()).toBe('granted');

  // Of a key that the server does not trust: refused, and nothing changes.
  await ran('policy', 'keygen', at('other'));
  await ran('policy', 'sign', module, '--key', at('other.key.pem'), '-o', at('foreign'));
  const foreign = await policy('push', at('foreign.bundle.json'), '--activate');
  expect([foreign.exitCode, foreign.err]).toEqual([2, expect.stringContaining('BUNDLE_KEY_UNKNOWN')]);
  expect(await submit()).toBe('granted');

  const pushed = await policy('push', at('next.bundle.json'), '--activate', '--json');
  expect(JSON.parse(pushed.out)).toMatchObject({ sequence: 1, active: revision, previous: 'shipped' });
  expect(await submit()).toBe('denied');
  expect((await policy('list')).out).toContain(revision.slice(0, 12));

  await server.stop();
  server = await start();
  expect(await submit()).toBe('denied');
  expect(JSON.parse((await policy('status', '--json')).out)).toMatchObject({
    active: revision,
    running: { revision },
  });

  expect((await policy('rollback')).out).toMatch(/^active +shipped$/m);
  expect(await submit()).toBe('granted');
  expect((await policy('activate', revision.slice(0, 10), '--expect', '1')).exitCode).toBe(1);
  expect((await policy('compare', revision.slice(0, 10))).out).toContain(revision);
  expect(await submit()).toBe('granted');
  expect((await policy('compare')).exitCode).toBe(0);
});
