// The organisation that a simulated cluster serves: small enough to be contested, with a pool of each kind that has rules of its own.
// Invariant: the same seed draws the same organisation and the same edits. Called by run.ts and operator.ts.

import type {
  AccountId,
  Agent,
  AgentId,
  CohortId,
  Configuration,
  Department,
  DepartmentId,
  Digest,
  Instant,
  Pool,
  PoolId,
  Quota,
  Units,
  UnrevisedConfiguration,
} from '../../scheduler/index.ts';
import { revisionOf } from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';

export const CELL = 'main';
export const SKILL = 'safety';
export const LAW = 'law' as DepartmentId;
const DEPARTMENTS = ['alpha', 'beta', 'gamma'] as const;
const CLASSES = ['critical', 'standard', 'batch'] as const;
/** Review slots come and go while a run lasts. */
const WINDOW_MS = 6000;
const WINDOWS = 10;
const DAY_MS = 86_400_000;

export function organisationOf(
  chance: Chance,
  { now, digest }: { now: Instant; digest: Digest },
): Configuration {
  const content: UnrevisedConfiguration = {
    cell: CELL,
    organisation: 'Simulated',
    departments: [...DEPARTMENTS, LAW].map(departmentOf),
    agents: agents(),
    pools: pools(chance, now),
    quotas: DEPARTMENTS.map((department) => quotaOf(chance, department)),
    cohorts: [{ id: 'all' as CohortId, title: 'all' }],
    accounts: accounts(chance, now),
    classes: CLASSES.map((name, rank) => ({
      name,
      rank,
      targetWaitSeconds: 5,
      maxDurationSeconds: 3600,
      preemption: { graceSeconds: 3, minimumRunSeconds: 1, revocationsMost: 2 },
    })),
    leaseTerms: { startLimitSeconds: 5, heartbeatTimeoutSeconds: 5, graceSeconds: 1 },
    reservations: {},
  };
  return revised(content, digest);
}

export function revised(content: UnrevisedConfiguration, digest: Digest): Configuration {
  return { ...content, revision: revisionOf(content, digest) };
}

/**
 * What an operator may do to the whole at any time: cut pools, shares, limits, classes or budgets,
 * take a pool or an agent out, or give everything back.
 */
export function edited(
  whole: Configuration,
  chance: Chance,
  digest: Digest,
): { readonly configuration: Configuration; readonly object: string } {
  const { revision: _, ...content } = whole;
  const part = (units: Units): Units => Math.floor((units * chance.between(30, 100)) / 100);
  switch (chance.below(8)) {
    case 0:
      return { object: 'whole', configuration: whole };
    case 1: {
      const pools = content.pools.map((pool) => ({ ...pool, capacity: part(pool.capacity) }));
      return { object: 'pools', configuration: revised({ ...content, pools }, digest) };
    }
    case 2: {
      const quotas = content.quotas.map((quota) => {
        const nominal = part(quota.nominal);
        return { ...quota, nominal, lendingLimit: Math.min(nominal, quota.lendingLimit) };
      });
      return { object: 'quotas', configuration: revised({ ...content, quotas }, digest) };
    }
    case 3: {
      const departments = content.departments.map((department) => ({
        ...department,
        requestLimits: { gpu: chance.between(2, 6) },
      }));
      return { object: 'departments', configuration: revised({ ...content, departments }, digest) };
    }
    case 4: {
      const gone = chance.pick(content.pools).id;
      const pools = content.pools.filter(({ id }) => id !== gone);
      return { object: `pool ${gone}`, configuration: revised({ ...content, pools }, digest) };
    }
    case 5: {
      const gone = chance.pick(content.agents).id;
      const agents = content.agents.filter(({ id }) => id !== gone);
      return { object: `agent ${gone}`, configuration: revised({ ...content, agents }, digest) };
    }
    case 6: {
      const classes = content.classes.map((one) => ({
        ...one,
        maxDurationSeconds: chance.between(5, 3600),
        preemption: { ...one.preemption, graceSeconds: chance.between(1, 6) },
      }));
      return { object: 'classes', configuration: revised({ ...content, classes }, digest) };
    }
    default: {
      const budgets = content.accounts.map((account) => ({
        ...account,
        periods: account.periods.map((period) => ({ ...period, budget: part(period.budget) })),
      }));
      return { object: 'accounts', configuration: revised({ ...content, accounts: budgets }, digest) };
    }
  }
}

function departmentOf(id: string): Department {
  return {
    id: id as DepartmentId,
    title: id,
    clearanceCeiling: 'restricted',
    classes: [...CLASSES],
    requestLimits: {},
  };
}

function agents(): Agent[] {
  const own = DEPARTMENTS.flatMap((department) =>
    (department === 'alpha' ? [1, 2] : [1]).map((n) =>
      agentOf({ id: `${department}-${n}`, department, accounts: [`${department}-money` as AccountId] }),
    ),
  );
  const reviewer = agentOf({ id: 'lex', department: LAW, accounts: [] });
  return [...own, { ...reviewer, roles: ['agent', 'reviewer'], skills: [SKILL] }];
}

function agentOf(from: { id: string; department: string; accounts: readonly AccountId[] }): Agent {
  return {
    id: from.id as AgentId,
    department: from.department as DepartmentId,
    roles: ['agent'],
    skills: [],
    clearance: 'restricted',
    accounts: from.accounts,
  };
}

function pools(chance: Chance, now: Instant): Pool[] {
  const pool = (id: string, rest: Partial<Pool>): Pool => ({
    id: id as PoolId,
    kind: id,
    unit: 'unit',
    capacity: 0,
    labels: {},
    consumable: false,
    priceMinor: 0,
    ...rest,
  });
  const calendar = Array.from({ length: WINDOWS }, (_, n) => ({
    id: `w${String(n).padStart(2, '0')}`,
    startsAt: now + n * WINDOW_MS,
    endsAt: now + (n + 1) * WINDOW_MS,
    capacity: 2,
  }));
  return [
    pool('gpu-a', { kind: 'gpu', capacity: chance.between(2, 4), labels: { model: 'a' }, priceMinor: 3600 }),
    pool('gpu-b', { kind: 'gpu', capacity: chance.between(1, 3), labels: { model: 'b' }, priceMinor: 7200 }),
    pool('cpu', { capacity: chance.between(4, 10), priceMinor: 60 }),
    pool('dataset', { capacity: 3 }),
    pool('license', { capacity: chance.between(3, 8), consumable: true, priceMinor: 5 }),
    pool('review', { calendar, consumable: true, labels: { skill: [SKILL] } }),
  ];
}

function quotaOf(chance: Chance, department: string): Quota {
  return {
    department: department as DepartmentId,
    kind: 'gpu',
    nominal: chance.between(1, 3),
    borrowingLimit: chance.between(0, 6),
    lendingLimit: 2,
    cohort: 'all' as CohortId,
  };
}

function accounts(chance: Chance, now: Instant): Configuration['accounts'] {
  const period = (budget: Units) => ({ id: 'now', startsAt: now - DAY_MS, endsAt: now + DAY_MS, budget });
  const measure = { type: 'money', currency: 'EUR' } as const;
  return [
    { id: 'money' as AccountId, title: 'money', measure, periods: [period(chance.between(300, 2000))] },
    ...DEPARTMENTS.map((department) => ({
      id: `${department}-money` as AccountId,
      title: department,
      parent: 'money' as AccountId,
      measure,
      periods: [period(chance.between(60, 900))],
    })),
  ];
}
