// The room of a later instant: what leases, earmarks and promises leave then, as the tick itself would see it.
// Invariant: by declared ends alone; nothing that waits is in it, and no node: which one has room is cut anew in every tick. Called by search.ts.

import { declaredEndOf } from '../domain/leaseEnds.ts';
import { leaseIndexOf } from '../domain/leaseIndex.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import { NEVER, type ReservedUnits, reservedKey, type StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { Room } from '../formulate/room.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { heldOfRows, heldOfSeparations } from '../tallyPolicy.ts';
import { checkpointsOf } from './checkpoints.ts';
import { Returns } from './returns.ts';

type Rules = Pick<Snapshot, 'policyRows' | 'separations'>;
type Use = Pick<Snapshot, 'used' | 'quotaUse'> & Rules;

export class Future {
  readonly returns: Returns;
  readonly #state: State;
  readonly #now: Instant;
  /** On notice, until their grace is over. */
  readonly #revoking: readonly HeldLease[];
  readonly #uses = new Map<Instant, Use>();

  constructor(state: State, now: Instant) {
    this.#state = state;
    this.#now = now;
    this.returns = new Returns(state, now);
    this.#revoking = leaseIndexOf(state)
      .revoking()
      .flatMap((lease): HeldLease[] => {
        const request = state.held.get(lease.request);
        return request === undefined ? [] : [{ lease, request }];
      });
  }

  /** When the leases of earmarks have ended, of those that will. */
  earmarkEnds(): Instant[] {
    return [...this.#state.earmarks.values()].flatMap(({ endsAt }) => endsAt ?? []);
  }

  roomAt(at: Instant, others: readonly StartReservation[]): Room {
    const { configuration, cell, accounts, requests } = this.#state;
    const earmarks = [...this.#state.earmarks.values()].filter(({ endsAt = NEVER }) => at < endsAt);
    const snapshot: Snapshot = {
      version: 1,
      cell,
      now: at,
      configuration,
      requests: earmarks.flatMap(({ request }) => requests.get(request) ?? []),
      extensions: [],
      ...this.#useAt(at),
      ...this.#promisesAt(at, others),
      accounts,
      exclusive: new Set(),
      nodes: { use: new Map(), bundles: new Map() },
      checkpoints: checkpointsOf(configuration, others, { returns: this.returns, now: at }),
      held: this.#revoking.filter(({ lease, request }) => declaredEndOf(lease, request) > at),
      earmarks,
      outsideTick: 0,
    };
    return new Room(snapshot);
  }

  /**
   * Who was to start earlier has its units by then: those of a window are used, and not to be taken once more out of what remains of it. (Of
   * units that come back, kept and used are one.)
   */
  #promisesAt(at: Instant, others: readonly StartReservation[]): Pick<Snapshot, 'used' | 'reservations'> {
    const { used } = this.#useAt(at);
    const isTaken = (startsAt: Instant, units: ReservedUnits): boolean =>
      units.window !== undefined && Math.max(this.#now, startsAt) < at;
    const taken = others.flatMap(({ startsAt, units }) => units.filter((one) => isTaken(startsAt, one)));
    if (taken.length === 0) return { used, reservations: others };
    const after = new Map(used);
    for (const one of taken) after.set(reservedKey(one), (after.get(reservedKey(one)) ?? 0) + one.quantity);
    const reservations = others.map((one) => ({
      ...one,
      units: one.units.filter((units) => !isTaken(one.startsAt, units)),
    }));
    return { used: after, reservations };
  }

  /** What leases hold then. Of windows and consumables what they hold now. */
  #useAt(at: Instant): Use {
    let use = this.#uses.get(at);
    if (use === undefined) {
      const { configuration, used: usedNow } = this.#state;
      const used = new Map(usedNow);
      for (const { id, calendar } of configuration.pools)
        if (calendar === undefined) used.set(id, this.returns.usedAt(id, at));
      const quotaUse = new Map<string, Units>();
      for (const key of catalogueOf(configuration).quotas.keys())
        quotaUse.set(key, this.returns.quotaUseAt(key, at));
      use = { used, quotaUse, ...this.#rulesAt(at) };
      this.#uses.set(at, use);
    }
    return use;
  }

  #rulesAt(at: Instant): Rules {
    const { policyRules = {}, leases, held } = this.#state;
    const { rows = [], separations = [] } = policyRules;
    if (rows.length + separations.length === 0) return {};
    const alive = [...leases].filter(([, lease]) => declaredEndOf(lease, held.get(lease.request)) > at);
    const then = { ...this.#state, leases: new Map(alive) };
    return {
      ...(rows.length > 0 && { policyRows: heldOfRows(then, rows) }),
      ...(separations.length > 0 && { separations: heldOfSeparations(then, separations) }),
    };
  }
}
