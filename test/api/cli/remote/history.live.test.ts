// What a whole server decided, through the death of its leader: taken home, decided again, and its chains followed, as anybody outside would.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../adapters/system/digest.ts';
import {
  checkpointLines,
  type RecordedTick,
  replayTick,
  standingOfNothing,
} from '../../../../scheduler/index.ts';
import { createInProcessSolver } from '../../../../solver/node.ts';
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
const path = (name: string): string => join(directory, name);
const as = (who: string, ...argv: readonly string[]) =>
  ran(...argv, '--as', who, '--url', server.url, '--directory', directory);
const auditor = (...argv: readonly string[]) => as('auditor@research', ...argv);
const operator = (...argv: readonly string[]) => as('operator@research', ...argv);

async function work(): Promise<void> {
  const ask = ['request', 'submit', '--gpu', '3', '--for', '10m', '--wait', '20', '--json'];
  const asked = await as('ada', ...ask);
  const { lease } = JSON.parse(asked.out);
  const waiting = as('bob', ...ask);
  await as('ada', 'lease', 'heartbeat', lease);
  await as('ada', 'lease', 'release', lease);
  await as('bob', 'lease', 'release', JSON.parse((await waiting).out).lease);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-history-'));
  server = await liveServer(directory, configuration);
  await work();
  expect((await auditor('audit', 'head', '-o', path('early.json'))).exitCode).toBe(0);
  await server.kill();
  server = await liveServer(directory, configuration);
  await work();
  // Nothing of it came with a tick; it is sealed all the same.
  expect((await as('ada', 'audit', 'list')).exitCode).not.toBe(0);
  let refused = '';
  while (!refused.includes('GET /v1/audit'))
    refused = (await auditor('audit', 'list', '--act', 'role-refused')).out;
  const recorded = await auditor('record', '--history', '--audit', '-o', path('all.jsonl'));
  expect([recorded.exitCode, recorded.err]).toEqual([0, expect.stringContaining('next: annona verify')]);
  expect((await auditor('audit', 'head', '-o', path('late.json'))).exitCode).toBe(0);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const lines = (): Record<string, unknown>[] =>
  readFileSync(path('all.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a history', () => {
  it('spans two terms, and every tick of both comes to the same digests, from the file', async () => {
    const ticks = lines().filter(({ type }) => type === 'tick') as unknown as { record: { epoch: number } }[];
    expect(new Set(ticks.map(({ record }) => record.epoch)).size).toBe(2);
    const { exitCode, out, err } = await ran(
      'verify',
      path('all.jsonl'),
      '--replay',
      '--policy',
      'shipped',
      '--json',
    );
    expect([exitCode, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      compared: ticks.length,
      evaluated: ticks.length,
      last: ticks.length,
    });
  });

  it('is replayed from the server, from a checkpoint on', async () => {
    const last = lines().filter(({ type }) => type === 'tick').length;
    const { exitCode, out } = await operator('verify', `${last}`, '--replay');
    expect([exitCode, out]).toEqual([0, expect.stringContaining('replayed: 1 tick comes')]);
    const late = await operator('record', '--history', '--ticks', `${last}..`, '-o', path('late.jsonl'));
    expect(late.exitCode).toBe(0);
    expect(readFileSync(path('late.jsonl'), 'utf8')).toContain('"type":"checkpoint"');
    expect((await ran('verify', path('late.jsonl'), '--replay', '--ticks', `${last}`)).exitCode).toBe(0);
  });

  it('folds to the very checkpoint that the server wrote', async () => {
    const kept = JSON.parse(
      readFileSync(path('late.jsonl'), 'utf8')
        .split('\n')
        .find((line) => line.includes('"type":"checkpoint"')) ?? '',
    );
    const ticks = lines().filter(({ type }) => type === 'tick') as unknown as RecordedTick[];
    const solver = createInProcessSolver();
    let standing = standingOfNothing(configuration.cell, configuration);
    for (const tick of ticks.filter(({ record }) => record.tick <= kept.tick))
      standing = (
        await replayTick({ solver, digest: sha256, configuration: async () => configuration }, standing, tick)
      ).standing;
    await solver.close();
    expect([...checkpointLines(standing)].join('')).toBe(
      gunzipSync(Buffer.from(kept.gzip, 'base64')).toString(),
    );
  });

  it('is one chain, from the file alone, with what was audited before and after', async () => {
    const { exitCode, out } = await ran(
      'verify',
      path('all.jsonl'),
      '--chain',
      '--head',
      path('early.json'),
      '--key',
      path('early.json'),
    );
    expect([exitCode, out]).toEqual([
      0,
      expect.stringMatching(/^audit seals 1 to \d+: \d+ entries, none is missing$/m),
    ]);
  });

  it('whose end was cut off is told by a head that was kept', async () => {
    const all = lines();
    const seals = all.filter(({ type }) => type === 'seal');
    const cut = all.filter((line) => line.type !== 'head' && line !== seals.at(-1));
    cut[cut.length - 1] = { ...cut.at(-1), seals: seals.length - 1 };
    writeFileSync(path('cut.jsonl'), cut.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect((await ran('verify', path('cut.jsonl'), '--chain')).exitCode).toBe(0);
    const { exitCode, err } = await ran('verify', path('cut.jsonl'), '--chain', '--head', path('late.json'));
    expect([exitCode, err]).toEqual([7, expect.stringContaining('which is not here: the end was cut off')]);
  });

  it('that was changed is no replay and no chain', async () => {
    const text = readFileSync(path('all.jsonl'), 'utf8').replace(
      '"heard":{"through":1',
      '"heard":{"through":2',
    );
    writeFileSync(path('bent.jsonl'), text);
    const chain = await ran('verify', path('bent.jsonl'), '--chain');
    expect([chain.exitCode, chain.err]).toEqual([7, expect.stringContaining('tick 1: it was changed')]);
    expect((await ran('verify', path('bent.jsonl'), '--replay')).exitCode).toBe(7);
    writeFileSync(path('half.jsonl'), text.slice(0, text.length / 2));
    expect((await ran('verify', path('half.jsonl'), '--replay')).exitCode).not.toBe(0);
  });
});
