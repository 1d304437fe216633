// Defects to plant in the neighbours of the product, each with the promise that it breaks and a seed that is known to show it.
// Used to prove that the simulated cluster finds them: by the known seed in the short test, by a fresh search in the long one.

import type { LeaseId, TickCommit } from '../../../scheduler/index.ts';
import type { Bends } from '../../../simulations/index.ts';
import { changes, commits, rows } from './bends.ts';
import { EDGE_DEFECTS } from './edgeDefects.ts';
import { RELAY_DEFECTS } from './relayDefects.ts';
import { STATE_DEFECTS } from './stateDefects.ts';

/** `promise`: what the checker says; `unexpected` where the product itself stops with an error. */
export interface Defect {
  readonly name: string;
  readonly promise: string;
  readonly seed: number;
  readonly plant: () => Bends;
}

const COMMIT_DEFECTS: readonly Defect[] = [
  {
    name: 'a credit is booked twice',
    promise: 'S2',
    seed: 1,
    plant: () =>
      rows(({ account_use, ledger }, { record }) => {
        const refund = ledger.find(({ type, tick }) => type === 'refund' && tick === record.tick);
        const use = account_use.find(({ account }) => account === refund?.accounts[0]);
        if (refund && use) use.reserved -= refund.amounts[0]!;
      }),
  },
  {
    name: 'an amount is not rounded',
    promise: 'S2',
    seed: 1,
    plant: () =>
      changes('ledger', ({ type, entry }) => [{ type, entry: { ...entry, amount: entry.amount + 0.5 } }]),
  },
  {
    name: 'a lease starts twice',
    promise: 'S9',
    seed: 1,
    plant: () => changes('leaseActivated', (change) => [change, change]),
  },
  {
    name: 'a request is granted two leases',
    promise: 'S5',
    seed: 1,
    plant: () =>
      changes('leaseGranted', (change) => [
        change,
        { ...change, lease: { ...change.lease, id: `${change.lease.id}0` as LeaseId } },
      ]),
  },
  {
    name: 'an outcome is written twice',
    promise: 'S3',
    seed: 1,
    plant: () => changes('decided', (change) => (change.outcome === 'granted' ? [change, change] : [change])),
  },
  {
    name: 'a grant has no lease',
    promise: 'S5',
    seed: 4,
    plant: () => changes('leaseGranted', () => []),
  },
  {
    name: 'a grant has no verdict',
    promise: 'S6',
    seed: 1,
    plant: () => changes('verdictRecorded', () => []),
  },
  {
    name: 'an approval is not written',
    promise: 'S6',
    seed: 2,
    plant: () => changes('approvalMoved', (change) => (change.approval.state === 'approved' ? [] : [change])),
  },
  {
    name: 'an ended lease is not refunded',
    promise: 'S2',
    seed: 1,
    plant: () => changes('ledger', (change) => (change.entry.type === 'refund' ? [] : [change])),
  },
  {
    name: 'less is reserved than was promised',
    promise: 'S5',
    seed: 1,
    plant: () =>
      changes('ledger', ({ type, entry }) => [
        { type, entry: entry.type === 'reserve' ? { ...entry, amount: entry.amount >> 1 } : entry },
      ]),
  },
  {
    name: 'a lease holds more than the pool has',
    promise: 'S1',
    seed: 1,
    plant: () =>
      changes('leaseGranted', (change) => {
        const allocations = change.lease.allocations.map((each) => ({
          ...each,
          quantity: each.quantity + 99,
        }));
        return [{ ...change, lease: { ...change.lease, allocations } }];
      }),
  },
  {
    name: 'the end of a lease moves back',
    promise: 'S9',
    seed: 1,
    plant: () =>
      rows(({ lease }) => {
        for (const row of lease) if (row.state === 'active') row.ends_at_ms -= 1;
      }),
  },
  {
    name: 'units come back twice',
    promise: 'S9',
    seed: 1,
    plant: () =>
      rows(({ lease, capacity_use }, { record }) => {
        const ended = lease.find(({ ended_tick }) => ended_tick === record.tick);
        const use = capacity_use.find(({ key }) => key === ended?.allocations[0]?.pool);
        if (use && use.used > 0) use.used -= 1;
      }),
  },
  {
    name: 'what is taken back is taken without its grace',
    promise: 'S13',
    seed: 6,
    plant: () =>
      rows(({ lease }, { record }) => {
        for (const row of lease)
          if (row.state === 'revoking')
            Object.assign(row, {
              state: 'revoked',
              ended_at_ms: record.now,
              ended_tick: record.tick,
              end_cause: 'grace',
            });
      }),
  },
  {
    name: 'a row of the intake is not stamped',
    promise: 'unexpected',
    seed: 1,
    plant: () => commits((commit) => ({ ...commit, intake: commit.intake.slice(1) })),
  },
  {
    name: 'an event is left out of the outbox',
    promise: 'S10',
    seed: 1,
    plant: () => commits((commit) => ({ ...commit, events: commit.events.slice(0, -1) })),
  },
  {
    name: 'an event is told to another department',
    promise: 'S7',
    seed: 1,
    plant: () =>
      commits((commit) => ({
        ...commit,
        events: commit.events.map((event) => ({ ...event, department: 'law' as typeof event.department })),
      })),
  },
  {
    name: 'an audit entry tells of another act',
    promise: 'S11',
    seed: 1,
    plant: () =>
      rows(({ audit }) => {
        for (const row of audit) row.object_id = 'another';
      }),
  },
  {
    name: 'a tick is chained to nothing',
    promise: 'S8',
    seed: 1,
    plant: () => commits((commit) => ({ ...commit, record: { ...commit.record, previousDigest: '' } })),
  },
  {
    name: 'a commit whose reply was lost is sent again as another tick',
    promise: 'S9',
    seed: 138,
    plant: () => ({
      ports: (ports) => ({
        ...ports,
        store: {
          commit: (commit) => ports.store.commit(commit).catch(() => ports.store.commit(again(commit))),
        },
      }),
    }),
  },
];

/** What a blind retry writes: the same changes in the tick after. */
function again(commit: TickCommit): TickCommit {
  const { digest, tick } = commit.record;
  return {
    ...commit,
    intake: [],
    events: [],
    record: { ...commit.record, tick: tick + 1, previousDigest: digest, digest: `${digest}again` },
  };
}

export const DEFECTS: readonly Defect[] = [
  ...COMMIT_DEFECTS,
  ...STATE_DEFECTS,
  ...EDGE_DEFECTS,
  ...RELAY_DEFECTS,
];
