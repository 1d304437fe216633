// Edits of the organisation: one object put or taken out, decided purely. One code for the HTTP edge and for the overlay at a start.
// Invariant: an edited configuration is one that the loader could have read: every reference resolves, lists keep their order, and
// equal organisations have equal revisions. What stands only in files (calendars, classes, departments, which accounts and periods there are)
// no edit touches.

import type { Account, Agent, Configuration, Pool, Quota } from '../domain/configuration.ts';
import {
  type AgentPart,
  agentPoolId,
  type BudgetPart,
  type Edit,
  type PoolPart,
  partOf,
} from '../domain/edit.ts';
import { lookupOf } from '../domain/lookup.ts';
import { revisionOf } from '../domain/revision.ts';
import { compareText } from '../formulate/catalogue.ts';
import type { Digest } from '../ports.ts';
import { checkEdit, type EditProblem } from './editChecks.ts';

/** `absent`: what is to be taken out is not there. */
export type Edited =
  | { readonly type: 'applied'; readonly configuration: Configuration }
  | { readonly type: 'absent' }
  | { readonly type: 'refused'; readonly problems: readonly EditProblem[] };

export function applyEdit(configuration: Configuration, edit: Edit, digest: Digest): Edited {
  if (isRemoval(edit) && partOf(configuration, edit) === null) return { type: 'absent' };
  const { revision: _, ...changed } = changedBy(configuration, edit);
  const problems = checkEdit(configuration, edit, { revision: configuration.revision, ...changed });
  if (problems.length > 0) return { type: 'refused', problems };
  return { type: 'applied', configuration: { revision: revisionOf(changed, digest), ...changed } };
}

function isRemoval(edit: Edit): boolean {
  return edit.type === 'removePool' || edit.type === 'removeQuota' || edit.type === 'retireAgent';
}

function changedBy(configuration: Configuration, edit: Edit): Configuration {
  const { pools, quotas, agents } = configuration;
  switch (edit.type) {
    case 'putPool':
      return { ...configuration, pools: withItem(pools, poolOf(configuration, edit.pool)) };
    case 'removePool':
      return { ...configuration, pools: pools.filter(({ id }) => id !== edit.pool) };
    case 'putQuota': {
      const { department, kind } = edit.quota;
      const others = quotas.filter((quota) => quota.department !== department || quota.kind !== kind);
      return { ...configuration, quotas: [...others, edit.quota].sort(byKindThenDepartment) };
    }
    case 'removeQuota': {
      const { department, kind } = edit;
      return {
        ...configuration,
        quotas: quotas.filter((quota) => quota.department !== department || quota.kind !== kind),
      };
    }
    case 'putBudget': {
      const accounts = configuration.accounts.map((account) => withBudget(account, edit.budget));
      return { ...configuration, accounts };
    }
    case 'putAgent':
      return withAgent(configuration, edit.agent);
    case 'retireAgent':
      return {
        ...configuration,
        agents: agents.filter(({ id }) => id !== edit.agent),
        pools: pools.filter(({ agent }) => agent !== edit.agent),
      };
    default: {
      const never: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(never)}`);
    }
  }
}

function poolOf(configuration: Configuration, { capacity, ...part }: PoolPart): Pool {
  const { calendar, nodes, pricePer, capacity: units = 0 } = lookupOf(configuration).pools.get(part.id) ?? {};
  const labels = Object.entries(part.labels).map(
    ([name, value]) => [name, typeof value === 'string' ? value : sorted(value)] as const,
  );
  const pool = { ...part, capacity: capacity ?? 0, labels: Object.fromEntries(labels) };
  if (capacity !== null) return pool;
  if (nodes !== undefined) return { ...pool, capacity: units, nodes, ...(pricePer && { pricePer }) };
  return calendar === undefined ? pool : { ...pool, calendar };
}

function withAgent(configuration: Configuration, part: AgentPart): Configuration {
  const { concurrency, priceMinor, ...rest } = part;
  const skills = sorted(part.skills);
  // Its classes stand in the organisation's files alone: an edit of the rest neither widens nor loses them.
  const classes = lookupOf(configuration).agents.get(part.id)?.classes;
  const sets = { roles: sorted(part.roles), skills, accounts: sorted(part.accounts) };
  const agent: Agent = { ...rest, ...sets, ...(classes && { classes }) };
  const others = configuration.pools.filter(({ agent: of }) => of !== agent.id);
  const pool: Pool = {
    id: agentPoolId(agent.id),
    kind: 'agent',
    unit: 'slot',
    capacity: concurrency ?? 0,
    labels: { department: agent.department, skill: skills },
    consumable: false,
    priceMinor,
    agent: agent.id,
  };
  return {
    ...configuration,
    agents: withItem(configuration.agents, agent),
    pools: concurrency === null ? others : withItem(others, pool),
  };
}

function withBudget(account: Account, { account: id, period, budget, overcommit }: BudgetPart): Account {
  if (account.id !== id) return account;
  const periods = account.periods.map((one) => {
    if (one.id !== period) return one;
    const { overcommit: _, ...kept } = one;
    // As the files are read: none is absent, so that equal organisations have equal revisions.
    return { ...kept, budget, ...(overcommit > 0 && { overcommit }) };
  });
  return { ...account, periods };
}

function withItem<Item extends { readonly id: string }>(items: readonly Item[], item: Item): Item[] {
  return [...items.filter(({ id }) => id !== item.id), item].sort((a, b) => compareText(a.id, b.id));
}

function byKindThenDepartment(a: Quota, b: Quota): number {
  return compareText(a.kind, b.kind) || compareText(a.department, b.department);
}

function sorted<T extends string>(items: readonly T[]): readonly T[] {
  return [...items].sort(compareText);
}
