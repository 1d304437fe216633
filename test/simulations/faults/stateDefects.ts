// Defects of leadership, of what a leader loads and reads, and of the policy and solver beside it. Used by defects.ts.

import type { RecordedVerdict } from '../../../scheduler/index.ts';
import type { Bends } from '../../../simulations/index.ts';
import { withLeader } from './bends.ts';
import type { Defect } from './defects.ts';

export const STATE_DEFECTS: readonly Defect[] = [
  {
    name: 'the store does not look at the epoch of a commit',
    promise: 'S8',
    seed: 7,
    plant: () => ({
      store: (store) =>
        withLeader(store, (leader, commit) => {
          const { epoch } = leader;
          leader.epoch = commit.epoch;
          return () => {
            leader.epoch = epoch;
          };
        })!(store),
    }),
  },
  {
    name: 'an election does not raise the epoch',
    promise: 'S8',
    seed: 1,
    plant: () => ({
      store: (store) => ({
        leadershipOf: (holder) => {
          const own = store.leadershipOf(holder);
          return {
            acquire: async (cell) => {
              const epoch = await own.acquire(cell);
              const [leader] = store.dump().leader as unknown as { epoch: number }[];
              if (epoch === null || leader === undefined) return epoch;
              leader.epoch = 1;
              return 1;
            },
            renew: (cell, epoch) => own.renew(cell, epoch),
            release: (cell, epoch) => own.release(cell, epoch),
          };
        },
      }),
    }),
  },
  {
    name: 'nobody takes over from a leader that is gone',
    promise: 'L1',
    seed: 1,
    plant: () => ({
      store: (store) => ({
        leadershipOf: (holder) => {
          const own = store.leadershipOf(holder);
          return {
            acquire: async (cell) => (store.dump().leader.length > 0 ? null : own.acquire(cell)),
            renew: (cell, epoch) => own.renew(cell, epoch),
            release: (cell, epoch) => own.release(cell, epoch),
          };
        },
      }),
    }),
  },
  {
    name: 'a new leader forgets what is in use',
    promise: 'S1',
    seed: 3,
    plant: () => loaded((state) => state.used.clear()),
  },
  {
    name: 'a new leader forgets what is reserved',
    promise: 'unexpected',
    seed: 1,
    plant: () => loaded((state) => state.accounts.clear()),
  },
  {
    name: 'a new leader miscounts the events',
    promise: 'S10',
    seed: 1,
    plant: () =>
      loaded((state) => {
        state.eventSequence += 1;
      }),
  },
  {
    name: 'a row of the intake is overlooked for good',
    promise: 'L2',
    seed: 1,
    plant: () => ({
      ports: (ports) => ({
        ...ports,
        intake: {
          take: async (cell, rowsMax) => {
            const batch = await ports.intake.take(cell, rowsMax);
            return { ...batch, rows: batch.rows.filter(({ id }) => id % 7 !== 0) };
          },
        },
      }),
    }),
  },
  {
    name: 'a cancel is folded as nothing',
    promise: 'S4',
    seed: 2,
    plant: () => ({
      ports: (ports) => ({
        ...ports,
        intake: {
          take: async (cell, rowsMax) => {
            const batch = await ports.intake.take(cell, rowsMax);
            const nothing = { type: 'cancel', request: 'req_none' as never } as const;
            const rows = batch.rows.map((row) =>
              row.command.type === 'cancel' ? { ...row, command: nothing } : row,
            );
            return { ...batch, rows };
          },
        },
      }),
    }),
  },
  {
    name: 'heartbeats are not read',
    promise: 'S9',
    seed: 2,
    plant: () => ({
      ports: (ports) => ({
        ...ports,
        heartbeats: {
          since: async (cell, since) => ({ ...(await ports.heartbeats.since(cell, since)), heard: [] }),
        },
      }),
    }),
  },
  {
    name: 'the verdicts are kept though the policy has changed',
    promise: 'unexpected',
    seed: 2,
    plant: () => ({
      ports: (ports) => {
        const kept = new Map<string, RecordedVerdict>();
        const { policy } = ports;
        const evaluate: typeof policy.evaluate = async (tick, rows) => {
          const answers = await policy.evaluate(tick, rows);
          return rows.map((row, i) => {
            const key = JSON.stringify(row);
            kept.set(key, kept.get(key) ?? answers[i]!);
            return kept.get(key)!;
          });
        };
        return { ...ports, policy: overridden(policy, { evaluate }) };
      },
    }),
  },
  {
    name: 'a tick decides under the data of an older organisation',
    promise: 'S14',
    seed: 2,
    plant: () => ({
      ports: (ports) => {
        let hasData = false;
        const { policy } = ports;
        const adopt: typeof policy.adopt = async (configuration) => {
          if (!hasData) await policy.adopt(configuration);
          hasData = true;
        };
        return { ...ports, policy: overridden(policy, { adopt }) };
      },
    }),
  },
  {
    name: 'the solver grants nothing',
    promise: 'L3',
    seed: 1,
    plant: () => ({
      ports: (ports) => ({
        ...ports,
        solver: {
          solve: async (model, options) => {
            const solution = await ports.solver.solve(model, options);
            return { ...solution, granted: solution.granted.map(() => 0) };
          },
          close: () => ports.solver.close(),
        },
      }),
    }),
  },
];

function loaded(bend: (state: Awaited<ReturnType<LoadedState>>) => void): Bends {
  return {
    store: (store) => ({
      stateSource: {
        load: async (cell, epoch) => {
          const state = await store.stateSource.load(cell, epoch);
          bend(state);
          return state;
        },
      },
    }),
  };
}

type LoadedState = Parameters<NonNullable<Bends['ports']>>[0]['stateSource']['load'];

/** The same object with other methods: its revisions are read where they stand. */
function overridden<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const own = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
