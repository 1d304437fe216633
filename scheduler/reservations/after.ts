// What a plan makes of promised starts and of the use at them: who was granted is promised nothing more, and holds what was granted until it ends.
// Invariant: reads snapshot and plan and changes neither; without reservations it costs nothing. Called by snapshot.ts and the planning of revocations.

import type { Revocation } from '../domain/earmark.ts';
import type { Allocation, Lease } from '../domain/lease.ts';
import { declaredEndOf } from '../domain/leaseEnds.ts';
import { pendingById } from '../domain/pendingIndex.ts';
import type { Plan } from '../domain/plan.ts';
import { add, type Instant } from '../domain/quantity.ts';
import { NEVER, seatsOf } from '../domain/reservation.ts';
import { quotaKey } from '../domain/state.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { type Checkpoint, comesBack } from './checkpoints.ts';

/** Units that are held from `from` to `endsAt`. */
interface Stretch {
  readonly department: Lease['department'];
  readonly allocations: readonly Pick<Allocation, 'pool' | 'kind' | 'quantity' | 'exclusive'>[];
  readonly from: Instant;
  readonly endsAt: Instant;
}

export function promisesAfter(
  snapshot: Snapshot,
  plan: Plan,
): Pick<Snapshot, 'reservations' | 'checkpoints'> {
  const { reservations, checkpoints } = snapshot;
  if (reservations.length === 0) return { reservations, checkpoints };
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const held = [...grantsOf(snapshot, plan), ...prolongationsOf(snapshot, plan)];
  return {
    reservations: reservations.filter(({ request }) => !granted.has(request)),
    checkpoints: checkpoints.map((checkpoint) => withStretches(snapshot, checkpoint, held)),
  };
}

function grantsOf({ configuration, requests, now }: Snapshot, { assignments }: Plan): Stretch[] {
  const byId = pendingById({ configuration, requests });
  return assignments.flatMap(({ request, allocations, endsAt }) => {
    const granted = byId.get(request)?.request;
    if (granted === undefined) return [];
    const { department, terms } = granted;
    return [{ department, allocations, from: now, endsAt: terms.openEnded ? NEVER : endsAt }];
  });
}

/** Of leases without a known end nothing: they count already. */
function prolongationsOf({ extensions }: Snapshot, plan: Plan): Stretch[] {
  const lengthened = new Map(plan.extensions.map(({ extension, endsAt }) => [extension, endsAt]));
  const longest = new Map<Lease, Instant>();
  for (const { extension, lease, openEnded } of extensions) {
    const endsAt = lengthened.get(extension.id);
    if (endsAt !== undefined && openEnded !== true)
      longest.set(lease, Math.max(endsAt, longest.get(lease) ?? 0));
  }
  return [...longest].map(([{ department, allocations, endsAt: from }, endsAt]) => {
    return { department, allocations, from, endsAt };
  });
}

function withStretches(
  { configuration }: Snapshot,
  { at, used: before, quotaUse: beforeQuotas }: Checkpoint,
  held: readonly Stretch[],
): Checkpoint {
  const used = new Map(before);
  const quotaUse = new Map(beforeQuotas);
  for (const { department, allocations, from, endsAt } of held) {
    if (at < from || endsAt <= at) continue;
    for (const allocation of allocations) {
      const { pool, kind, quantity } = allocation;
      if (!comesBack(configuration, pool)) continue;
      used.set(pool, add(used.get(pool) ?? 0, seatsOf(configuration, allocation)));
      const key = quotaKey(department, kind);
      quotaUse.set(key, add(quotaUse.get(key) ?? 0, quantity));
    }
  }
  return { at, used, quotaUse };
}

/** With leases on notice: each counts until its grace is over, and no longer. */
export function checkpointsAfterNotice(
  { configuration, checkpoints, held }: Pick<Snapshot, 'configuration' | 'checkpoints' | 'held'>,
  notices: ReadonlyMap<string, Pick<Revocation, 'graceEndsAt'>>,
): readonly Checkpoint[] {
  if (checkpoints.length === 0) return checkpoints;
  const victims = held.filter(({ lease }) => notices.has(lease.id));
  return checkpoints.map((checkpoint) => {
    const gone = victims.filter(({ lease }) => notices.get(lease.id)!.graceEndsAt <= checkpoint.at);
    return checkpointWithout(configuration, checkpoint, gone);
  });
}

/** As if these leases had ended before. */
export function checkpointWithout(
  configuration: Snapshot['configuration'],
  { at, used: before, quotaUse: beforeQuotas }: Checkpoint,
  gone: readonly Pick<HeldLease, 'lease' | 'request'>[],
): Checkpoint {
  const used = new Map(before);
  const quotaUse = new Map(beforeQuotas);
  const take = (counted: Map<string, number>, key: string, units: number): void => {
    const left = (counted.get(key) ?? 0) - units;
    if (left > 0) counted.set(key, left);
    else counted.delete(key);
  };
  for (const { lease, request } of gone) {
    if (declaredEndOf(lease, request) <= at) continue;
    for (const allocation of lease.allocations) {
      const { pool, kind, quantity, window } = allocation;
      if (window !== undefined || !comesBack(configuration, pool)) continue;
      take(used, pool, seatsOf(configuration, allocation));
      take(quotaUse, quotaKey(lease.department, kind), quantity);
    }
  }
  return { at, used, quotaUse };
}
