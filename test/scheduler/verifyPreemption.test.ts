// The checker of revocations against plans that are almost right: each rule broken alone, by hand, in a plan that passes otherwise.
import { describe, expect, it } from 'vitest';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import type { Earmark, Lease, LeaseId, Plan, Preemption } from '../../scheduler/index.ts';
import { honourEarmarks } from '../../scheduler/preemption/honour.ts';
import { planRevocations } from '../../scheduler/preemption/planning.ts';
import type { HeldLease, Snapshot } from '../../scheduler/snapshot.ts';
import { breachOfPreemptions } from '../../scheduler/verifyPreemption.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, NOW } from '../support/builders.ts';

const solver = createInProcessSolver();
const solveOptions = { engine: 'highs' as const, budget: { unitsMax: 150_000 } };
const EMPTY: Plan = { assignments: [], extensions: [] };

const organisation = () =>
  aConfiguration()
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .department('sales')
    .agent('sam')
    .account('team', 100_000)
    .pool(aPool('gpu-a').gpu(8).price(60))
    .quota('research', 'gpu', { nominal: 4, borrow: 8, lend: 4, cohort: 'all' })
    .quota('sales', 'gpu', { nominal: 4, borrow: 8, lend: 4, cohort: 'all' });

const lease = (number: number, quantity: number, change: Partial<Lease> = {}) =>
  aLease('gpu-a', {
    id: `lse_00000001_00${number}` as LeaseId,
    quantity,
    endsAt: NOW + 10 * HOUR,
    ...change,
  });

/** Two batch leases of research hold the pool; a critical request of research needs four of its eight. */
const byPriority = () =>
  aState(organisation())
    .holds(lease(1, 4), aRequest(11).gpu(4).class('batch'))
    .holds(lease(2, 4, { grantedAt: NOW - HOUR + 1 }), aRequest(12).gpu(4).class('batch'))
    .request(aRequest(1).gpu(4).class('critical'))
    .snapshot();

const sales = { department: 'sales' as never, agent: 'sam' as never };

/** Sales holds the pool, half of it borrowed; research asks for its share. */
const byReclaim = () =>
  aState(organisation())
    .holds(lease(1, 4, sales), aRequest(11).by('sam', 'sales').gpu(4))
    .holds(lease(2, 4, { ...sales, borrowed: ['gpu'] }), aRequest(12).by('sam', 'sales').gpu(4))
    .request(aRequest(1).gpu(4))
    .snapshot();

async function planOf(snapshot: Snapshot): Promise<Plan> {
  const formulation = formulate(honourEarmarks(snapshot).rest, newMemo());
  const { preemptions } = await planRevocations({ solver, solveOptions }, snapshot, {
    plan: EMPTY,
    formulation,
  });
  return { ...EMPTY, preemptions };
}

const earmarkOf = (plan: Plan): Earmark => {
  const [first] = plan.preemptions ?? [];
  if (first?.type !== 'nominee') throw new Error('no nominee is planned');
  return first.earmark;
};
const withEarmark = (plan: Plan, change: Partial<Earmark>): Plan => ({
  ...plan,
  preemptions: [{ type: 'nominee', earmark: { ...earmarkOf(plan), ...change } }],
});
const withHeld = (snapshot: Snapshot, id: string, change: (held: HeldLease) => HeldLease): Snapshot => ({
  ...snapshot,
  held: snapshot.held.map((held) => (held.lease.id === id ? change(held) : held)),
});
const breachOf = (snapshot: Snapshot, plan: Plan) => breachOfPreemptions(snapshot, plan)?.what ?? null;

const VICTIM = 'lse_00000001_002';

describe('a plan of revocations', () => {
  it.each([
    ['priority', byPriority],
    ['reclaim', byReclaim],
  ] as const)('by %s is made and passes', async (right, make) => {
    const snapshot = make();
    const plan = await planOf(snapshot);
    expect(earmarkOf(plan).victims).toEqual([{ lease: VICTIM, right, graceEndsAt: NOW + 60_000 }]);
    expect(breachOf(snapshot, plan)).toBeNull();
  });

  it.each<[string, string, (plan: Plan) => Plan]>([
    [
      'a victim too many',
      'is in the way',
      (plan) => {
        const { victims } = earmarkOf(plan);
        return withEarmark(plan, {
          victims: [...victims, { ...victims[0]!, lease: 'lse_00000001_001' as LeaseId }],
        });
      },
    ],
    ['no victim at all', 'takes something back', (plan) => withEarmark(plan, { victims: [] })],
    [
      'one victim twice',
      'is taken back once',
      (plan) => {
        const { victims } = earmarkOf(plan);
        return withEarmark(plan, { victims: [...victims, ...victims] });
      },
    ],
    [
      'a stranger',
      'is live and in question',
      (plan) =>
        withEarmark(plan, { victims: [{ ...earmarkOf(plan).victims[0]!, lease: 'lse_x' as LeaseId }] }),
    ],
    [
      'a grace cut short',
      'grace',
      (plan) => withEarmark(plan, { victims: [{ ...earmarkOf(plan).victims[0]!, graceEndsAt: NOW + 1 }] }),
    ],
    [
      'a right of another name',
      'there is a right',
      (plan) => withEarmark(plan, { victims: [{ ...earmarkOf(plan).victims[0]!, right: 'reclaim' }] }),
    ],
    [
      'the operator’s right',
      'there is a right',
      (plan) => withEarmark(plan, { victims: [{ ...earmarkOf(plan).victims[0]!, right: 'repair' }] }),
    ],
    [
      'more units than were claimed',
      'claim 0 is served',
      (plan) =>
        withEarmark(plan, { units: earmarkOf(plan).units.map((units) => ({ ...units, quantity: 5 })) }),
    ],
    ['a claim left out', 'one pool a claim', (plan) => withEarmark(plan, { units: [] })],
    [
      'too little set aside',
      'account/team/now: set aside',
      (plan) =>
        withEarmark(plan, {
          reservations: earmarkOf(plan).reservations.map((one) => ({ ...one, amount: 0 })),
        }),
    ],
    [
      'a request that does not wait',
      'waits with a recorded allow',
      (plan) => withEarmark(plan, { request: 'req_x' as never }),
    ],
    ['another owner', 'is whose it is', (plan) => withEarmark(plan, { agent: 'sam' as never })],
    [
      'the same twice',
      'is taken back once',
      (plan) => ({
        ...plan,
        preemptions: [...plan.preemptions!, ...plan.preemptions!],
      }),
    ],
    [
      'a repair of what is whole',
      'is broken',
      (plan) => ({
        ...plan,
        preemptions: [
          {
            type: 'repair',
            row: 'capacity/gpu-a',
            victims: [{ ...earmarkOf(plan).victims[0]!, right: 'repair' }],
          },
        ] satisfies Preemption[],
      }),
    ],
  ])('is refused for %s', async (_what, wantWhat, bend) => {
    const snapshot = byPriority();
    const plan = await planOf(snapshot);
    expect(breachOf(snapshot, bend(plan))).toMatch(new RegExp(`${wantWhat}$`));
  });

  it.each<[string, string, (held: HeldLease) => HeldLease]>([
    [
      'is not preemptible',
      'is preemptible',
      (held) => ({
        ...held,
        request: { ...held.request, terms: { ...held.request.terms, preemptible: false } },
      }),
    ],
    [
      'is of the same class',
      'there is a right',
      (held) => ({
        ...held,
        request: { ...held.request, terms: { ...held.request.terms, class: 'critical' } },
      }),
    ],
    [
      'has just begun',
      'had its minimum run',
      (held) => ({ ...held, lease: { ...held.lease, activatedAt: NOW - 599_999 } }),
    ],
    [
      'was revoked twice',
      'is not protected',
      (held) => ({
        ...held,
        request: { ...held.request, restart: { of: held.request.id, revocations: 2, tick: 0 } },
      }),
    ],
    [
      'is on notice already',
      'is taken back once',
      (held) => ({
        ...held,
        lease: {
          ...held.lease,
          state: 'revoking',
          revocation: {
            right: 'priority',
            since: NOW,
            graceEndsAt: NOW + 60_000,
            request: null,
            department: null,
          },
        },
      }),
    ],
    [
      'ends within its grace',
      'would not end by itself',
      (held) => ({ ...held, lease: { ...held.lease, endsAt: NOW + 60_000 } }),
    ],
    [
      'is of another department',
      'there is a right',
      (held) => ({ ...held, lease: { ...held.lease, ...sales } }),
    ],
  ])('is refused when its victim %s', async (_what, wantWhat, bend) => {
    const snapshot = byPriority();
    const plan = await planOf(snapshot);
    expect(breachOf(withHeld(snapshot, VICTIM, bend), plan)).toMatch(new RegExp(`${wantWhat}$`));
  });

  it.each<[string, (snapshot: Snapshot) => Snapshot]>([
    [
      'the lease is not borrowed',
      (snapshot) =>
        withHeld(snapshot, VICTIM, (held) => ({ ...held, lease: { ...held.lease, borrowed: ['cpu'] } })),
    ],
    [
      'the claimant is over its share with it',
      (snapshot) => ({
        ...snapshot,
        quotaUse: new Map([...snapshot.quotaUse, ['research/gpu', 1]]),
      }),
    ],
    [
      'they lend nothing to each other',
      (snapshot) => ({
        ...snapshot,
        configuration: {
          ...snapshot.configuration,
          quotas: snapshot.configuration.quotas.map((quota) =>
            quota.department === 'sales' ? { ...quota, cohort: 'other' as never } : quota,
          ),
        },
      }),
    ],
  ])('by reclaim is refused when %s', async (_what, bend) => {
    const snapshot = byReclaim();
    const plan = await planOf(snapshot);
    expect(breachOf(bend(snapshot), plan)).toMatch(/there is a right$/);
  });

  it('is refused for a wish that was revoked itself, until something happened since', async () => {
    const snapshot = byPriority();
    const plan = await planOf(snapshot);
    const restarted = (outsideTick: number): Snapshot => ({
      ...snapshot,
      outsideTick,
      requests: snapshot.requests.map((pending) => ({
        ...pending,
        request: { ...pending.request, restart: { of: pending.request.id, revocations: 1, tick: 7 } },
      })),
    });
    expect(breachOf(restarted(7), plan)).toMatch(/something happened since its own revocation$/);
    expect(breachOf(restarted(8), plan)).toBeNull();
  });

  it('is refused against what a revoked wish got since, and not planned, until something happened', async () => {
    const snapshot = byPriority();
    const plan = await planOf(snapshot);
    const restarted = (outsideTick: number): Snapshot => ({
      ...withHeld(snapshot, VICTIM, ({ lease: held, request }) => ({
        lease: held,
        request: { ...request, restart: { of: request.id, revocations: 1, tick: 7 } },
      })),
      outsideTick,
    });
    expect(breachOf(restarted(7), plan)).toMatch(`${VICTIM}: something happened since its own revocation`);
    expect(earmarkOf(await planOf(restarted(7))).victims.map((one) => one.lease)).not.toContain(VICTIM);
    expect(breachOf(restarted(8), plan)).toBeNull();
    expect(earmarkOf(await planOf(restarted(8)))).toEqual(earmarkOf(plan));
  });
});

describe('an earmark', () => {
  async function standing(): Promise<{ snapshot: Snapshot; earmark: Earmark }> {
    const before = byPriority();
    const earmark = earmarkOf(await planOf(before));
    const snapshot: Snapshot = {
      ...withHeld(before, VICTIM, (held) => ({
        ...held,
        lease: {
          ...held.lease,
          state: 'revoking',
          revocation: {
            right: 'priority',
            since: NOW,
            graceEndsAt: NOW + 60_000,
            request: earmark.request,
            department: earmark.department,
          },
        },
      })),
      earmarks: [earmark],
    };
    return { snapshot, earmark };
  }

  const freed = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    held: snapshot.held.filter(({ lease: { id } }) => id !== VICTIM),
    used: new Map([['gpu-a', 4]]),
    quotaUse: new Map([['research/gpu', 4]]),
  });

  it('keeps its units from everybody else, and is honoured as it was made', async () => {
    const { snapshot, earmark } = await standing();
    expect(honourEarmarks(snapshot)).toMatchObject({ assignments: [], dropped: [] });
    const free = freed(snapshot);
    const { assignments } = honourEarmarks(free);
    expect(assignments).toMatchObject([
      { request: earmark.request, option: 0, allocations: [{ pool: 'gpu-a', quantity: 4 }] },
    ]);
    expect(breachOf(free, { ...EMPTY, assignments })).toBeNull();
    const thief = { ...assignments[0]!, request: aRequest(11).build().id };
    const stolen: Snapshot = {
      ...free,
      requests: [...free.requests, aRequest(11).by('ada').gpu(4).pending(99)],
    };
    expect(breachOf(stolen, { ...EMPTY, assignments: [thief] })).toBe('earmarked: capacity/gpu-a');
    const other = assignments.map((one) => ({ ...one, option: 1 }));
    expect(breachOf(free, { ...EMPTY, assignments: other })).toMatch(/takes what was held$/);
  });

  it('is dropped when it is over, and not before', async () => {
    const { snapshot, earmark } = await standing();
    const plan: Plan = { ...EMPTY, dropped: [earmark.request] };
    expect(breachOf(snapshot, plan)).toMatch(/is over$/);
    expect(breachOf({ ...snapshot, now: NOW + 60_000 }, plan)).toBeNull();
  });
});
