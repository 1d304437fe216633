// A hostile world in virtual time, with leaders that come and go: every tick that it commits is decided again from its record, to the same digest.
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../../adapters/memory/tables.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import type { TickRecord } from '../../../scheduler/index.ts';
import { ReplayError } from '../../../scheduler/replay/replay.ts';
import { World } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { contested, play } from '../../simulations/world/adversary.ts';
import { aRequest, NOW } from '../../support/builders.ts';
import { replayDump } from '../../support/replayDump.ts';

const LASTS_MS = 2 * 3_600_000;

async function historyOf(seed: number): Promise<StoreDump> {
  const { world } = await play({ seed, stepMs: 15_000, lastsMs: LASTS_MS });
  return world.dump();
}

it.each([6])(
  'seed %i: every committed tick replays to its digest, its fields and its events',
  async (seed) => {
    const dump = await historyOf(seed);
    const { ticks, different } = await replayDump(dump, { checkpointEvery: 7 });
    expect(different).toEqual([]);
    expect(ticks).toHaveLength(dump.tick.length);
    expect(ticks.length).toBeGreaterThan(100);
  },
);

describe('a history of several terms', () => {
  let dump: StoreDump;
  let half: StoreDump;

  beforeAll(async () => {
    dump = await historyOf(1);
    half = { ...dump, tick: dump.tick.slice(0, 60) };
  });

  it('has them, and what a replay has to cope with', () => {
    const records = dump.tick.map(({ record }) => record);
    expect(new Set(records.map(({ epoch }) => epoch)).size).toBeGreaterThan(1);
    expect(records.some(({ revocations }) => (revocations?.plans.length ?? 0) > 0)).toBe(true);
    expect(records.some(({ inputs }) => inputs?.heard.saved !== undefined)).toBe(true);
  });

  // Each input is there for a reason: without it some tick comes out otherwise, or cannot be decided at all.
  const without: Record<string, (record: TickRecord) => TickRecord> = {
    'what turns without a commit changed': (record) => inputs(record, { carried: undefined }),
    'intake rows': (record) => inputs(record, { intake: [] }),
    'safe work': ({ inputs: kept, ...record }) => {
      const { saved: _, ...heard } = kept!.heard;
      return { ...record, inputs: { ...kept!, heard } };
    },
    verdicts: (record) => inputs(record, { verdicts: undefined }),
    'the work budget': (record) => inputs(record, { asked: { engine: 'highs', budget: { unitsMax: 1 } } }),
    'the clock': (record) => ({ ...record, now: record.now + 1 }),
  };
  it.each(Object.keys(without))('is found out where a record does not say %s', async (what) => {
    const bend = (record: TickRecord): TickRecord => without[what]!(record);
    const result = await replayDump(half, { bend }).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toBeInstanceOf(ReplayError);
    else expect((result as { different: unknown[] }).different).toHaveLength(1);
  });

  it('goes on from a checkpoint as from the first tick', async () => {
    const all = await replayDump(half);
    const parts = await replayDump(half, { checkpointEvery: 1 });
    expect(all.different).toEqual([]);
    expect(parts.different).toEqual([]);
    expect(parts.standing.state.tickDigest).toBe(all.standing.state.tickDigest);
  });
});

function inputs(record: TickRecord, bent: object): TickRecord {
  return { ...record, inputs: { ...record.inputs!, ...bent } };
}

describe('silence', () => {
  it('is an outside fact: who is said to have been silent ends, and nobody else', async () => {
    const solver = createInProcessSolver();
    const configuration = contested();
    const world = await World.open({
      configuration,
      startsAt: NOW,
      solver,
      digest: sha256,
      committed: () => {},
    });
    for (const n of [1, 2])
      await world.submit(aRequest(n).by('alpha-1', 'alpha').gpu(2).seconds(3600).build());
    await world.pass(0);
    world.now += 1000;
    for (const lease of world.state.leases.values()) await world.beat(lease);
    await world.pass(500_000);
    world.now += 1000;
    const [kept] = world.state.leases.values();
    await world.beat(kept!);
    await world.pass(200_000);
    await solver.close();
    const dump = world.dump();
    expect(dump.tick.flatMap(({ record }) => record.inputs!.heard.silent)).toHaveLength(1);
    expect((await replayDump(dump)).different).toEqual([]);
    const deaf = (record: TickRecord): TickRecord =>
      inputs(record, { heard: { ...record.inputs!.heard, silent: [] } });
    expect((await replayDump(dump, { bend: deaf })).different).toHaveLength(1);
  });
});
