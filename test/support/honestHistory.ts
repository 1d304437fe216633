// A short history of a cell with every kind of change in it, written through a store's ports. Used to prove the checker of the promises,
// and that both stores keep them.

import type { Change, IntakeRow, LeaseId } from '../../scheduler/index.ts';
import {
  aConfiguration,
  actorOf,
  aRequest,
  aSubmit,
  CELL,
  StoreCell,
  type StoreUnderTest,
} from './storeCell.ts';

const OWNERS = [
  { department: 'research', agent: 'research-01' },
  { department: 'sales', agent: 'sales-01' },
];

/** Answers with the ids of the requests that were acknowledged. */
export async function writeHonestHistory(store: StoreUnderTest): Promise<readonly string[]> {
  const cell = await StoreCell.open(store);
  const requests = Array.from({ length: 8 }, (_, n) => aRequest(n + 1, OWNERS[n % OWNERS.length]));
  const acknowledged: string[] = [];
  for (const request of requests) {
    const [outcome] = await store.ports.intakeWriter.write([
      aSubmit(request, { key: request.clientRequestId, digest: 'd' }),
    ]);
    if (outcome?.type === 'accepted') acknowledged.push(request.id);
  }
  const [waits, granted, released, expires, denied, cancelled, consumes] = requests as [
    (typeof requests)[0],
    ...typeof requests,
  ] &
    typeof requests;
  const licence = { pool: 'licence-a', kind: 'license', quantity: 2 } as never;
  const window = { pool: 'review-a', kind: 'review', window: 'w1', startsAt: 3_900_000_000_000 } as never;
  const leases = [granted, released, expires, consumes].map((request) =>
    cell.lease({
      request: request!,
      allocations: [{}, licence, window].slice(0, request === consumes ? 3 : 1),
    }),
  );
  const [live, toRelease, toExpire, toConsume] = leases as [(typeof leases)[0], ...typeof leases] &
    typeof leases;

  await tickWithIntake(store, cell, () => [
    cell.opened(waits),
    cell.allowed(waits),
    cell.decided(waits, 'waiting'),
    ...cell.grants(live!, granted!),
    ...cell.grants(toRelease!, released!),
    ...cell.grants(toExpire!, expires!),
    cell.opened(denied!),
    cell.decided(denied!, 'denied'),
    cell.opened(cancelled!),
    cell.allowed(cancelled!),
    cell.decided(cancelled!, 'waiting'),
    ...cell.grants(toConsume!, consumes!),
    cell.opened(requests[7]!),
  ]);
  const actor = actorOf(granted!);
  await store.ports.intakeWriter.write([
    {
      cell: CELL,
      actor,
      command: {
        type: 'extend',
        extension: 'ext_1' as never,
        lease: live!.id,
        epoch: cell.epoch,
        seconds: 5,
      },
      idempotency: null,
    },
    { cell: CELL, actor, command: { type: 'cancel', request: cancelled!.id }, idempotency: null },
  ]);
  const began = (lease: LeaseId): Change => ({ type: 'leaseActivated', lease, at: cell.now });
  await tickWithIntake(store, cell, () => [
    began(live!.id),
    began(toRelease!.id),
    began(toConsume!.id),
    cell.extensionOpened(live!, 'ext_1'),
    ...cell.extensionGranted(live!, 'ext_1'),
    cell.decided(cancelled!, 'cancelled'),
  ]);
  await store.ports.configuration.store(aConfiguration({ revision: 'cfg_2' }));
  await cell.tick([...cell.ended(toRelease!), ...cell.ended(toExpire!, 'expired', 0)], {
    record: { configurationRevision: 'cfg_2' },
  });
  const refused = {
    type: 'extensionDecided',
    extension: 'ext_2' as never,
    lease: live!.id,
    outcome: 'denied',
    endsAt: null,
    reservations: [],
    reasons: [],
  } as const;
  await cell.tick([...cell.ended(toConsume!), cell.extensionOpened(live!, 'ext_2'), refused], {
    record: { configurationRevision: 'cfg_2' },
  });
  return acknowledged;
}

async function tickWithIntake(
  store: StoreUnderTest,
  cell: StoreCell,
  changes: () => readonly Change[],
): Promise<void> {
  const { rows } = await store.ports.intake.take(CELL, 100);
  await cell.tick(changes(), { intake: rows.map((row: IntakeRow) => row.id) });
}
