// Defects of the relay and of what it reads and keeps. Used by defects.ts.

import type { Publisher } from '../../../scheduler/index.ts';
import type { Bends } from '../../../simulations/index.ts';
import type { Defect } from './defects.ts';

export const RELAY_DEFECTS: readonly Defect[] = [
  {
    name: 'the relay skips an event',
    promise: 'S10',
    seed: 1,
    plant: () => ({
      relay: (ports) => ({
        ...ports,
        cursor: {
          read: (sink, cell) => ports.cursor.read(sink, cell),
          advance: (sink, cell, sequence) => ports.cursor.advance(sink, cell, sequence + 1),
        },
      }),
    }),
  },
  {
    name: 'the relay turns the order round',
    promise: 'S10',
    seed: 1,
    plant: () => publishing((publisher) => (events) => publisher.publish(events.toReversed())),
  },
  {
    name: 'the relay takes a failure for an acknowledgement',
    promise: 'S10',
    seed: 18,
    plant: () =>
      publishing(
        (publisher) => (events) => publisher.publish(events).catch(() => ({ type: 'acknowledged' as const })),
      ),
  },
  {
    name: 'events are streamed before their tick is committed',
    promise: 'S10',
    seed: 12,
    plant: () => {
      let stream: Publisher | null = null;
      return {
        relay: (ports) => {
          stream = ports.publisher;
          return ports;
        },
        ports: (ports) => ({
          ...ports,
          store: {
            commit: async (commit) => {
              stream?.publish(commit.events).catch(() => {});
              return ports.store.commit(commit);
            },
          },
        }),
      };
    },
  },
];

function publishing(bend: (publisher: Publisher) => Publisher['publish']): Bends {
  return {
    relay: (ports) => ({
      ...ports,
      publisher: {
        publish: bend(ports.publisher),
        bury: (event, reason) => ports.publisher.bury(event, reason),
      },
    }),
  };
}
