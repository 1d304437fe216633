// Defects of the intake, where API processes write what they acknowledge. Used by defects.ts.

import type { Defect } from './defects.ts';

export const EDGE_DEFECTS: readonly Defect[] = [
  {
    name: 'an act is acknowledged before it is written',
    promise: 'S4',
    seed: 1,
    plant: () => ({
      edge: (store) => ({
        ...store,
        intakeWriter: {
          write: async (items) => {
            store.intakeWriter.write(items).catch(() => {});
            return items.map(() => ({ type: 'accepted', intake: 0, receivedAt: 0 }));
          },
        },
      }),
    }),
  },
  {
    name: 'the key of a submit is ignored',
    promise: 'S4',
    seed: 4,
    plant: () => ({
      store: (store) => ({
        intakeWriter: {
          write: (items) => store.intakeWriter.write(items.map((item) => ({ ...item, idempotency: null }))),
        },
      }),
    }),
  },
  {
    name: 'of a group the last act is acknowledged and not written',
    promise: 'S4',
    seed: 7,
    plant: () => ({
      store: (store) => ({
        intakeWriter: {
          write: async (items) => {
            if (items.length < 2) return store.intakeWriter.write(items);
            const outcomes = await store.intakeWriter.write(items.slice(0, -1));
            return [...outcomes, { type: 'accepted', intake: 0, receivedAt: 0 }];
          },
        },
      }),
    }),
  },
];
