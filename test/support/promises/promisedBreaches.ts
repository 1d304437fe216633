// Breaches of promised starts: events that an honest history does not have, told of one who waits or of one who has its lease.

import type { StoreDump } from '../../../adapters/memory/store.ts';
import type { Breach, MutableDump } from './breaches.ts';

type Told = readonly [what: 'made' | 'moved' | 'dropped', data: Readonly<Record<string, unknown>>];

const at = (second: number): string => new Date(second * 1000).toISOString();

/** Told in this order, in the first tick, of a request in that state. */
function tell(dump: MutableDump, state: string, told: readonly Told[], tick = 1): void {
  const request = dump.request.find((one) => one.state === state)!;
  const like: StoreDump['event'][number] = dump.event.find((event) => event.request_id === request.id)!;
  for (const [n, [what, data]] of told.entries())
    dump.event.push({
      ...like,
      sequence: 10_000 + n,
      id: `evt_promise_${n}`,
      tick,
      type: `annona.reservation.${what}.v1`,
      data: data as typeof like.data,
    });
}

export const PROMISED_BREACHES: readonly Breach[] = [
  [
    'who has its outcome is promised a start',
    'S10',
    (dump) => tell(dump, 'granted', [['made', { startsAt: at(5) }]], 99),
  ],
  [
    'a start is moved that nobody was promised',
    'S10',
    (dump) => tell(dump, 'waiting', [['moved', { startsAt: at(5), from: at(5) }]]),
  ],
  [
    'a start is moved from where it was not',
    'S10',
    (dump) =>
      tell(dump, 'waiting', [
        ['made', { startsAt: at(5) }],
        ['moved', { startsAt: at(4), from: at(6), cause: 'earlier' }],
      ]),
  ],
  [
    'a start is moved later for nothing',
    'S10',
    (dump) =>
      tell(dump, 'waiting', [
        ['made', { startsAt: at(5) }],
        ['moved', { startsAt: at(9), from: at(5), cause: 'earlier' }],
      ]),
  ],
  [
    'a start is told that its request does not have',
    'S10',
    (dump) => tell(dump, 'waiting', [['made', { startsAt: at(5) }]]),
  ],
];
