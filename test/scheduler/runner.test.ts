import { describe, expect, it } from 'vitest';
import {
  leaseId,
  type RunnerEvent,
  type SchedulerPorts,
  startRunner,
  type TickCommit,
  type Timers,
} from '../../scheduler/index.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type StateBuilder,
} from '../support/builders.ts';
import { aTickRig, submitted } from './support/tickRig.ts';

const SETTINGS = {
  cell: 'main',
  intakeRowsMax: 2,
  pollMs: 20,
  intervalMs: 1,
  heartbeatPollMs: 50,
  renewMs: 10,
  electionMs: 5,
};

interface Script {
  /** What `renew` answers. */
  ours: boolean;
  epoch: number;
  rows: ReturnType<typeof submitted>[];
  loads: number;
  released: number[];
  failCommits: number;
  /** Rows in one commit that the store can take. */
  rowsCommitted: number;
  rowsAsked: number;
  readThrough: number;
  elapsedMs: number;
}

const timers: Timers = {
  sleep: (ms, signal) =>
    new Promise((done) => {
      setTimeout(done, ms);
      signal?.addEventListener('abort', () => done(), { once: true });
      if (signal?.aborted) done();
    }),
};

/** A cell in memory: intake rows vanish once a commit has stamped them. */
function aCell(
  memory: StateBuilder = aState(aConfiguration().pool(aPool('gpu-a').gpu(8))),
  settings: typeof SETTINGS = SETTINGS,
) {
  const rig = aTickRig(memory.build());
  const script: Script = {
    ours: true,
    epoch: 0,
    rows: [],
    loads: 0,
    released: [],
    failCommits: 0,
    rowsCommitted: SETTINGS.intakeRowsMax,
    rowsAsked: 0,
    readThrough: NOW,
    elapsedMs: 0,
  };
  const commits: TickCommit[] = [];
  const events: RunnerEvent[] = [];
  const waiters: (() => void)[] = [];
  const changed = (): void => {
    for (const wake of waiters.splice(0)) wake();
  };
  const ports: SchedulerPorts = {
    ...rig.ports,
    leadership: {
      acquire: async () => (script.ours ? ++script.epoch : null),
      renew: async () => script.ours,
      release: async (_cell, epoch) => void script.released.push(epoch),
    },
    stateSource: {
      async load(_cell, epoch) {
        script.loads += 1;
        return { ...memory.build(), epoch };
      },
    },
    intake: {
      async take(_cell, max) {
        script.rowsAsked = max;
        changed();
        return { rows: script.rows.slice(0, max), now: NOW, revision: memory.build().configuration.revision };
      },
    },
    heartbeats: { since: async () => ({ heard: [], readThrough: script.readThrough }) },
    store: {
      async commit(commit) {
        if (script.failCommits > 0) {
          script.failCommits -= 1;
          throw new Error('the database is gone');
        }
        if (commit.intake.length > script.rowsCommitted)
          throw new Error('canceling statement due to timeout');
        commits.push(commit);
        script.rows = script.rows.filter((row) => !commit.intake.includes(row.id));
        changed();
        return 'committed';
      },
    },
    stopwatch: { elapsedMs: () => script.elapsedMs },
    timers,
  };
  const runner = startRunner(ports, settings, (event) => {
    events.push(event);
    changed();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((done) => waiters.push(done));
  };
  return { runner, script, commits, events, until };
}

describe('the runner', () => {
  it('is elected, loads, and decides what is submitted, a bounded batch at a time', async () => {
    const { runner, script, commits, until } = aCell();
    script.rows = [1, 2, 3].map((n) => submitted(aRequest(n).gpu(1).build()));
    runner.wake();
    await until(() => commits.flatMap((commit) => commit.intake).length === 3);
    expect(commits.map((commit) => commit.intake.length)).toEqual([2, 1]);
    await runner.stop();
  });

  it('stands again at once when it is told that leadership may be had', async () => {
    const { runner, script, events, until } = aCell(undefined, { ...SETTINGS, electionMs: 600_000 });
    await until(() => events.length > 0);
    script.ours = false;
    await until(() => events.some((event) => event.type === 'steppedDown'));
    script.ours = true;
    // One that comes before it waits is lost, as any hint may be.
    const telling = setInterval(() => runner.stand(), 1);
    await until(() => events.filter((event) => event.type === 'elected').length === 2);
    clearInterval(telling);
    await runner.stop();
  });

  it('gives leadership back when it is stopped', async () => {
    const { runner, script, events, until } = aCell();
    await until(() => runner.state() !== null || events.length > 0);
    await runner.stop();
    expect(script.released).toEqual([1]);
    expect(events.at(-1)).toEqual({ type: 'steppedDown', epoch: 1, why: 'stopped' });
    expect(runner.state()).toBeNull();
  });

  it('steps down when a renewal says that the epoch is gone, and does not release what is not its own', async () => {
    const { runner, script, events, until } = aCell();
    await until(() => events.some((event) => event.type === 'elected'));
    script.ours = false;
    await until(() => events.some((event) => event.type === 'steppedDown'));
    expect(events).toContainEqual({ type: 'steppedDown', epoch: 1, why: 'epochLost' });
    expect(script.released).toEqual([]);
    await runner.stop();
  });

  it('throws its memory away after a failed commit and decides the same rows again in a new term', async () => {
    const { runner, script, commits, events, until } = aCell();
    script.failCommits = 1;
    script.rows = [submitted(aRequest(1).gpu(1).build())];
    runner.wake();
    await until(() => commits.length === 1);
    expect(script.loads).toBe(2);
    expect(events).toContainEqual({ type: 'failure', error: new Error('the database is gone') });
    expect(commits[0]?.epoch).toBe(2);
    await runner.stop();
  });

  it('takes more again after a run of full batches, though rows wait all the time', async () => {
    const { runner, script, commits, until } = aCell();
    script.failCommits = 1;
    script.rows = Array.from({ length: 40 }, (_, n) =>
      submitted(
        aRequest(n + 1)
          .gpu(1)
          .build(),
      ),
    );
    await until(() => script.rows.length === 0);
    expect(commits.slice(0, 17).map((commit) => commit.intake.length)).toEqual([...Array(16).fill(1), 2]);
    expect(commits).toHaveLength(28);
    await runner.stop();
  });

  it('takes half as many rows after a tick that failed, until they are fewer than that', async () => {
    const { runner, script, commits, until } = aCell();
    script.rowsCommitted = 1;
    script.rows = [1, 2, 3].map((n) => submitted(aRequest(n).gpu(1).build()));
    await until(() => commits.length === 3);
    expect(commits.map((commit) => commit.intake.length)).toEqual([1, 1, 1]);
    expect(script.loads).toBe(2);
    await until(() => script.rowsAsked === SETTINGS.intakeRowsMax);
    await runner.stop();
  });

  it('decides in its first turn about those who wait, without any news', async () => {
    const waiting = { ...aRequest(1).gpu(1).pending(), waitingCodes: ['NEXT_TICK'] as const };
    const { runner, commits, until } = aCell(
      aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).request(waiting),
    );
    await until(() => commits.length === 1);
    expect(commits[0]?.changes[0]).toMatchObject({ type: 'decided', outcome: 'granted' });
    await runner.stop();
  });

  it('counts silence only from when it began to listen', async () => {
    const lease = aLease('gpu-a', { id: leaseId(0, 0), activatedAt: NOW - HOUR });
    const memory = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .lease(lease)
      .used('gpu-a', 1);
    const { runner, script, commits, until } = aCell(memory.quotaUse('research', 'gpu', 1));
    script.rows = [submitted(aRequest(1).gpu(1).build())];
    await until(() => commits.length === 1);
    expect(commits[0]?.changes.filter(({ type }) => type === 'leaseEnded')).toEqual([]);
    script.readThrough = NOW + 30_000;
    script.elapsedMs = SETTINGS.heartbeatPollMs;
    await until(() => commits.length === 2);
    expect(commits[1]?.changes[0]).toMatchObject({ type: 'leaseEnded', cause: 'heartbeat' });
    await runner.stop();
  });
});
