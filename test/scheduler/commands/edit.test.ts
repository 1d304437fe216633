// Edits as pure functions: what they change, what they refuse, and that an edited organisation is one that the loader could have read.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import {
  type AccountId,
  type AgentId,
  type AgentPart,
  agentPart,
  applyEdit,
  type BudgetPart,
  budgetPart,
  type CohortId,
  type Configuration,
  type DepartmentId,
  type Edit,
  type PoolId,
  type PoolPart,
  poolPart,
  type Quota,
  quotaPart,
  revisionOf,
} from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';

const HOUR = 3_600_000;
const BASE = aConfiguration()
  .department('research', { clearanceCeiling: 'confidential' })
  .agent('ada')
  .department('sales')
  .agent('sam')
  .pool(aPool('cpu-a').cpu(64), aPool('gpu-a').gpu(8, 'A100'), aPool('gpu-b').gpu(4))
  .pool(aPool('legal').review(['w1', HOUR, 2 * HOUR, 6]))
  .quota('research', 'gpu', { nominal: 8, lend: 2, borrow: 2, cohort: 'labs' })
  .account('acme', 1000)
  .account('lab', 500, { parent: 'acme' })
  .build();

const GPU_A = poolPart(BASE, 'gpu-a') as PoolPart;
const QUOTA = quotaPart(BASE, 'research', 'gpu') as Quota;
const GRACE: AgentPart = {
  id: 'grace' as AgentId,
  department: 'research' as DepartmentId,
  roles: ['agent'],
  skills: ['sql', 'legal'],
  clearance: 'internal',
  accounts: ['lab' as AccountId],
  concurrency: 2,
  priceMinor: 5,
};

function applied(edit: Edit, on: Configuration = BASE): Configuration {
  const edited = applyEdit(on, edit, sha256);
  if (edited.type !== 'applied') throw new Error(JSON.stringify(edited));
  return edited.configuration;
}

function problemsOf(edit: Edit, on: Configuration = BASE) {
  const edited = applyEdit(on, edit, sha256);
  return edited.type === 'refused' ? edited.problems : edited.type;
}

describe('an edit', () => {
  it('puts a pool in its place, and the revision follows the content', () => {
    const capacity = 12;
    const edited = applied({ type: 'putPool', pool: { ...GPU_A, capacity } });
    expect(edited.pools.map(({ id }) => id)).toEqual([...BASE.pools.map(({ id }) => id)].sort());
    expect(edited.pools.find(({ id }) => id === 'gpu-a')?.capacity).toBe(capacity);
    const { revision, ...rest } = edited;
    expect(revision).toBe(revisionOf(rest, sha256));
    expect(edited.quotas).toBe(BASE.quotas);
  });

  it('registers an agent together with the pool that its concurrency is', () => {
    const edited = applied({ type: 'putAgent', agent: GRACE });
    expect(edited.pools.find(({ id }) => id === 'agent-grace')).toEqual({
      id: 'agent-grace',
      kind: 'agent',
      unit: 'slot',
      capacity: 2,
      labels: { department: 'research', skill: ['legal', 'sql'] },
      consumable: false,
      priceMinor: 5,
      agent: 'grace',
    });
    expect(agentPart(edited, 'grace')).toEqual({ ...GRACE, skills: ['legal', 'sql'] });
    const idle = applied({ type: 'putAgent', agent: { ...GRACE, concurrency: null, priceMinor: 0 } }, edited);
    expect(idle.pools.map(({ id }) => id)).not.toContain('agent-grace');
    const retired = applied({ type: 'retireAgent', agent: 'grace' as AgentId }, edited);
    expect(retired.revision).toBe(applied({ type: 'putPool', pool: GPU_A }).revision);
  });

  it('leaves the windows of a calendar as the files say', () => {
    const legal = poolPart(BASE, 'legal') as PoolPart;
    expect(legal.capacity).toBeNull();
    const edited = applied({ type: 'putPool', pool: { ...legal, priceMinor: 7 } });
    const pool = edited.pools.find(({ id }) => id === 'legal');
    expect([pool?.priceMinor, pool?.calendar?.length, pool?.capacity]).toEqual([7, 1, 0]);
    expect(problemsOf({ type: 'putPool', pool: { ...legal, capacity: 3 } })).toMatchObject([
      { pointer: '/capacity', code: 'conflict' },
    ]);
  });

  it('cuts a capacity below what quotas promise: a broken machine is gone whatever they say', () => {
    const cut = applied({ type: 'putPool', pool: { ...GPU_A, capacity: 0 } });
    expect(gpusOf(cut)).toBeLessThan(QUOTA.nominal);
    // And a promise may then shrink, but not grow.
    expect(applyEdit(cut, { type: 'putQuota', quota: { ...QUOTA, nominal: 7 } }, sha256).type).toBe(
      'applied',
    );
    expect(problemsOf({ type: 'putQuota', quota: { ...QUOTA, nominal: 9 } }, cut)).toMatchObject([
      { pointer: '/nominal', code: 'range' },
    ]);
  });

  it('says when there is nothing to take out', () => {
    expect(problemsOf({ type: 'removePool', pool: 'none' as PoolId })).toBe('absent');
    expect(problemsOf({ type: 'retireAgent', agent: 'none' as AgentId })).toBe('absent');
    const none = { department: 'sales' as DepartmentId, kind: 'gpu' };
    expect(problemsOf({ type: 'removeQuota', ...none })).toBe('absent');
  });

  it('changes what one period of an account has to spend, and nothing else', () => {
    const [period] = BASE.accounts.find(({ id }) => id === 'lab')?.periods ?? [];
    const part = budgetPart(BASE, 'lab', String(period?.id)) as BudgetPart;
    expect(part).toMatchObject({ budget: 500, overcommit: 0 });
    const edited = applied({ type: 'putBudget', budget: { ...part, budget: 80, overcommit: 8 } });
    const periodsOf = (of: Configuration, id: string) => of.accounts.find((one) => one.id === id)?.periods;
    expect(periodsOf(edited, 'lab')).toEqual([{ ...period, budget: 80, overcommit: 8 }]);
    expect(periodsOf(edited, 'acme')).toEqual(periodsOf(BASE, 'acme'));
    expect(edited.revision).not.toBe(BASE.revision);
    const back = applied({ type: 'putBudget', budget: part }, edited);
    expect(back.accounts).toEqual(BASE.accounts);
  });

  const budget = (change: Partial<BudgetPart>): Edit => ({
    type: 'putBudget',
    budget: { account: 'lab' as AccountId, period: 'now', budget: 1, overcommit: 0, ...change },
  });
  const pool = (change: Partial<PoolPart>): Edit => ({ type: 'putPool', pool: { ...GPU_A, ...change } });
  const quota = (change: Partial<Quota>): Edit => ({ type: 'putQuota', quota: { ...QUOTA, ...change } });
  const agent = (change: Partial<AgentPart>): Edit => ({ type: 'putAgent', agent: { ...GRACE, ...change } });
  const department = 'nobody' as DepartmentId;
  it.each<[string, Edit, { pointer: string; code: string; allowed?: readonly string[] }]>([
    ['another unit', pool({ unit: 'card' }), { pointer: '/unit', code: 'conflict', allowed: ['GPU'] }],
    ['another kind', pool({ kind: 'tpu' }), { pointer: '/kind', code: 'conflict', allowed: ['gpu'] }],
    ['a change to consumable', pool({ consumable: true }), { pointer: '/consumable', code: 'conflict' }],
    [
      'an agent’s pool by itself',
      pool({ id: 'x' as PoolId, kind: 'agent' }),
      { pointer: '/kind', code: 'conflict' },
    ],
    ['no capacity', pool({ capacity: null }), { pointer: '/capacity', code: 'missing' }],
    [
      'a sum that is not exact',
      pool({ capacity: Number.MAX_SAFE_INTEGER }),
      { pointer: '/capacity', code: 'range' },
    ],
    [
      'an unknown department',
      quota({ department }),
      { pointer: '/department', code: 'unknown', allowed: ['research', 'sales'] },
    ],
    [
      'an unknown kind',
      quota({ kind: 'tpu' }),
      { pointer: '/kind', code: 'unknown', allowed: ['cpu', 'gpu', 'review'] },
    ],
    [
      'an unknown cohort',
      quota({ cohort: 'none' as CohortId }),
      { pointer: '/cohort', code: 'unknown', allowed: ['labs'] },
    ],
    ['lending what is not there', quota({ lendingLimit: 9 }), { pointer: '/lendingLimit', code: 'range' }],
    [
      'a budget of nobody',
      budget({ account: 'x' as AccountId }),
      { pointer: '/account', code: 'unknown', allowed: ['acme', 'lab'] },
    ],
    ['a period that is none', budget({ period: '1999' }), { pointer: '/period', code: 'unknown' }],
    ['a promise that no pool holds', quota({ nominal: 13 }), { pointer: '/nominal', code: 'range' }],
    ['an agent of nobody', agent({ department }), { pointer: '/department', code: 'unknown' }],
    [
      'a clearance above the ceiling',
      agent({ clearance: 'restricted' }),
      { pointer: '/clearance', code: 'range' },
    ],
    [
      'an unknown account',
      agent({ accounts: ['x' as AccountId] }),
      { pointer: '/accounts/0', code: 'unknown' },
    ],
    [
      'an account paid twice',
      agent({ accounts: ['lab', 'acme'] as AccountId[] }),
      { pointer: '/accounts/0', code: 'conflict' },
    ],
    [
      'another department',
      agent({ id: 'sam' as AgentId }),
      { pointer: '/department', code: 'conflict', allowed: ['sales'] },
    ],
    ['an id that is none', agent({ id: 'Grace!' as AgentId }), { pointer: '/id', code: 'format' }],
  ])('refuses %s', (_, edit, wantProblem) => {
    expect(problemsOf(edit)).toEqual(expect.arrayContaining([expect.objectContaining(wantProblem)]));
  });

  it('refuses limits of borrowing and lending without a cohort', () => {
    const { cohort: _, ...alone } = QUOTA;
    expect(problemsOf({ type: 'putQuota', quota: alone })).toMatchObject([
      { pointer: '/borrowingLimit', code: 'conflict' },
      { pointer: '/lendingLimit', code: 'conflict' },
    ]);
  });

  it('keeps the last pool of a kind that a quota names, and lets the others go', () => {
    const one = applied({ type: 'putQuota', quota: { ...QUOTA, nominal: 2 } });
    const removed = applied({ type: 'removePool', pool: 'gpu-a' as PoolId }, one);
    expect(problemsOf({ type: 'removePool', pool: 'gpu-b' as PoolId }, removed)).toMatchObject([
      { pointer: '', code: 'conflict', message: expect.stringContaining('the quota of research') },
    ]);
  });
});

const gpusOf = ({ pools }: Configuration): number =>
  pools.reduce((sum, pool) => (pool.kind === 'gpu' ? sum + pool.capacity : sum), 0);

describe('a history of edits', () => {
  const id = fc.constantFrom('gpu-a', 'gpu-b', 'gpu-c', 'gpu-d');
  const edit = fc.oneof(
    fc.tuple(id, fc.nat(20)).map(([pool, capacity]): Edit => {
      return { type: 'putPool', pool: { ...GPU_A, id: pool as PoolId, capacity } };
    }),
    id.map((pool): Edit => ({ type: 'removePool', pool: pool as PoolId })),
    fc.nat(20).map((nominal): Edit => ({ type: 'putQuota', quota: { ...QUOTA, nominal, lendingLimit: 0 } })),
    fc.constantFrom('grace', 'hopper').chain((agent) =>
      fc.option(fc.integer({ min: 1, max: 4 })).map((concurrency): Edit => {
        return { type: 'putAgent', agent: { ...GRACE, id: agent as AgentId, concurrency, priceMinor: 0 } };
      }),
    ),
    fc
      .constantFrom('grace', 'hopper')
      .map((agent): Edit => ({ type: 'retireAgent', agent: agent as AgentId })),
  );

  it('never promises more than there is, keeps its order, and is addressed by its content alone', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 20 }), (edits) => {
        let now = BASE;
        for (const each of edits) {
          const edited = applyEdit(now, each, sha256);
          if (edited.type !== 'applied') continue;
          const promised = (of: Configuration) => quotaPart(of, 'research', 'gpu')?.nominal ?? 0;
          const grown = promised(edited.configuration) > promised(now);
          now = edited.configuration;
          if (grown) expect(promised(now)).toBeLessThanOrEqual(gpusOf(now));
        }
        for (const list of [now.pools, now.agents]) {
          const ids = list.map((item) => item.id as string);
          expect(ids).toEqual([...new Set(ids)].sort());
        }
        const { revision, ...rest } = now;
        expect(revision === BASE.revision ? revision : revisionOf(rest, sha256)).toBe(revision);
        // Putting in what stands there already is no edit.
        const part = poolPart(now, 'cpu-a') as PoolPart;
        expect(revisionOf(rest, sha256)).toBe(applied({ type: 'putPool', pool: part }, now).revision);
      }),
    );
  });
});
