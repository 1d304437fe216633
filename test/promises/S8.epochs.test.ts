// S8: epochs rise, and a stale epoch writes nothing. Leaders that were replaced, that race their successor, that come back; two runners in one cell.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { type Runner, startRunner } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(100));
const one = (n: number) => aRequest(n).gpu(1).build();

function epochsInOrder(dump: StoreDump): number[] {
  return dump.tick.toSorted((a, b) => a.tick - b.tick).map((row) => row.epoch);
}

describe('S8 epochs rise, a stale epoch writes nothing', () => {
  it('of a leader that does not know yet that it was replaced', async () => {
    cell = await liveCell(gpus());
    const first = await cell.elect();
    await cell.submit(one(1));
    await first.settle();
    const second = await cell.elect(await cell.store.open({ holder: 'second' }));
    expect(second.epoch).toBe(first.epoch + 1);
    await cell.submit(one(2));
    const before = await cell.dump();
    expect(await first.tick()).toEqual({ type: 'epochLost' });
    expect(await cell.dump()).toEqual(before);
    expect(first.told.map(({ record }) => record.tick)).toEqual([1]);
    await second.settle();
    expect(outcomeOf(await cell.dump(), one(2))).toBe('granted');
  });

  it('when the election and the commit meet, twenty times: one of them comes first, and the chain never forks', async () => {
    cell = await liveCell(gpus());
    const rivals = [await cell.store.open({ holder: 'one' }), await cell.store.open({ holder: 'two' })];
    let leader = await cell.elect(rivals[0]);
    const outcomes: string[] = [];
    for (let round = 1; round <= 20; round += 1) {
      await cell.submit(one(round));
      const [result, next] = await Promise.all([leader.tick(), cell.elect(rivals[round % 2])]);
      outcomes.push(result.type);
      expect(next.epoch).toBe(leader.epoch + 1);
      leader = next;
      // Whatever its predecessor managed to commit, it has loaded: its own tick is chained to that.
      await leader.settle();
    }
    const dump = await cell.dump();
    for (const type of outcomes) expect(['committed', 'epochLost']).toContain(type);
    expect(dump.lease).toHaveLength(20);
    expect(epochsInOrder(dump)).toEqual(epochsInOrder(dump).toSorted((a, b) => a - b));
    expect(checkPromises(dump)).toEqual([]);
  });

  it('of a holder with an epoch that is not its lease’s: no heartbeat, no release, no extension', async () => {
    cell = await liveCell(gpus());
    const leader = await cell.elect();
    await cell.submit(one(1));
    await leader.settle();
    const lease = leader.leaseOf(one(1));
    const stale = lease.epoch - 1;
    const scope = { type: 'agent', department: lease.department, agent: lease.agent } as const;
    const beat = await cell.adapter.heartbeatWriter.heartbeat(scope, lease.id, stale);
    expect(beat).toEqual({ type: 'staleEpoch', epoch: lease.epoch });
    await cell.act({ type: 'release', lease: lease.id, epoch: stale }, lease);
    await cell.act(
      { type: 'extend', extension: 'ext_stale' as never, lease: lease.id, epoch: stale, seconds: 60 },
      lease,
    );
    await leader.settle();
    const dump = await cell.dump();
    expect(dump.lease).toMatchObject([{ state: 'granted', ends_at_ms: lease.endsAt, ended_at_ms: null }]);
    expect(dump.extension).toEqual([]);
  });

  it('and two runners that take the cell from each other decide everything once', async () => {
    cell = await liveCell(gpus());
    const settings = {
      cell: 'main',
      intakeRowsMax: 100,
      pollMs: 5,
      intervalMs: 1,
      heartbeatPollMs: 50,
      renewMs: 20,
      electionMs: 5,
    };
    const timers = {
      sleep: (ms: number, signal?: AbortSignal) =>
        sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
    };
    const elected: number[] = [];
    const runners: Runner[] = [];
    for (const holder of ['one', 'two']) {
      const { ports } = await cell.elect(await cell.store.open({ holder, ttlMs: 60_000 }));
      const stopwatch = { elapsedMs: () => performance.now() };
      const run = startRunner({ ...ports, timers, stopwatch }, settings, (event) => {
        if (event.type === 'elected') elected.push(event.epoch);
      });
      runners.push(run);
    }
    for (let n = 1; n <= 60; n += 1) {
      await cell.submit(one(n));
      if (n % 6 === 0) {
        const before = elected.length;
        // Again until a rival was faster than the renewal of the leader in office.
        while (elected.length === before) {
          await cell.store.query('update leader set expires_at_ms = 0');
          await sleep(5);
        }
      }
    }
    for (;;) {
      const [row] = await cell.store.query<{ done: boolean }>(
        "select count(*) = 60 as done from request where state = 'granted'",
      );
      if (row?.done) break;
      await sleep(10);
    }
    await Promise.all(runners.map((runner) => runner.stop()));
    const dump = await cell.dump();
    expect(elected.length).toBeGreaterThan(5);
    expect(elected).toEqual(elected.toSorted((a, b) => a - b));
    expect(new Set(elected).size).toBe(elected.length);
    expect(dump.lease).toHaveLength(60);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and the database lets no epoch fall, whoever writes it', async () => {
    cell = await liveCell(gpus());
    await cell.elect();
    await cell.elect();
    await expect(cell.store.query('update leader set epoch = epoch - 1')).rejects.toThrow(
      /leader_epoch_rises/,
    );
    const dump = await cell.dump();
    const tick = {
      cell: 'main',
      tick: 1,
      epoch: 9,
      digest: 'd',
      previous_digest: '',
      configuration_revision: 'x',
      record: {},
    };
    const forged = { ...dump, tick: [...dump.tick, tick as never] };
    expect(checkPromises(forged).map(({ promise }) => promise)).toContain('S8');
  });
});
