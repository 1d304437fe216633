// What will be used once every lease that is being revoked has ended and every earmark has become a lease: plan by plan, as a tick adds to it.
// Invariant: later use = use + earmarked - being revoked, of every pool and quota; accounts and policy rows count what earmarks hold back. Called by nominees.ts and repair.ts.

import type { Earmark } from '../domain/earmark.ts';
import type { DepartmentId, LeaseId, PoolId } from '../domain/ids.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import { type AccountUse, quotaKey } from '../domain/state.ts';
import { checkpointWithout } from '../reservations/after.ts';
import type { Checkpoint } from '../reservations/checkpoints.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { rulesWith } from '../tallyPolicy.ts';
import {
  addReturns,
  comingBack,
  emptySums,
  more,
  promises,
  type Sums,
  standingAt,
  type Use,
} from './standing.ts';

export class Later {
  readonly #snapshot: Snapshot;
  readonly #used: Map<string, Units>;
  readonly #quotaUse: Map<string, Units>;
  readonly #accounts: Map<string, Units>;
  readonly #exclusive: Set<PoolId>;
  readonly #earmarks: Earmark[];
  readonly #victims = new Set<LeaseId>();
  readonly #returns = new Map<LeaseId, Sums>();
  /** Key of a pool or quota -> when the last of its units under revocation is back, at the latest. */
  readonly #backAt = new Map<string, Instant>();

  /** `after`: the snapshot with the tick's grants in it. */
  constructor(after: Snapshot) {
    this.#snapshot = after;
    this.#earmarks = [...after.earmarks];
    const promised = promises(after, after.earmarks);
    const back = comingBack(after);
    this.#used = balance(after.used, promised.used, back.used);
    this.#quotaUse = balance(after.quotaUse, promised.quotaUse, back.quotaUse);
    this.#accounts = new Map(
      [...after.accounts].map(([key, { reserved, spent }]) => [key, reserved + spent]),
    );
    for (const [key, amount] of promised.accounts) more(this.#accounts, key, amount);
    this.#exclusive = new Set([...after.exclusive].filter((pool) => !back.exclusive.has(pool)));
    for (const pool of promised.exclusive) this.#exclusive.add(pool);
    for (const one of after.held) {
      const { state, revocation } = one.lease;
      if (state === 'revoking' && revocation !== undefined) this.#expect(one, revocation.graceEndsAt);
    }
  }

  used(key: string): Units {
    return this.#used.get(key) ?? 0;
  }

  quotaUse(department: DepartmentId, kind: string): Units {
    return this.#quotaUse.get(quotaKey(department, kind)) ?? 0;
  }

  account(key: string): Units {
    return this.#accounts.get(key) ?? 0;
  }

  isExclusive(pool: PoolId): boolean {
    return this.#exclusive.has(pool);
  }

  /** What a lease would give back, worked out once. */
  returnsOf({ lease }: Pick<HeldLease, 'lease'>): Sums {
    let back = this.#returns.get(lease.id);
    if (back === undefined) {
      back = emptySums();
      addReturns(this.#snapshot, back, lease);
      this.#returns.set(lease.id, back);
    }
    return back;
  }

  isTaken(lease: LeaseId): boolean {
    return this.#victims.has(lease);
  }

  /** The later world without these leases, as a snapshot in which one request can be formulated. `now`: when it would start at the latest. */
  without(leases: readonly HeldLease[], now: Instant): Pick<Snapshot, 'now' | 'checkpoints' | keyof Use> {
    const back = emptySums();
    for (const held of leases) {
      const own = this.returnsOf(held);
      for (const [key, units] of own.used) more(back.used, key, units);
      for (const [key, units] of own.quotaUse) more(back.quotaUse, key, units);
      for (const pool of own.exclusive) back.exclusive.add(pool);
    }
    return {
      now,
      used: balance(this.#used, new Map(), back.used),
      quotaUse: balance(this.#quotaUse, new Map(), back.quotaUse),
      accounts: new Map([...this.#accounts].map(([key, use]) => [key, this.#standing(key, use)])),
      exclusive: new Set([...this.#exclusive].filter((pool) => !back.exclusive.has(pool))),
      checkpoints: this.#checkpointsWithout(leases),
      ...rulesWith(this.#snapshot, this.#earmarks),
    };
  }

  /** As if the victims so far and these leases were gone by then, with what every earmark will hold. */
  #checkpointsWithout(leases: readonly HeldLease[]): readonly Checkpoint[] {
    const { checkpoints, configuration, held } = this.#snapshot;
    if (checkpoints.length === 0) return checkpoints;
    const gone = [...leases, ...held.filter(({ lease }) => this.#victims.has(lease.id))];
    const world = { configuration, earmarks: this.#earmarks, held: [] };
    return checkpoints.map((checkpoint) =>
      standingAt(world, checkpointWithout(configuration, checkpoint, gone)),
    );
  }

  /** What is spent is known; the rest of the use is reserved. */
  #standing(key: string, use: Units): AccountUse {
    const { spent } = this.#snapshot.accounts.get(key) ?? { spent: 0 };
    return { reserved: use - spent, spent };
  }

  revoke({ lease }: Pick<HeldLease, 'lease'>, graceEndsAt: Instant): void {
    const back = this.returnsOf({ lease });
    for (const [key, units] of back.used) more(this.#used, key, -units);
    for (const [key, units] of back.quotaUse) more(this.#quotaUse, key, -units);
    for (const pool of back.exclusive) this.#exclusive.delete(pool);
    this.#victims.add(lease.id);
    this.#expect({ lease }, graceEndsAt);
  }

  /** When everything under revocation is back; of the keys named, or of all. */
  backAt(keys?: Iterable<string>): Instant {
    let latest = this.#snapshot.now;
    for (const at of keys === undefined
      ? this.#backAt.values()
      : [...keys].map((key) => this.#backAt.get(key) ?? 0))
      latest = Math.max(latest, at);
    return latest;
  }

  #expect({ lease }: Pick<HeldLease, 'lease'>, at: Instant): void {
    const back = this.returnsOf({ lease });
    for (const key of [...back.used.keys(), ...back.quotaUse.keys()])
      this.#backAt.set(key, Math.max(at, this.#backAt.get(key) ?? 0));
  }

  promise(earmark: Earmark): void {
    this.#earmarks.push(earmark);
    const promised = promises(this.#snapshot, [earmark]);
    for (const [key, units] of promised.used) more(this.#used, key, units);
    for (const [key, units] of promised.quotaUse) more(this.#quotaUse, key, units);
    for (const [key, amount] of promised.accounts) more(this.#accounts, key, amount);
    for (const pool of promised.exclusive) this.#exclusive.add(pool);
  }
}

function balance(
  used: ReadonlyMap<string, Units>,
  promised: ReadonlyMap<string, Units>,
  back: ReadonlyMap<string, Units>,
): Map<string, Units> {
  const all = new Map(used);
  for (const [key, units] of promised) more(all, key, units);
  for (const [key, units] of back) more(all, key, -units);
  return all;
}
