// The checker refuses a plan that was tampered with, in every dimension, and names the rule.
import { describe, expect, it } from 'vitest';
import type { Assignment, Plan, Pool } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { verifyPlan } from '../../scheduler/verify.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, NOW } from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

const lease = aLease('gpu-a', { quantity: 1 });
const organisation = aConfiguration()
  .terms({ graceSeconds: 30 })
  .account('team', 1000)
  .department('research', { clearanceCeiling: 'confidential' })
  .agent('ada', { accounts: ['team' as never] })
  .agent('bob')
  .quota('research', 'gpu', { nominal: 6, borrow: 2, lend: 1, cohort: 'all' })
  .pool(
    aPool('gpu-a').gpu(4, 'h100').price(120),
    aPool('gpu-b').gpu(4, 'a100').price(120),
    aPool('vault').gpu(4, 'h100').price(120).classified('restricted'),
    aPool('cpu-a').cpu(8),
    aPool('slot-bob').agent('bob', 2, ['law']),
    aPool('legal').review(
      ['running', NOW - HOUR, NOW + HOUR, 4],
      ['later', NOW + HOUR, NOW + 2 * HOUR, 2],
      ['past', NOW - 3 * HOUR, NOW - 2 * HOUR, 9],
    ),
  );

/** Request 1 takes GPUs and a slot, request 2 a review window; the lease is extended by a minute. */
const snapshot: Snapshot = aState(organisation)
  .request(
    aRequest(1)
      .gpu(2, { model: 'h100' })
      .assistant('law')
      .seconds(600)
      .terms({ deadline: NOW + 700_000, startBefore: NOW + 1 }),
    aRequest(2).review(2, { from: NOW - 2 * HOUR, to: NOW + 2 * HOUR }),
  )
  .used('gpu-a', 1)
  .quotaUse('research', 'gpu', 1)
  .lease(lease)
  .extend(lease, 60)
  .snapshot();

async function goodPlan(): Promise<Plan> {
  const { plan } = await decide(snapshot);
  expect(plan.assignments).toHaveLength(2);
  expect(plan.extensions).toHaveLength(1);
  return plan;
}

function breachOf(plan: Plan, of = snapshot): string {
  const verification = verifyPlan(of, plan);
  return verification.ok ? 'none' : verification.breach.what;
}

/** The plan with its first assignment changed. */
async function withFirst(change: (first: Assignment) => Partial<Assignment>): Promise<Plan> {
  const plan = await goodPlan();
  const [first, ...rest] = plan.assignments;
  return { ...plan, assignments: [{ ...first!, ...change(first!) }, ...rest] };
}

async function withAllocation(index: number, change: object, claim = 0): Promise<Plan> {
  const plan = await goodPlan();
  const assignments = plan.assignments.map((assignment, i) =>
    i === index
      ? {
          ...assignment,
          allocations: assignment.allocations.map((a) => (a.claim === claim ? { ...a, ...change } : a)),
        }
      : assignment,
  );
  return { ...plan, assignments };
}

/** The snapshot under a changed configuration. */
function under(change: (pool: Pool) => Pool): Snapshot {
  return {
    ...snapshot,
    configuration: { ...snapshot.configuration, pools: snapshot.configuration.pools.map(change) },
  };
}

const FIRST = `request/${aRequest(1).build().id}`;
const SECOND = `request/${aRequest(2).build().id}`;

it('the plan of the solver passes', async () => {
  expect(breachOf(await goodPlan())).toBe('none');
  expect(breachOf({ assignments: [], extensions: [] })).toBe('none');
});

describe('an assignment is refused', () => {
  it('for a request that is not in the snapshot', async () => {
    expect(breachOf(await withFirst(() => ({ request: aRequest(9).build().id })))).toContain(
      'waits in the snapshot',
    );
  });

  it('twice for one request', async () => {
    const plan = await goodPlan();
    expect(breachOf({ ...plan, assignments: [...plan.assignments, plan.assignments[0]!] })).toBe(
      `${FIRST}: granted once`,
    );
  });

  it('without a recorded allow', async () => {
    const requests = snapshot.requests.map((pending) => ({
      ...pending,
      verdict: { ...pending.verdict!, allow: false },
    }));
    expect(breachOf(await goodPlan(), { ...snapshot, requests })).toBe(`${FIRST}: has a recorded allow`);
  });

  it('of an option that was not asked', async () => {
    expect(breachOf(await withFirst(() => ({ option: 1 })))).toBe(`${FIRST}: option`);
  });

  it('that serves only some of the claims, or one twice', async () => {
    expect(breachOf(await withFirst(({ allocations }) => ({ allocations: allocations.slice(1) })))).toBe(
      `${FIRST}: one allocation a claim`,
    );
    expect(
      breachOf(await withFirst(({ allocations }) => ({ allocations: [allocations[0]!, allocations[0]!] }))),
    ).toBe(`${FIRST}: claim 0 served once`);
  });

  it('with less or more than the claim asks', async () => {
    expect(breachOf(await withAllocation(0, { quantity: 1 }))).toBe(`${FIRST}: claim 0: quantity`);
    expect(breachOf(await withAllocation(0, { quantity: 3 }))).toBe(`${FIRST}: claim 0: quantity`);
  });

  it('on a pool of another kind, an unknown one, or one that the selector excludes', async () => {
    expect(breachOf(await withAllocation(0, { pool: 'cpu-a', kind: 'cpu' }))).toBe(`${FIRST}: claim 0: kind`);
    expect(breachOf(await withAllocation(0, { pool: 'gpu-z' }))).toBe(
      `${FIRST}: claim 0: pool is configured`,
    );
    expect(breachOf(await withAllocation(0, { pool: 'gpu-b' }))).toBe(
      `${FIRST}: claim 0: label model of gpu-b`,
    );
  });

  it('on a pool above the clearance', async () => {
    expect(breachOf(await withAllocation(0, { pool: 'vault' }))).toBe(
      `${FIRST}: claim 0: clearance for vault`,
    );
  });

  it('that starts or ends at another time', async () => {
    expect(breachOf(await withAllocation(0, { startsAt: NOW + 1 }))).toBe(`${FIRST}: claim 0: starts now`);
    expect(breachOf(await withAllocation(0, { endsAt: NOW + 1 }))).toBe(
      `${FIRST}: claim 0: ends with the lease`,
    );
    const longer = await withFirst(({ allocations, endsAt }) => ({
      endsAt: endsAt + 1,
      allocations: allocations.map((a) => ({ ...a, endsAt: endsAt + 1 })),
    }));
    expect(breachOf(longer)).toBe(`${FIRST}: end`);
  });

  it('beyond its deadline or start limit', async () => {
    const late = (terms: object): Snapshot => ({
      ...snapshot,
      requests: snapshot.requests.map((p) => ({
        ...p,
        request: { ...p.request, terms: { ...p.request.terms, ...terms } },
      })),
    });
    expect(breachOf(await goodPlan(), late({ deadline: NOW + 599_999 }))).toBe(`${FIRST}: deadline`);
    expect(breachOf(await goodPlan(), late({ startBefore: NOW }))).toBe(`${FIRST}: start limit`);
  });

  it.each(['amount', 'account', 'missing'])('whose reservation has another %s', async (what) => {
    const plan = await withFirst(({ reservations: [own] }) => {
      if (what === 'missing') return { reservations: [] };
      return {
        reservations: [
          what === 'amount' ? { ...own!, amount: own!.amount - 1 } : { ...own!, account: 'other' as never },
        ],
      };
    });
    expect(breachOf(plan)).toMatch(/account\/(team|other)\/now: reservation$/);
  });
});

describe('a windowed assignment is refused', () => {
  it.each([
    ['without a window', { window: undefined }, 'window of legal'],
    ['in a window that the calendar does not have', { window: 'never' }, 'window of legal'],
    [
      'in a window that is over',
      { window: 'past', startsAt: NOW - 3 * HOUR, endsAt: NOW - 2 * HOUR },
      'window is not over',
    ],
    [
      'that starts before its window',
      { window: 'later', startsAt: NOW, endsAt: NOW + 2 * HOUR },
      'starts with its window',
    ],
    ['that ends after its window', { endsAt: NOW + HOUR + 1 }, 'ends with its window'],
  ])('%s', async (_, change, wantRule) => {
    expect(breachOf(await withAllocation(1, change))).toBe(`${SECOND}: claim 0: ${wantRule}`);
  });

  it('outside the asked range', async () => {
    const plan = await goodPlan();
    const narrow = (window: object): Snapshot => ({
      ...snapshot,
      requests: snapshot.requests.map((p) =>
        p.sequence === 2 ? { ...p, request: aRequest(2).review(2, window).build() } : p,
      ),
    });
    expect(breachOf(plan, narrow({ from: NOW - HOUR + 1 }))).toBe(
      `${SECOND}: claim 0: window starts in the asked range`,
    );
    expect(breachOf(plan, narrow({ to: NOW + HOUR - 1 }))).toBe(
      `${SECOND}: claim 0: window ends in the asked range`,
    );
  });

  it('when the elapsed part took the units', async () => {
    const at = NOW + HOUR / 2;
    const plan = await withAllocation(1, { startsAt: at });
    const second: Plan = { assignments: [plan.assignments[1]!], extensions: [] };
    expect(breachOf(second, { ...snapshot, now: at })).toBe('window/legal@running remaining');
  });

  it('when others hold the units', async () => {
    const used = new Map([...snapshot.used, ['legal@running', 3]]) as Snapshot['used'];
    expect(breachOf(await goodPlan(), { ...snapshot, used })).toBe('window/legal@running');
  });
});

describe('a plan is refused', () => {
  it('over a pool', async () => {
    expect(
      breachOf(
        await goodPlan(),
        under((pool) => (pool.id === 'gpu-a' ? { ...pool, capacity: 2 } : pool)),
      ),
    ).toBe('capacity/gpu-a');
  });

  it('over an agent', async () => {
    const used = new Map([...snapshot.used, ['slot-bob', 2]]) as Snapshot['used'];
    expect(breachOf(await goodPlan(), { ...snapshot, used })).toBe('capacity/slot-bob');
  });

  it('over a quota', async () => {
    expect(breachOf(await goodPlan(), { ...snapshot, quotaUse: new Map([['research/gpu', 7]]) })).toBe(
      'quota/research/gpu',
    );
  });

  it('over what a cohort may lend', async () => {
    expect(breachOf(await goodPlan(), { ...snapshot, quotaUse: new Map([['research/gpu', 5]]) })).toBe(
      'cohort/all/gpu',
    );
  });

  it('over an account', async () => {
    const accounts = new Map([['team/now', { reserved: 500, spent: 460 }]]);
    expect(breachOf(await goodPlan(), { ...snapshot, accounts })).toBe('account/team/now');
  });

  it('that reserves where no period covers the time', async () => {
    const { configuration } = snapshot;
    const accounts = configuration.accounts.map((account) => ({
      ...account,
      periods: account.periods.map((period) => ({ ...period, endsAt: NOW + 1000 })),
    }));
    const short = { ...snapshot, configuration: { ...configuration, accounts } };
    expect(breachOf(await goodPlan(), short)).toBe(`${FIRST}: account/team: a period covers the time`);
  });
});

describe('an extension is refused', () => {
  const withExtension = async (change: object): Promise<Plan> => {
    const plan = await goodPlan();
    return { ...plan, extensions: plan.extensions.map((extension) => ({ ...extension, ...change })) };
  };

  it.each([
    ['that nobody asked for', { extension: 'ext_9' }, 'extension/ext_9: waits in the snapshot'],
    ['to another end', { endsAt: lease.endsAt + 61_000 }, 'extension/ext_1: end'],
    ['that reserves nothing', { reservations: [] }, 'extension/ext_1: account/team/now: reservation'],
  ])('%s', async (_, change, want) => {
    expect(breachOf(await withExtension(change))).toBe(want);
  });

  it('twice', async () => {
    const plan = await goodPlan();
    const twice = { ...plan, extensions: [...plan.extensions, ...plan.extensions] };
    expect(breachOf(twice)).toBe('extension/ext_1: granted once');
  });

  it('of a lease that is being revoked', async () => {
    const extensions = snapshot.extensions.map((one) => ({
      ...one,
      lease: { ...one.lease, state: 'revoking' as const },
    }));
    expect(breachOf(await goodPlan(), { ...snapshot, extensions })).toBe(
      'extension/ext_1: lease is not being revoked',
    );
  });
});
