// What can be edited of the organisation while the cell runs, and where each such object stands in a configuration.
// Invariant: a part is what its ETag covers and what an edit replaces whole; windows and the numbers of use are no part of it.
// Used by commands/edit.ts, by the HTTP edge and by the overlay that is kept over the organisation's files.

import type { Agent, Configuration, Pool, Quota } from './configuration.ts';
import type { AccountId, AgentId, DepartmentId, PoolId } from './ids.ts';
import { lookupOf } from './lookup.ts';
import type { Units } from './quantity.ts';

/** A pool as it can be edited. `capacity` null: the windows of its calendar or its nodes carry it, and stay as the files say. */
export interface PoolPart extends Omit<Pool, 'agent' | 'calendar' | 'nodes' | 'pricePer' | 'capacity'> {
  readonly capacity: Units | null;
}

/** An agent with the pool that its concurrency is; null: it has none and is never assigned. */
export interface AgentPart extends Agent {
  readonly concurrency: Units | null;
  /** Minor currency units per slot and hour of that pool. */
  readonly priceMinor: Units;
}

/** What one period of an account has to spend. Its instants stand in the files, and stay. */
export interface BudgetPart {
  readonly account: AccountId;
  readonly period: string;
  readonly budget: Units;
  readonly overcommit: Units;
}

export type Edit =
  | { readonly type: 'putPool'; readonly pool: PoolPart }
  | { readonly type: 'removePool'; readonly pool: PoolId }
  | { readonly type: 'putQuota'; readonly quota: Quota }
  | { readonly type: 'removeQuota'; readonly department: DepartmentId; readonly kind: string }
  | { readonly type: 'putBudget'; readonly budget: BudgetPart }
  | { readonly type: 'putAgent'; readonly agent: AgentPart }
  | { readonly type: 'retireAgent'; readonly agent: AgentId };

/** The department whose object it is; "" for what belongs to the organisation. */
export function departmentOfEdit(configuration: Configuration, edit: Edit): DepartmentId | '' {
  switch (edit.type) {
    case 'putPool':
    case 'removePool':
    case 'putBudget':
      return '';
    case 'putQuota':
      return edit.quota.department;
    case 'removeQuota':
      return edit.department;
    case 'putAgent':
      return edit.agent.department;
    case 'retireAgent':
      return lookupOf(configuration).agents.get(edit.agent)?.department ?? '';
    default: {
      const never: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(never)}`);
    }
  }
}

/** Key of the edited object, "pool/<id>", "quota/<department>/<kind>", "budget/<account>/<period>" or "agent/<id>": a later edit of a key takes the place of an earlier. */
export function objectKeyOf(edit: Edit): string {
  switch (edit.type) {
    case 'putPool':
      return `pool/${edit.pool.id}`;
    case 'removePool':
      return `pool/${edit.pool}`;
    case 'putQuota':
      return `quota/${edit.quota.department}/${edit.quota.kind}`;
    case 'removeQuota':
      return `quota/${edit.department}/${edit.kind}`;
    case 'putBudget':
      return `budget/${edit.budget.account}/${edit.budget.period}`;
    case 'putAgent':
      return `agent/${edit.agent.id}`;
    case 'retireAgent':
      return `agent/${edit.agent}`;
    default: {
      const never: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(never)}`);
    }
  }
}

/** The edited object as it stands in the configuration, null when it does not. */
export function partOf(
  configuration: Configuration,
  edit: Edit,
): PoolPart | Quota | BudgetPart | AgentPart | null {
  switch (edit.type) {
    case 'putPool':
      return poolPart(configuration, edit.pool.id);
    case 'removePool':
      return poolPart(configuration, edit.pool);
    case 'putQuota':
      return quotaPart(configuration, edit.quota.department, edit.quota.kind);
    case 'removeQuota':
      return quotaPart(configuration, edit.department, edit.kind);
    case 'putBudget':
      return budgetPart(configuration, edit.budget.account, edit.budget.period);
    case 'putAgent':
      return agentPart(configuration, edit.agent.id);
    case 'retireAgent':
      return agentPart(configuration, edit.agent);
    default: {
      const never: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(never)}`);
    }
  }
}

export function poolPart(configuration: Configuration, id: string): PoolPart | null {
  const pool = lookupOf(configuration).pools.get(id);
  if (pool === undefined) return null;
  const { agent: _, pricePer: __, calendar, nodes, ...part } = pool;
  return { ...part, capacity: calendar === undefined && nodes === undefined ? pool.capacity : null };
}

export function quotaPart(configuration: Configuration, department: string, kind: string): Quota | null {
  return configuration.quotas.find((quota) => quota.department === department && quota.kind === kind) ?? null;
}

export function budgetPart(configuration: Configuration, id: string, period: string): BudgetPart | null {
  const account = lookupOf(configuration).accounts.get(id);
  const found = account?.periods.find((one) => one.id === period);
  if (account === undefined || found === undefined) return null;
  return { account: account.id, period, budget: found.budget, overcommit: found.overcommit ?? 0 };
}

export function agentPart(configuration: Configuration, id: string): AgentPart | null {
  const { agents, pools } = lookupOf(configuration);
  const agent = agents.get(id);
  if (agent === undefined) return null;
  const pool = pools.get(agentPoolId(id));
  const own = pool?.agent === id ? pool : undefined;
  return { ...agent, concurrency: own?.capacity ?? null, priceMinor: own?.priceMinor ?? 0 };
}

export function agentPoolId(agent: string): PoolId {
  return `agent-${agent}` as PoolId;
}
