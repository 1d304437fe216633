// What a snapshot and a plan add up to: units, quotas, cohorts, accounts, each against its limit. The checker's own arithmetic, in BigInt.
// Invariant: written from mathematics.md, not from formulate/; a limit that was broken before the plan may not get worse. Used by verify.ts and conservation.ts.

import {
  type Account,
  CLASSIFICATIONS,
  type Cohort,
  type Configuration,
  type Pool,
  type Quota,
  type Window,
} from './domain/configuration.ts';
import type { AgentId, DepartmentId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { POOL_LABEL } from './domain/obligation.ts';
import type { ResourceRequest, Selector } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import { sidesOfLease, type Taken, takenOfRow } from './tallyPolicy.ts';
import type { Breach } from './verify.ts';

export interface Span {
  readonly pool: Pool;
  readonly quantity: number;
  readonly from: number;
  readonly to: number;
}

/** Renewable, and held from a moment on: paid by time and counted against quotas. */
export function holdsByTime(pool: Pool | undefined): boolean {
  return pool !== undefined && !pool.consumable && pool.calendar === undefined;
}

/**
 * `${account}/${period}` -> amount due for the spans on every account of the agent's chains that `pays`; or the id of an account whose periods do
 * not cover a charged stretch. Rounded up once a claim and period.
 */
export function chargesOf(
  configuration: Configuration,
  payer: { readonly agent: AgentId; readonly pays: (account: Account) => boolean },
  spans: readonly Span[],
): ReadonlyMap<string, bigint> | string {
  const due = new Map<string, bigint>();
  for (const account of chain(configuration, payer.agent)) {
    if (!payer.pays(account)) continue;
    for (const span of spans) {
      if (!pays(account, span.pool)) continue;
      const byTime = holdsByTime(span.pool);
      const to = byTime ? span.to : span.from + 1;
      let coveredMs = 0;
      for (const period of account.periods) {
        const ms = Math.min(to, period.endsAt) - Math.max(span.from, period.startsAt);
        if (ms <= 0) continue;
        coveredMs += ms;
        const key = `${account.id}/${period.id}`;
        due.set(key, (due.get(key) ?? 0n) + charge(account, span, byTime ? ms : null));
      }
      if (coveredMs < to - span.from) return account.id;
    }
  }
  return due;
}

/** An account of some classes pays for grants of those. */
export function paysForClass(priority: string): (account: Account) => boolean {
  return ({ classes = [priority] }) => classes.includes(priority);
}

/** ... and when a lease is held longer, if it paid for the grant. */
export function paidBefore(reservations: readonly Reservation[]): (account: Account) => boolean {
  const known = new Set<string>(reservations.map(({ account }) => account));
  return ({ id, classes }) => classes === undefined || known.has(id);
}

function charge(account: Account, { quantity, pool }: Span, ms: number | null): bigint {
  const money = account.measure.type === 'money';
  const rate = BigInt(quantity) * (money ? BigInt(pool.priceMinor) : 1n);
  return ms === null
    ? rate
    : ceilDivide(rate * BigInt(ms), money ? 3_600_000n * BigInt(pool.pricePer ?? 1) : 1000n);
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return a / b + (a % b === 0n ? 0n : 1n);
}

function pays(account: Account, pool: Pool): boolean {
  if (account.measure.type === 'money') return pool.priceMinor > 0;
  return account.measure.kind === pool.kind && holdsByTime(pool);
}

function chain(configuration: Configuration, agentId: AgentId): Set<Account> {
  const { agents, accounts } = lookupOf(configuration);
  const found = new Set<Account>();
  for (const own of agents.get(agentId)?.accounts ?? []) {
    let account = accounts.get(own);
    while (account !== undefined && !found.has(account)) {
      found.add(account);
      account = account.parent === undefined ? undefined : accounts.get(account.parent);
    }
  }
  return found;
}

/** Level up to which the agent may claim, by its own clearance and its department's ceiling; -1 for a stranger. */
export function mayTouch(configuration: Configuration, agentId: AgentId, departmentId: DepartmentId): number {
  const { agents, departments } = lookupOf(configuration);
  const agent = agents.get(agentId);
  const department = departments.get(departmentId);
  if (agent === undefined || department === undefined || agent.department !== departmentId) return -1;
  return Math.min(
    CLASSIFICATIONS.indexOf(agent.clearance),
    CLASSIFICATIONS.indexOf(department.clearanceCeiling),
  );
}

/** Least level to claim from the pool. */
export function levelOf(pool: Pool): number {
  return pool.classification === undefined ? 0 : CLASSIFICATIONS.indexOf(pool.classification);
}

/** The first label of the selector that the pool does not answer, or null. */
export function missingLabel(pool: Pool, selector: Selector = {}): string | null {
  for (const [label, wanted] of Object.entries(selector)) {
    const own = label === POOL_LABEL ? pool.id : pool.labels[label];
    const has = label === POOL_LABEL || Object.hasOwn(pool.labels, label) ? [own ?? []].flat() : [];
    if (![wanted].flat().some((value) => has.includes(value))) return label;
  }
  return null;
}

/** Units of a window that have not elapsed: floor(C * remaining / length). */
export function remainingOf({ capacity, startsAt, endsAt }: Window, now: number): bigint {
  const leftMs = endsAt - Math.max(startsAt, Math.min(endsAt, now));
  return (BigInt(capacity) * BigInt(leftMs)) / BigInt(endsAt - startsAt);
}

export class Tally {
  readonly #snapshot: Snapshot;
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #units = new Map<string, { pool: Pool; window: string | undefined; added: bigint }>();
  readonly #quota = new Map<string, bigint>();
  readonly #accounts = new Map<string, bigint>();
  readonly #rules = new Map<string, bigint>();
  /** Separation -> agent -> leases that were added on its sides. */
  readonly #sides = new Map<string, Map<string, readonly [bigint, bigint]>>();
  /** Dataset -> leases that the plan lets read it. */
  readonly #readers = new Map<string, number>();
  readonly #alone = new Set<string>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#pools = lookupOf(snapshot.configuration).pools;
  }

  addAllocations(
    department: DepartmentId,
    allocations: readonly Pick<Allocation, 'pool' | 'window' | 'quantity' | 'exclusive'>[],
  ): void {
    this.#addReader(allocations);
    for (const { pool: id, window, quantity } of allocations) {
      const pool = this.#pools.get(id);
      if (pool === undefined) throw new Error(`pool ${id} is not configured`);
      const key = window === undefined ? id : `${id}@${window}`;
      const entry = this.#units.get(key) ?? { pool, window, added: 0n };
      this.#units.set(key, { ...entry, added: entry.added + BigInt(quantity) });
      if (!holdsByTime(pool)) continue;
      const quota = `${department}/${pool.kind}`;
      this.#quota.set(quota, (this.#quota.get(quota) ?? 0n) + BigInt(quantity));
    }
  }

  /** One call, one lease: its own claims never keep each other out. */
  #addReader(allocations: readonly Pick<Allocation, 'pool' | 'exclusive'>[]): void {
    for (const pool of new Set(allocations.map((allocation) => allocation.pool))) {
      if (this.#pools.get(pool)?.kind !== 'dataset') continue;
      this.#readers.set(pool, (this.#readers.get(pool) ?? 0) + 1);
      if (allocations.some((one) => one.pool === pool && one.exclusive)) this.#alone.add(pool);
    }
  }

  copy(): Tally {
    const copy = new Tally(this.#snapshot);
    for (const [pool, readers] of this.#readers) copy.#readers.set(pool, readers);
    for (const pool of this.#alone) copy.#alone.add(pool);
    for (const [key, entry] of this.#units) copy.#units.set(key, entry);
    for (const [key, added] of this.#quota) copy.#quota.set(key, added);
    for (const [key, added] of this.#accounts) copy.#accounts.set(key, added);
    for (const [id, added] of this.#rules) copy.#rules.set(id, added);
    for (const [id, byAgent] of this.#sides) copy.#sides.set(id, new Map(byAgent));
    return copy;
  }

  /** What a grant to the request takes of the policy's rows, and which sides it is on. */
  addRules(request: ResourceRequest, allocations: readonly Taken[]): void {
    const { configuration, policyRows = [], separations = [] } = this.#snapshot;
    for (const { row } of policyRows) {
      const taken = takenOfRow(configuration, row, { request, allocations });
      this.#rules.set(row.id, (this.#rules.get(row.id) ?? 0n) + taken);
    }
    for (const { separation } of separations) {
      const [first, second] = sidesOfLease(configuration, separation, { request, allocations });
      const byAgent = this.#sides.get(separation.id) ?? new Map<string, readonly [bigint, bigint]>();
      const [before, beside] = byAgent.get(request.agent) ?? [0n, 0n];
      byAgent.set(request.agent, [before + BigInt(first), beside + BigInt(second)]);
      this.#sides.set(separation.id, byAgent);
    }
  }

  addReservations(reservations: readonly Reservation[]): void {
    for (const { account, period, amount } of reservations)
      this.addDue(`${account}/${period}`, BigInt(amount));
  }

  addDue(key: string, amount: bigint): void {
    this.#accounts.set(key, (this.#accounts.get(key) ?? 0n) + amount);
  }

  firstBreach(): Breach | null {
    return (
      this.#breachOfUnits() ??
      this.#breachOfDatasets() ??
      this.#breachOfQuotas() ??
      this.#breachOfCohorts() ??
      this.#breachOfRules() ??
      this.#breachOfSeparations() ??
      this.#breachOfAccounts()
    );
  }

  /** Who holds a dataset alone is its one reader: nobody of the plan beside it, and nobody from before. */
  #breachOfDatasets(): Breach | null {
    for (const [id, readers] of this.#readers) {
      const pool = this.#pools.get(id)!;
      if (this.#snapshot.exclusive.has(pool.id)) return breach(`exclusive/${id}`, BigInt(readers + 1), 1);
      if (!this.#alone.has(id)) continue;
      const before = (this.#snapshot.used.get(id) ?? 0) > 0 ? 1 : 0;
      if (readers + before > 1) return breach(`exclusive/${id}`, BigInt(readers + before), 1);
      if (!holdsByTime(pool)) return breach(`exclusive/${id} comes back`, 1n, 0);
    }
    return null;
  }

  /** Units that could still be added: C - used - added; in a window at most floor(C * remaining / length) - added. */
  left(pool: Pool, window: Window | undefined): bigint {
    const key = window === undefined ? pool.id : `${pool.id}@${window.id}`;
    const added = this.#units.get(key)?.added ?? 0n;
    const used = BigInt(this.#snapshot.used.get(key) ?? 0);
    if (window === undefined) return BigInt(pool.capacity) - used - added;
    const free = BigInt(window.capacity) - used;
    const remaining = remainingOf(window, this.#snapshot.now);
    return (free < remaining ? free : remaining) - added;
  }

  /** used + added <= C, and inside a running window also added <= floor(C * remaining / length). */
  #breachOfUnits(): Breach | null {
    for (const [key, { pool, window: id, added }] of this.#units) {
      const used = BigInt(this.#snapshot.used.get(key) ?? 0);
      if (id === undefined) {
        if (used + added > BigInt(pool.capacity))
          return breach(`capacity/${key}`, used + added, pool.capacity);
        continue;
      }
      const window = pool.calendar?.find((one) => one.id === id);
      if (window === undefined) return breach(`window/${key}`, added, 0);
      if (used + added > BigInt(window.capacity))
        return breach(`window/${key}`, used + added, window.capacity);
      const remaining = remainingOf(window, this.#snapshot.now);
      if (added > remaining) return breach(`window/${key} remaining`, added, remaining);
    }
    return null;
  }

  /** u_d <= N_d + B_d of every department and kind that grew. */
  #breachOfQuotas(): Breach | null {
    for (const quota of this.#snapshot.configuration.quotas) {
      const key = `${quota.department}/${quota.kind}`;
      const added = this.#quota.get(key) ?? 0n;
      const limit = BigInt(quota.nominal) + BigInt(quota.borrowingLimit);
      if (added > 0n && this.#useOf(quota) > limit) return breach(`quota/${key}`, this.#useOf(quota), limit);
    }
    return null;
  }

  /** In every node c: sum over children of e <= sum over children of L + B_c; one that was overdrawn before must not grow. */
  #breachOfCohorts(): Breach | null {
    const kinds = new Set([...this.#quota.keys()].map((key) => key.slice(key.indexOf('/') + 1)));
    for (const kind of kinds) {
      const breach = this.#breachOfTree(kind);
      if (breach) return breach;
    }
    return null;
  }

  /** e of a department: max(0, u - (N - L)); of a cohort: max(0, its children's sum - what it keeps of what they lend). */
  #breachOfTree(kind: string): Breach | null {
    const { cohorts, quotas } = this.#snapshot.configuration;
    let found: Breach | null = null;
    const known = new Set(cohorts.map(({ id }) => id));
    const sumUp = ({ id, parent, limits }: Cohort): { after: bigint; before: bigint; lends: bigint } => {
      const sum = { after: 0n, before: 0n, lends: 0n };
      for (const quota of quotas) {
        if (quota.cohort !== id || quota.kind !== kind) continue;
        const guarantee = BigInt(quota.nominal) - BigInt(quota.lendingLimit);
        const use = this.#useOf(quota);
        sum.after += positive(use - guarantee);
        sum.before += positive(use - (this.#quota.get(`${quota.department}/${kind}`) ?? 0n) - guarantee);
        sum.lends += BigInt(quota.lendingLimit);
      }
      for (const child of cohorts) {
        if (child.parent !== id) continue;
        const below = sumUp(child);
        sum.after += below.after;
        sum.before += below.before;
        sum.lends += below.lends;
      }
      const isInner = parent !== undefined && known.has(parent);
      const own = isInner ? limits?.find((limit) => limit.kind === kind) : undefined;
      const limit = sum.lends + BigInt(own?.borrowingLimit ?? 0);
      if (sum.after > limit && sum.after > sum.before)
        found ??= breach(`cohort/${id}/${kind}`, sum.after, limit);
      const lends = isInner ? smaller(BigInt(own?.lendingLimit ?? 0), sum.lends) : 0n;
      const kept = sum.lends - lends;
      return { after: positive(sum.after - kept), before: positive(sum.before - kept), lends };
    };
    for (const cohort of cohorts) if (cohort.parent === undefined || !known.has(cohort.parent)) sumUp(cohort);
    return found;
  }

  /** held + added <= limit of every hard row that grew. */
  #breachOfRules(): Breach | null {
    for (const { row, held } of this.#snapshot.policyRows ?? []) {
      const added = this.#rules.get(row.id) ?? 0n;
      const sum = BigInt(held) + added;
      if (row.mode === undefined && row.price === undefined && added > 0n && sum > BigInt(row.limit))
        return breach(`policy/${row.id}`, sum, row.limit);
    }
    return null;
  }

  /** Of an agent that was given anything on either side: nothing is held on both. */
  #breachOfSeparations(): Breach | null {
    for (const { separation, held } of this.#snapshot.separations ?? []) {
      if (separation.mode !== undefined) continue;
      for (const [agent, [first, second]] of this.#sides.get(separation.id) ?? []) {
        if (first + second === 0n) continue;
        const [, before = 0, beside = 0] = held.find(([one]) => one === agent) ?? [];
        const sides = [first + BigInt(before), second + BigInt(beside)] as const;
        if (sides[0] > 0n && sides[1] > 0n)
          return breach(
            `policy/${separation.id}/${agent}`,
            sides[0] + sides[1],
            sides[0] < sides[1] ? sides[1] : sides[0],
          );
      }
    }
    return null;
  }

  #breachOfAccounts(): Breach | null {
    for (const account of this.#snapshot.configuration.accounts) {
      for (const period of account.periods) {
        const key = `${account.id}/${period.id}`;
        const added = this.#accounts.get(key) ?? 0n;
        if (added === 0n) continue;
        const use = this.#snapshot.accounts.get(key);
        const total = BigInt(use?.reserved ?? 0) + BigInt(use?.spent ?? 0) + added;
        const { budget, overcommit = 0 } = period;
        if (total > BigInt(budget) + BigInt(overcommit))
          return breach(`account/${key}`, total, budget + overcommit);
        if (overcommit > 0 && (use?.spent ?? 0) >= budget)
          return breach(`account/${key} has money left`, BigInt(use?.spent ?? 0), budget);
      }
    }
    return null;
  }

  #useOf({ department, kind }: Quota): bigint {
    const key = `${department}/${kind}`;
    return BigInt(this.#snapshot.quotaUse.get(key) ?? 0) + (this.#quota.get(key) ?? 0n);
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

function breach(what: string, lhs: bigint, rhs: bigint | number): Breach {
  return { what, lhs: Number(lhs), rhs: Number(rhs) };
}
