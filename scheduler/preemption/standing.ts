// What stands as taken for all who have no earmark, and what will be left once every lease that is being revoked has ended.
// Invariant: units under revocation stay used until their lease ends; earmarked units beyond them are held back from what is free now.
// Called by formulate/room.ts, decode.ts, honour.ts and the planning of revocations.

import type { Earmark } from '../domain/earmark.ts';
import type { PoolId } from '../domain/ids.ts';
import { capacityKey, type Lease } from '../domain/lease.ts';
import { poolIndex } from '../domain/lookup.ts';
import type { Units } from '../domain/quantity.ts';
import { NEVER, seatsOf } from '../domain/reservation.ts';
import { accountKey, quotaKey } from '../domain/state.ts';
import { isRenewable } from '../formulate/catalogue.ts';
import type { Checkpoint } from '../reservations/checkpoints.ts';
import type { Snapshot } from '../snapshot.ts';
import { rulesWith } from '../tallyPolicy.ts';

/*
 * E earmarked, R being revoked, U used of a pool (or of a quota):
 *
 *   later:  sum q x  <=  C - U - E + R          now:  sum q x  <=  C - U - max(0, E - R)
 *
 * What starts now must keep both, so that each earmark can be honoured when the last of its leases has ended. The second row is the tighter
 * of "C - U" and "later". Accounts and policy rows hold E back whole: of an account what a revoked lease will give back is not known before
 * it ends, and nobody has a right to what another lease takes of a policy row.
 */

export type Use = Pick<
  Snapshot,
  'used' | 'quotaUse' | 'accounts' | 'exclusive' | 'policyRows' | 'separations'
>;

const uses = new WeakMap<Snapshot, Use>();

/** The snapshot's own maps when there is no earmark, which is nearly always. */
export function standingUse(snapshot: Snapshot): Use {
  if (snapshot.earmarks.length === 0) return snapshot;
  const known = uses.get(snapshot);
  if (known) return known;
  const made = heldBack(snapshot);
  uses.set(snapshot, made);
  return made;
}

function heldBack(snapshot: Snapshot): Use {
  const promised = promises(snapshot, snapshot.earmarks);
  const back = comingBack(snapshot);
  const accounts = new Map(snapshot.accounts);
  for (const [key, amount] of promised.accounts) {
    const { reserved, spent } = accounts.get(key) ?? { reserved: 0, spent: 0 };
    accounts.set(key, { reserved: reserved + amount, spent });
  }
  return {
    used: raised(snapshot.used, promised.used, back.used),
    quotaUse: raised(snapshot.quotaUse, promised.quotaUse, back.quotaUse),
    accounts,
    exclusive: new Set([...snapshot.exclusive, ...promised.exclusive]),
    ...rulesWith(snapshot, snapshot.earmarks),
  };
}

/**
 * Use at a later instant, `used` and `quotaUse` being what leases hold then: E of the earmarks whose leases may still live, R of the leases
 * under revocation that are not back. Falls with time as what leases hold does: what comes back of R is in both.
 */
export function standingAt(
  snapshot: Pick<Snapshot, 'configuration' | 'earmarks' | 'held'>,
  { at, used, quotaUse }: Checkpoint,
): Checkpoint {
  const earmarks = snapshot.earmarks.filter(({ endsAt = NEVER }) => at < endsAt);
  if (earmarks.length === 0) return { at, used, quotaUse };
  const promised = emptySums();
  for (const { department, units } of earmarks) {
    for (const one of units) {
      if (!countsAgainstQuota(snapshot, one.pool)) continue;
      more(promised.used, one.pool, seatsOf(snapshot.configuration, one));
      more(promised.quotaUse, quotaKey(department, one.kind), one.quantity);
    }
  }
  const back = emptySums();
  for (const { lease } of snapshot.held)
    if (lease.state === 'revoking' && (lease.revocation?.graceEndsAt ?? NEVER) > at)
      addReturns(snapshot, back, lease);
  return {
    at,
    used: raised(used, promised.used, back.used),
    quotaUse: raised(quotaUse, promised.quotaUse, back.quotaUse),
  };
}

function raised(
  used: ReadonlyMap<string, Units>,
  promised: ReadonlyMap<string, Units>,
  back: ReadonlyMap<string, Units>,
): Map<string, Units> {
  const all = new Map(used);
  for (const [key, units] of promised) {
    const more = units - (back.get(key) ?? 0);
    if (more > 0) all.set(key, (all.get(key) ?? 0) + more);
  }
  return all;
}

export interface Sums {
  readonly used: Map<string, Units>;
  readonly quotaUse: Map<string, Units>;
  readonly accounts: Map<string, Units>;
  /** Datasets that will be read alone. */
  readonly exclusive: Set<PoolId>;
}

export function promises(snapshot: Snapshot, earmarks: readonly Earmark[]): Sums {
  const sums = emptySums();
  for (const { department, units, reservations } of earmarks) {
    for (const { pool, kind, quantity, exclusive } of units) {
      more(sums.used, pool, quantity);
      if (exclusive) sums.exclusive.add(pool);
      if (countsAgainstQuota(snapshot, pool)) more(sums.quotaUse, quotaKey(department, kind), quantity);
    }
    for (const { account, period, amount } of reservations)
      more(sums.accounts, accountKey(account, period), amount);
  }
  return sums;
}

/** Of leases that are being revoked. */
export function comingBack(snapshot: Snapshot): Sums {
  const sums = emptySums();
  for (const { lease } of snapshot.held) if (lease.state === 'revoking') addReturns(snapshot, sums, lease);
  return sums;
}

/** Renewable units alone: whoever has begun to use what is consumable has used it. */
export function addReturns(snapshot: Pick<Snapshot, 'configuration'>, sums: Sums, lease: Lease): void {
  for (const { pool, window, kind, quantity, exclusive } of lease.allocations) {
    if (!countsAgainstQuota(snapshot, pool)) continue;
    more(sums.used, capacityKey(pool, window), quantity);
    more(sums.quotaUse, quotaKey(lease.department, kind), quantity);
    if (exclusive) sums.exclusive.add(pool);
  }
}

export function emptySums(): Sums {
  return { used: new Map(), quotaUse: new Map(), accounts: new Map(), exclusive: new Set() };
}

export function more(sums: Map<string, Units>, key: string, units: Units): void {
  sums.set(key, (sums.get(key) ?? 0) + units);
}

function countsAgainstQuota({ configuration }: Pick<Snapshot, 'configuration'>, id: PoolId): boolean {
  const pool = poolIndex(configuration).get(id);
  return pool !== undefined && isRenewable(pool);
}
