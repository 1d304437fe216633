// What the organisation loader checks of files, checked of one edit: references resolve, sums stay exact, nobody lends more than its own.
// Invariant: looks at the edited object and at what refers to it, so that what was sound before and is not edited stays as it is.
// A retirement is never refused: an agent that must go goes at once. Called by edit.ts alone.

import { CLASSIFICATIONS, type Configuration } from '../domain/configuration.ts';
import {
  type AgentPart,
  agentPoolId,
  type BudgetPart,
  budgetPart,
  type Edit,
  type PoolPart,
} from '../domain/edit.ts';
import { SLUG } from '../domain/ids.ts';
import { accountChain, lookupOf } from '../domain/lookup.ts';

/** `agent-` and the id together are the id of its pool, which has 63 characters. */
const AGENT_ID_LENGTH_MAX = 57;

/** One wrong place. `pointer` is a JSON pointer into the edited object, "" for the object itself. */
export interface EditProblem {
  readonly pointer: string;
  readonly code: 'missing' | 'unknown' | 'range' | 'format' | 'duplicate' | 'conflict';
  readonly message: string;
  /** The closed list, where there is one. */
  readonly allowed?: readonly string[];
}

export function checkEdit(before: Configuration, edit: Edit, after: Configuration): EditProblem[] {
  switch (edit.type) {
    case 'putPool':
      return [...poolProblems(before, edit.pool), ...sumProblems(edit.pool.kind, after)];
    case 'removePool':
      return removalProblems(before, edit.pool, after);
    case 'putQuota':
      return [...quotaProblems(before, edit.quota), ...promiseProblems(before, edit.quota.kind, after)];
    case 'putBudget':
      return budgetProblems(before, edit.budget);
    case 'removeQuota':
    case 'retireAgent':
      return [];
    case 'putAgent':
      return [...agentProblems(before, edit.agent), ...sumProblems('agent', after)];
    default: {
      const never: never = edit;
      throw new Error(`unknown edit ${JSON.stringify(never)}`);
    }
  }
}

function poolProblems(configuration: Configuration, pool: PoolPart): EditProblem[] {
  const problems: EditProblem[] = [];
  const old = lookupOf(configuration).pools.get(pool.id);
  if (!SLUG.test(pool.id)) problems.push(notASlug('/id', pool.id));
  if (!SLUG.test(pool.kind)) problems.push(notASlug('/kind', pool.kind));
  if (pool.kind === 'agent' || old?.agent !== undefined)
    problems.push(conflict('/kind', 'a pool of kind agent is made and edited with its agent'));
  const unit = configuration.pools.find(({ id, kind }) => kind === pool.kind && id !== pool.id)?.unit;
  if (unit !== undefined && unit !== pool.unit)
    problems.push({ ...conflict('/unit', `the kind ${pool.kind} is counted in ${unit}`), allowed: [unit] });
  const windowed = old?.calendar !== undefined;
  const onNodes = old?.nodes !== undefined;
  if (pool.capacity === null && !windowed && !onNodes)
    problems.push({
      pointer: '/capacity',
      code: 'missing',
      message: 'only a pool with a calendar or with nodes has none',
    });
  if (pool.capacity !== null && onNodes)
    problems.push(conflict('/capacity', 'its nodes carry its capacity; it is null'));
  if (onNodes && JSON.stringify(pool.labels.model) !== JSON.stringify(old.labels.model))
    problems.push(conflict('/labels/model', 'its nodes say their models; edit the files'));
  if (pool.capacity !== null && windowed)
    problems.push(conflict('/capacity', 'the windows of its calendar carry its capacity; it is null'));
  if (windowed && !pool.consumable)
    problems.push({ ...conflict('/consumable', 'windows are consumable'), allowed: ['true'] });
  // Leases hold units of it by what it was: what comes back, and what a quota counts, must not change under them.
  if (old !== undefined) {
    for (const key of ['kind', 'consumable'] as const) {
      if (old[key] === pool[key] || (key === 'consumable' && windowed)) continue;
      problems.push({
        ...conflict(`/${key}`, `the ${key} of a pool stays; make another pool`),
        allowed: [String(old[key])],
      });
    }
  }
  return problems;
}

/** Sums of a kind stand in rows and reports; beyond 2^53 - 1 they would be rounded. */
function sumProblems(kind: string, after: Configuration): EditProblem[] {
  if (unitsOf(after, kind) <= BigInt(Number.MAX_SAFE_INTEGER)) return [];
  const message = `the kind ${kind} would have more than ${Number.MAX_SAFE_INTEGER} units in all`;
  return [range('/capacity', message)];
}

/**
 * Nominal is a guarantee: nobody is promised more than there is. Asked where a promise grows, and not where a capacity shrinks: a broken
 * machine is gone whatever quotas say, and an operator must be able to say so at once.
 */
function promiseProblems(before: Configuration, kind: string, after: Configuration): EditProblem[] {
  const [units, promised] = [unitsOf(after, kind), promisedOf(after, kind)];
  if (promised <= promisedOf(before, kind) || promised <= units || !hasPlainPool(after, kind)) return [];
  const message = `the nominal shares of the kind ${kind} would come to ${promised}, but its pools hold ${units}`;
  return [range('/nominal', message)];
}

function unitsOf({ pools }: Configuration, kind: string): bigint {
  return pools.reduce((sum, pool) => (pool.kind === kind ? sum + BigInt(pool.capacity) : sum), 0n);
}

function promisedOf({ quotas }: Configuration, kind: string): bigint {
  return quotas.reduce((sum, quota) => (quota.kind === kind ? sum + BigInt(quota.nominal) : sum), 0n);
}

/** Windows hold what nobody promises for good: a kind of calendars alone has no capacity to compare with. */
function hasPlainPool({ pools }: Configuration, kind: string): boolean {
  return pools.some((pool) => pool.kind === kind && pool.calendar === undefined);
}

function removalProblems(before: Configuration, id: string, after: Configuration): EditProblem[] {
  const pool = lookupOf(before).pools.get(id);
  if (pool === undefined) return [];
  if (pool.agent !== undefined) return [conflict('', 'the pool of an agent goes with its agent: retire it')];
  if (pool.nodes !== undefined)
    return [conflict('', `it is one of the pools of the nodes ${pool.nodes.set}, which stand in the files`)];
  if (after.pools.some(({ kind }) => kind === pool.kind)) return [];
  const named = [
    ...after.quotas
      .filter(({ kind }) => kind === pool.kind)
      .map(({ department }) => `the quota of ${department}`),
    ...after.departments
      .filter(
        ({ kinds, requestLimits }) => kinds?.includes(pool.kind) || Object.hasOwn(requestLimits, pool.kind),
      )
      .map((department) => `the department ${department.id}`),
    ...after.accounts
      .filter(({ measure }) => measure.type === 'use' && measure.kind === pool.kind)
      .map((account) => `the account ${account.id}`),
  ];
  if (named.length === 0) return [];
  return [conflict('', `it is the last pool of the kind ${pool.kind}, which ${named.join(', ')} names`)];
}

function quotaProblems(
  configuration: Configuration,
  quota: Extract<Edit, { type: 'putQuota' }>['quota'],
): EditProblem[] {
  const problems: EditProblem[] = [];
  const { department, kind, cohort, nominal, borrowingLimit, lendingLimit } = quota;
  const kinds = [...new Set(configuration.pools.map((pool) => pool.kind))].sort();
  if (!lookupOf(configuration).departments.has(department))
    problems.push(unknown('/department', `department ${department}`, idsOf(configuration.departments)));
  if (!kinds.includes(kind)) problems.push(unknown('/kind', `kind ${kind}`, kinds));
  if (cohort !== undefined && !configuration.cohorts.some(({ id }) => id === cohort))
    problems.push(unknown('/cohort', `cohort ${cohort}`, idsOf(configuration.cohorts)));
  if (lendingLimit > nominal)
    problems.push(range('/lendingLimit', `lends ${lendingLimit}, but only ${nominal} are its own`));
  if (!Number.isSafeInteger(nominal + borrowingLimit))
    problems.push(range('/borrowingLimit', `nominal and borrowing together pass ${Number.MAX_SAFE_INTEGER}`));
  if (cohort !== undefined) return problems;
  if (borrowingLimit > 0) problems.push(conflict('/borrowingLimit', 'it has no effect without a cohort'));
  if (lendingLimit > 0) problems.push(conflict('/lendingLimit', 'it has no effect without a cohort'));
  return problems;
}

/** Which periods there are stands in the files: an edit of one that went with them is refused, and named at the start that finds it gone. */
function budgetProblems(
  configuration: Configuration,
  { account, period, budget, overcommit }: BudgetPart,
): EditProblem[] {
  const { accounts } = lookupOf(configuration);
  const found = accounts.get(account);
  if (found === undefined) return [unknown('/account', `account ${account}`, idsOf(configuration.accounts))];
  if (budgetPart(configuration, account, period) === null)
    return [unknown('/period', `period ${period} of the account ${account}`, idsOf(found.periods))];
  if (Number.isSafeInteger(budget + overcommit)) return [];
  return [range('/overcommit', `budget and overcommit together pass ${Number.MAX_SAFE_INTEGER}`)];
}

function agentProblems(configuration: Configuration, agent: AgentPart): EditProblem[] {
  const problems: EditProblem[] = [];
  const { agents, departments, pools } = lookupOf(configuration);
  if (!SLUG.test(agent.id) || agent.id.length > AGENT_ID_LENGTH_MAX) problems.push(notASlug('/id', agent.id));
  const home = departments.get(agent.department);
  if (home === undefined)
    problems.push(unknown('/department', `department ${agent.department}`, idsOf(configuration.departments)));
  const old = agents.get(agent.id);
  if (old !== undefined && old.department !== agent.department)
    problems.push({
      ...conflict('/department', 'an agent stays in its department; retire it and register another'),
      allowed: [old.department],
    });
  const ceiling = CLASSIFICATIONS.indexOf(home?.clearanceCeiling ?? 'restricted');
  if (CLASSIFICATIONS.indexOf(agent.clearance) > ceiling)
    problems.push({
      ...range('/clearance', `above the ceiling of the department ${agent.department}`),
      allowed: CLASSIFICATIONS.slice(0, ceiling + 1),
    });
  for (const [index, skill] of agent.skills.entries())
    if (!SLUG.test(skill)) problems.push(notASlug(`/skills/${index}`, skill));
  const pool = pools.get(agentPoolId(agent.id));
  if (pool !== undefined && pool.agent !== agent.id && agent.concurrency !== null)
    problems.push({
      pointer: '/id',
      code: 'duplicate',
      message: `another pool is called ${pool.id} already`,
    });
  return [...problems, ...payerProblems(configuration, agent)];
}

/** An account and one of its ancestors together would be charged twice. */
function payerProblems(configuration: Configuration, { accounts }: AgentPart): EditProblem[] {
  return accounts.flatMap((account, index): EditProblem[] => {
    const pointer = `/accounts/${index}`;
    const [own, ...above] = accountChain(configuration, account);
    if (own === undefined) return [unknown(pointer, `account ${account}`, idsOf(configuration.accounts))];
    const twice = above.find(({ id }) => accounts.includes(id));
    return twice === undefined
      ? []
      : [conflict(pointer, `${account} lies under ${twice.id}, which pays already; name the lowest alone`)];
  });
}

function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

function notASlug(pointer: string, text: string): EditProblem {
  const message = `${JSON.stringify(text)} is no id: lower case letters, digits, dot and hyphen`;
  return { pointer, code: 'format', message };
}

function unknown(pointer: string, what: string, allowed: readonly string[]): EditProblem {
  return { pointer, code: 'unknown', message: `there is no ${what}`, allowed };
}

function range(pointer: string, message: string): EditProblem {
  return { pointer, code: 'range', message };
}

function conflict(pointer: string, message: string): EditProblem {
  return { pointer, code: 'conflict', message };
}
