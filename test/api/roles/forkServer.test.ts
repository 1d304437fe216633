// A server as a process: told what to serve, asked how it does, stopped in order, and gone with its parent.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProcess } from '../../../adapters/postgres/embedded/processes.ts';
import { dumpTo } from '../../../api/roles/dump.ts';
import { runSampleAgents } from '../../../api/roles/sampleAgents.ts';
import { storedConfiguration } from '../../../api/roles/storedConfiguration.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .agent('bob')
  .agent('cyd')
  .pool(
    aPool('gpu-a').gpu(64, 'H100').label('zone', 'waw1'),
    aPool('gpu-b').gpu(64, 'A100').label('zone', 'fra1'),
    aPool('cpu-a').cpu(64),
    aPool('memory-a').memory(256),
  )
  .build();

let directory = '';
let running: LiveServer | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'annona-fork-'));
});
afterEach(async () => {
  await running?.stop();
  running = null;
  rmSync(directory, { recursive: true, force: true });
});

describe('a forked server', () => {
  it('serves, counts, keeps its organisation beside its data, and leaves no process when it stops', async () => {
    const server = await liveServer(directory, configuration);
    running = server;
    expect(await storedConfiguration(directory)).toEqual(configuration);
    const notes: string[] = [];
    const ending = new AbortController();
    const mint = await tokenMint(directory);
    const sampling = runSampleAgents({
      configuration,
      baseUrl: server.url,
      count: 2,
      seed: 7,
      tokenFor: ({ id, department }) => mint({ role: 'agent', department, agent: id }),
      // Agents that think and hold for a moment only: time is passed in.
      sleep: async () => void (await new Promise((resolve) => setTimeout(resolve, 2))),
      run: 'test',
      signal: ending.signal,
      note: (line) => void notes.push(line),
    });
    const operator = await server.operator();
    for (;;) {
      const { items } = (await operator.get('/v1/leases?state=released&limit=20')) as { items: unknown[] };
      if (items.length >= 10) break;
    }
    ending.abort();
    await sampling;
    const { ticks, ticksWithColumns, faults } = await server.stats();
    expect(ticks).toBeGreaterThan(0);
    expect(ticksWithColumns).toBeGreaterThan(0);
    expect(faults).toBe(0);
    expect(notes.filter((note) => !/LEASE_ENDED|NEVER_FITS/.test(note))).toEqual([]);
    const { items } = (await operator.get('/v1/requests?limit=500')) as { items: { agent: string }[] };
    expect(new Set(items.map(({ agent }) => agent)).size).toBe(2);
    await server.stop();
    for (const pid of [server.pid, server.databasePid as number]) expect(findProcess(pid)).toBeUndefined();
  }, 90_000);

  it('says why it could not start, and leaves nothing running', async () => {
    await expect(
      liveServer(directory, configuration, { databaseUrl: 'postgres://nobody@127.0.0.1:1/x' }),
    ).rejects.toThrow('does not take us: connect ECONNREFUSED');
    expect(readdirSync(directory)).toEqual([]);
  }, 60_000);
});

describe('a dump', () => {
  it('is a private file of its name, which says where it lies', async () => {
    const file = await dumpTo(join(directory, 'dumps'), () => {}).write('refused-main-1', { version: 1 });
    expect(file).toBe(join(directory, 'dumps', 'refused-main-1.json'));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1 });
  });
});

describe('the stored organisation', () => {
  it('is null where none was stored', async () => {
    expect(await storedConfiguration(directory)).toBeNull();
  });
});
