// What a configuration means to the integer program: places by kind, quotas with their cohorts, who pays for whom.
// Invariant: derived from the configuration alone, so found by its identity (it is frozen and replaced whole). Read by all of formulate/ and explain.ts.

import {
  type Account,
  type Agent,
  CLASSIFICATIONS,
  type Cohort,
  type Configuration,
  type Pool,
  type Quota,
} from '../domain/configuration.ts';
import type { AgentId, DepartmentId, PoolId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import { accountChain, lookupOf } from '../domain/lookup.ts';
import { add, type Units } from '../domain/quantity.ts';
import { quotaKey } from '../domain/state.ts';
import { paysFor } from '../pricing.ts';
import type { Place } from './formulation.ts';

/** Quotas and cohorts of one kind that lend to each other: a node of a tree. */
export interface CohortShare {
  /** "<cohort>/<kind>". */
  readonly id: string;
  readonly members: readonly Quota[];
  readonly children: readonly CohortShare[];
  readonly parent: CohortShare | null;
  /** 0 for a cohort within no other. */
  readonly depth: number;
  /** What its children lend: all of them together may hold so much beyond their guarantees, and what it borrows. */
  readonly lendable: Units;
  /** Of `lendable`, what it lends to the cohorts and departments beside it, and what it may have of theirs: 0 within no other. */
  readonly lendingLimit: Units;
  readonly borrowingLimit: Units;
}

export interface QuotaShare {
  readonly quota: Quota;
  readonly cohort: CohortShare | null;
}

/** Accounts with equal measure and equal periods are charged equal amounts: a cost is worked out once for all of them. */
export interface Tariff {
  readonly index: number;
  readonly measure: Account['measure'];
  readonly periods: readonly { readonly startsAt: number; readonly endsAt: number }[];
}

export interface PayingAccount {
  /** Dense, so that a tick can keep its rooms in an array. */
  readonly index: number;
  readonly account: Account;
  readonly tariff: Tariff;
}

export interface Catalogue {
  /** Kind -> places by id. */
  readonly places: ReadonlyMap<string, readonly Place[]>;
  /** The place that counts a pool; undefined when the pool is not configured. */
  placeOf(pool: PoolId): Place | undefined;
  /** Kind -> renewable units of all pools, for dominant shares. */
  readonly unitsOfKind: ReadonlyMap<string, Units>;
  /** `quotaKey` -> quota. A department without one for a kind is not limited. */
  readonly quotas: ReadonlyMap<string, QuotaShare>;
  readonly tariffs: readonly Tariff[];
  readonly accounts: readonly PayingAccount[];
  /** The accounts that pay for an agent's grants of a class, every ancestor once: one array for all agents with the same accounts. */
  payersOf(agent: AgentId, priority: string): readonly PayingAccount[];
  /** Those that pay when a lease of the agent is held longer. */
  holdersOf(lease: Lease): readonly PayingAccount[];
  /** Weight of the department's share of what is scarce. */
  weightOf(department: DepartmentId): number;
  /** Level of `CLASSIFICATIONS` up to which the agent may claim for the department; -1 when it is not registered there. */
  clearanceOf(agent: AgentId, department: DepartmentId): number;
}

const catalogues = new WeakMap<Configuration, Catalogue>();

export function catalogueOf(configuration: Configuration): Catalogue {
  const known = catalogues.get(configuration);
  if (known) return known;
  const accounts = payingAccounts(configuration);
  const standings = agentStandings(configuration, accounts);
  const places = placesOf(configuration);
  const byPool = new Map(
    [...places.values()].flat().flatMap((place) => place.pools.map(({ id }) => [id, place])),
  );
  const made: Catalogue = {
    places,
    placeOf: (pool) => byPool.get(pool),
    unitsOfKind: unitsOfKind(configuration),
    quotas: quotaShares(configuration),
    accounts: [...accounts.values()],
    tariffs: [...new Set([...accounts.values()].map(({ tariff }) => tariff))],
    payersOf: (agent, priority) => standings.get(agent)?.payers(priority) ?? NOBODY,
    holdersOf: (lease) =>
      standings.get(lease.agent)?.all.filter(({ account }) => paysFor(account, lease)) ?? NOBODY,
    weightOf: (department) => lookupOf(configuration).departments.get(department)?.weight ?? 1,
    clearanceOf: (agent, department) => {
      const standing = standings.get(agent);
      return standing?.department === department ? standing.clearance : -1;
    },
  };
  catalogues.set(configuration, made);
  return made;
}

const NOBODY: readonly PayingAccount[] = [];

interface AgentStanding extends Payers {
  readonly department: DepartmentId;
  readonly clearance: number;
}

/** Of all agents with the same accounts. */
interface Payers {
  readonly all: readonly PayingAccount[];
  payers(priority: string): readonly PayingAccount[];
}

function agentStandings(
  configuration: Configuration,
  accounts: ReadonlyMap<string, PayingAccount>,
): Map<AgentId, AgentStanding> {
  const { departments } = lookupOf(configuration);
  const chains = new Map<string, Payers>();
  const standings = new Map<AgentId, AgentStanding>();
  for (const agent of configuration.agents) {
    const home = departments.get(agent.department);
    if (home === undefined) continue;
    const key = agent.accounts.join(' ');
    const chain = chains.get(key) ?? byClass(chainsOf(configuration, agent, accounts));
    chains.set(key, chain);
    const clearance = Math.min(
      CLASSIFICATIONS.indexOf(agent.clearance),
      CLASSIFICATIONS.indexOf(home.clearanceCeiling),
    );
    standings.set(agent.id, { ...chain, department: agent.department, clearance });
  }
  return standings;
}

function byClass(all: readonly PayingAccount[]): Payers {
  const isPlain = all.every(({ account }) => account.classes === undefined);
  const known = new Map<string, readonly PayingAccount[]>();
  const payers = (priority: string): readonly PayingAccount[] => {
    if (isPlain) return all;
    let own = known.get(priority);
    if (own === undefined) {
      own = all.filter(({ account }) => paysFor(account, { class: priority }));
      known.set(priority, own);
    }
    return own;
  };
  return { all, payers };
}

/** Units that come back and are held from now on: what quotas, shares and use accounts count. */
export function isRenewable(pool: Pool): boolean {
  return !pool.consumable && pool.calendar === undefined;
}

export function classificationLevel(pool: Pool): number {
  return pool.classification === undefined ? 0 : CLASSIFICATIONS.indexOf(pool.classification);
}

/** Plain code unit order: the same in every runtime and language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Agent pools that no selector, price or clearance can tell apart are one place, and so one row: 600 agents of 40 teams are 40 rows.
 * Exact because a claim takes one unit of one agent, so a sum of free units can always be split.
 */
function placesOf(configuration: Configuration): Map<string, Place[]> {
  const groups = new Map<string, [Pool, ...Pool[]]>();
  const places = new Map<string, Place[]>();
  const put = (place: Place): void => {
    const list = places.get(place.kind);
    if (list) list.push(place);
    else places.set(place.kind, [place]);
  };
  for (const pool of [...configuration.pools].sort((a, b) => compareText(a.id, b.id))) {
    if (pool.agent === undefined || !isRenewable(pool)) {
      put({ id: pool.id, kind: pool.kind, pools: [pool] });
      continue;
    }
    const key = agentGroupKey(configuration, pool, pool.agent);
    const group = groups.get(key);
    if (group) group.push(pool);
    else groups.set(key, [pool]);
  }
  for (const pools of groups.values()) {
    const id = pools.length === 1 ? pools[0].id : `${pools[0].id}+${pools.length - 1}`;
    put({ id, kind: pools[0].kind, pools });
  }
  for (const list of places.values()) list.sort((a, b) => compareText(a.id, b.id));
  return places;
}

function agentGroupKey(configuration: Configuration, pool: Pool, agent: AgentId): string {
  const department = lookupOf(configuration).agents.get(agent)?.department ?? '';
  const labels = Object.keys(pool.labels)
    .sort()
    .map((label) => [label, pool.labels[label]]);
  return JSON.stringify([pool.kind, department, pool.classification ?? '', pool.priceMinor, labels]);
}

function unitsOfKind(configuration: Configuration): Map<string, Units> {
  const units = new Map<string, Units>();
  for (const pool of configuration.pools) {
    if (isRenewable(pool)) units.set(pool.kind, add(units.get(pool.kind) ?? 0, pool.capacity));
  }
  return units;
}

function quotaShares(configuration: Configuration): Map<string, QuotaShare> {
  const byKind = new Map<string, Quota[]>();
  for (const quota of configuration.quotas) {
    if (quota.cohort === undefined) continue;
    const list = byKind.get(quota.kind);
    if (list) list.push(quota);
    else byKind.set(quota.kind, [quota]);
  }
  const cohorts = new Map<string, CohortShare>();
  for (const [kind, quotas] of byKind)
    for (const cohort of cohortTree(configuration, kind, quotas)) cohorts.set(cohort.id, cohort);
  const shares = new Map<string, QuotaShare>();
  for (const quota of configuration.quotas) {
    const cohort = quota.cohort === undefined ? null : (cohorts.get(`${quota.cohort}/${quota.kind}`) ?? null);
    shares.set(quotaKey(quota.department, quota.kind), { quota, cohort });
  }
  return shares;
}

/** All cohorts as one kind has them, those without a member among them: a cohort of cohorts may have none. */
function cohortTree(configuration: Configuration, kind: string, quotas: readonly Quota[]): CohortShare[] {
  const made: CohortShare[] = [];
  const make = (cohort: Cohort, parent: CohortShare | null): CohortShare => {
    const limits = cohort.limits?.find((limit) => limit.kind === kind);
    const members = quotas.filter((quota) => quota.cohort === cohort.id);
    const children: CohortShare[] = [];
    const share = {
      id: `${cohort.id}/${kind}`,
      members,
      children,
      parent,
      depth: parent === null ? 0 : parent.depth + 1,
      lendable: 0,
      lendingLimit: parent === null ? 0 : (limits?.lendingLimit ?? 0),
      borrowingLimit: parent === null ? 0 : (limits?.borrowingLimit ?? 0),
    };
    for (const below of configuration.cohorts)
      if (below.parent === cohort.id) children.push(make(below, share));
    const lent = [...members, ...children].map(({ lendingLimit }) => lendingLimit);
    share.lendable = lent.reduce((sum, limit) => add(sum, limit), 0);
    // A quota that was edited down may leave a cohort with less than it said that it lends.
    share.lendingLimit = Math.min(share.lendingLimit, share.lendable);
    made.push(share);
    return share;
  };
  const known = new Set<string>(configuration.cohorts.map(({ id }) => id));
  for (const cohort of configuration.cohorts)
    if (cohort.parent === undefined || !known.has(cohort.parent)) make(cohort, null);
  return made;
}

function payingAccounts(configuration: Configuration): Map<string, PayingAccount> {
  const tariffs = new Map<string, Tariff>();
  const accounts = new Map<string, PayingAccount>();
  for (const account of configuration.accounts) {
    const { measure } = account;
    const bounds = account.periods.map((period) => [period.startsAt, period.endsAt]);
    const key = JSON.stringify([measure.type, measure.type === 'use' ? measure.kind : '', bounds]);
    const tariff = tariffs.get(key) ?? { index: tariffs.size, measure, periods: account.periods };
    tariffs.set(key, tariff);
    accounts.set(account.id, { index: accounts.size, account, tariff });
  }
  return accounts;
}

function chainsOf(
  configuration: Configuration,
  agent: Agent,
  accounts: ReadonlyMap<string, PayingAccount>,
): PayingAccount[] {
  const found = new Set<PayingAccount>();
  for (const own of agent.accounts) {
    for (const account of accountChain(configuration, own)) {
      const paying = accounts.get(account.id);
      if (paying) found.add(paying);
    }
  }
  return [...found];
}
