// Indexes over a configuration, built once per revision and found by identity: a configuration is frozen and replaced whole,
// so the object itself is the key. Used by apply, gate, commands and formulate.

import {
  type Account,
  type Agent,
  type Configuration,
  type Department,
  type Pool,
  type PreemptionTerms,
  type PriorityClass,
  preemptionOf,
} from './configuration.ts';
import { capacityKey } from './lease.ts';
import type { Units } from './quantity.ts';
import { accountKey, quotaKey } from './state.ts';

interface Lookup {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly departments: ReadonlyMap<string, Department>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly classes: ReadonlyMap<string, PriorityClass>;
  /** By the name of the class, defaults filled in. */
  readonly preemption: ReadonlyMap<string, PreemptionTerms>;
}

const lookups = new WeakMap<Configuration, Lookup>();

export function lookupOf(configuration: Configuration): Lookup {
  const known = lookups.get(configuration);
  if (known) return known;
  const made: Lookup = {
    pools: new Map(configuration.pools.map((pool) => [pool.id, pool])),
    agents: new Map(configuration.agents.map((agent) => [agent.id, agent])),
    departments: new Map(configuration.departments.map((department) => [department.id, department])),
    accounts: new Map(configuration.accounts.map((account) => [account.id, account])),
    classes: new Map(configuration.classes.map((priority) => [priority.name, priority])),
    preemption: new Map(configuration.classes.map((priority) => [priority.name, preemptionOf(priority)])),
  };
  lookups.set(configuration, made);
  return made;
}

export function poolIndex(configuration: Configuration): ReadonlyMap<string, Pool> {
  return lookupOf(configuration).pools;
}

/** Longest duration that any class allows: no lease reaches further ahead, however often it is extended. */
export function longestSeconds(configuration: Configuration): Units {
  return configuration.classes.reduce(
    (most, { maxDurationSeconds }) => Math.max(most, maxDurationSeconds),
    0,
  );
}

/** The account and its ancestors, nearest first. The loader refused cycles. */
export function accountChain(configuration: Configuration, id: string): Account[] {
  const { accounts } = lookupOf(configuration);
  const chain: Account[] = [];
  for (
    let account = accounts.get(id);
    account !== undefined;
    account = account.parent === undefined ? undefined : accounts.get(account.parent)
  ) {
    chain.push(account);
  }
  return chain;
}

/** The keys under which a configuration counts use: by pool or window, by quota, by period of an account. */
export interface UseKeys {
  readonly used: ReadonlySet<string>;
  readonly quotaUse: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
}

const useKeys = new WeakMap<Configuration, UseKeys>();

export function useKeysOf(configuration: Configuration): UseKeys {
  const known = useKeys.get(configuration);
  if (known) return known;
  const { pools, departments, accounts } = configuration;
  const kinds = new Set(pools.map(({ kind }) => kind));
  const made: UseKeys = {
    used: new Set(
      pools.flatMap(({ id, calendar }) => [
        id,
        ...(calendar ?? []).map((window) => capacityKey(id, window.id)),
      ]),
    ),
    quotaUse: new Set(departments.flatMap(({ id }) => [...kinds].map((kind) => quotaKey(id, kind)))),
    accounts: new Set(
      accounts.flatMap(({ id, periods }) => periods.map((period) => accountKey(id, period.id))),
    ),
  };
  useKeys.set(configuration, made);
  return made;
}
