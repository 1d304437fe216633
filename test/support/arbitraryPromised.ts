// Random tiny organisations with leases that end, requests that have waited too long, and the starts that the planning promised them.
// Invariant: everything comes from fast-check's draws, so a failing case shrinks and repeats; what is used is what the leases hold.

import fc from 'fast-check';
import { newMemo } from '../../scheduler/formulate/index.ts';
import type { Lease, LeaseId, PendingRequest, State } from '../../scheduler/index.ts';
import { planReservations } from '../../scheduler/reservations/planning.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, MINUTE, NOW } from './builders.ts';

const DEPARTMENTS = ['alpha', 'beta', 'gamma'] as const;

const held = fc.record({
  pool: fc.constantFrom('gpu-0', 'gpu-0', 'gpu-1', 'corpus'),
  department: fc.nat({ max: 2 }),
  quantity: fc.integer({ min: 1, max: 3 }),
  minutes: fc.integer({ min: 1, max: 4 }),
  alone: fc.boolean(),
});

const wish = fc.record({
  department: fc.nat({ max: 2 }),
  /** Of the small ones several may go together, beside each other and not beside a promise. */
  gpus: fc.constantFrom(1, 1, 2, 3),
  corpus: fc.constantFrom('none', 'none', 'none', 'shared', 'alone'),
  minutes: fc.constantFrom(1, 3, 6, 9),
  /** Slots of a reviewer: of the window that runs, or of any. */
  review: fc.constantFrom('none', 'none', 'none', 'running', 'any'),
  isOverdue: fc.constantFrom(false, false, false, true),
  gang: fc.constantFrom(false, false, true),
});

/** One that must wait, and has waited longer than it should. */
const big = fc.record({
  department: fc.nat({ max: 2 }),
  gpus: fc.integer({ min: 4, max: 7 }),
  corpus: fc.constantFrom('none', 'none', 'shared', 'alone'),
  minutes: fc.constantFrom(2, 5),
  review: fc.constantFrom('none', 'none', 'running', 'any'),
  isOverdue: fc.constant(true),
  gang: fc.constant(false),
});

export const promisedScene = fc.record({
  gpus: fc.tuple(fc.integer({ min: 6, max: 9 }), fc.integer({ min: 1, max: 2 })),
  seats: fc.integer({ min: 2, max: 4 }),
  /** Of the window that runs: a third of it is over. */
  slots: fc.record({ capacity: fc.integer({ min: 2, max: 4 }), used: fc.nat({ max: 2 }) }),
  shares: fc.option(
    fc.record({
      nominal: fc.integer({ min: 2, max: 8 }),
      borrow: fc.nat({ max: 5 }),
      lend: fc.nat({ max: 3 }),
    }),
    { nil: null },
  ),
  /** The first department's cohort lies within that of the others. */
  nested: fc.option(fc.record({ borrow: fc.nat({ max: 3 }), lend: fc.nat({ max: 3 }) }), { nil: null }),
  held: fc.array(held, { minLength: 2, maxLength: 6 }),
  wishes: fc
    .tuple(fc.array(big, { minLength: 1, maxLength: 2 }), fc.array(wish, { minLength: 2, maxLength: 4 }))
    .map((wishes) => wishes.flat()),
});

export type PromisedScene = typeof promisedScene extends fc.Arbitrary<infer T> ? T : never;

const RUNS_TO = NOW + 2 * HOUR;

export function configurationOf({ gpus, seats, slots, shares, nested }: PromisedScene) {
  const builder = aConfiguration();
  if (nested !== null && shares !== null) builder.cohort('inner', 'all', nested);
  for (const department of DEPARTMENTS) {
    builder.department(department).agent(`agent-${department}`);
    if (shares === null) continue;
    const { nominal, borrow } = shares;
    const lend = Math.min(nominal, shares.lend);
    const cohort = nested !== null && department === DEPARTMENTS[0] ? 'inner' : 'all';
    builder.quota(department, 'gpu', { nominal, borrow, lend, cohort });
  }
  const [a, b] = gpus;
  return builder
    .pool(
      aPool('gpu-0').gpu(a),
      aPool('gpu-1').gpu(b),
      aPool('corpus').dataset(seats),
      aPool('reviewers').review(
        ['running', NOW - HOUR, RUNS_TO, slots.capacity],
        ['next', RUNS_TO, RUNS_TO + HOUR, 1],
      ),
    )
    .build();
}

/** Leases one after the other, each only if it fits beside those before. */
function leasesOf(scene: PromisedScene): Lease[] {
  const [a, b] = scene.gpus;
  const free = new Map([
    ['gpu-0', a],
    ['gpu-1', b],
    ['corpus', scene.seats],
  ]);
  const leases: Lease[] = [];
  for (const { pool, department, quantity, minutes, alone } of scene.held) {
    const left = free.get(pool)!;
    const isAlone = alone && pool === 'corpus';
    if (left < quantity || (isAlone && left < scene.seats)) continue;
    free.set(pool, isAlone ? 0 : left - quantity);
    const endsAt = NOW + minutes * MINUTE;
    const lease = aLease(pool, { kind: pool === 'corpus' ? 'dataset' : 'gpu', quantity, endsAt });
    const name = DEPARTMENTS[department]!;
    leases.push({
      ...lease,
      id: `lse_${String(leases.length).padStart(8, '0')}_000` as LeaseId,
      request: `req_${String(800 + leases.length).padStart(26, '0')}` as never,
      department: name as never,
      agent: `agent-${name}` as never,
      allocations: lease.allocations.map((one) => (isAlone ? { ...one, exclusive: true as const } : one)),
    });
  }
  return leases;
}

export function requestsOf({ wishes }: PromisedScene): PendingRequest[] {
  let members = 0;
  return wishes.map(({ department, gpus, corpus, minutes, review, isOverdue, gang }, i) => {
    const name = DEPARTMENTS[department]!;
    const request = aRequest(i + 1)
      .by(`agent-${name}`, name)
      .gpu(gpus)
      .seconds(minutes * 60)
      .submittedAt(isOverdue ? NOW - HOUR : NOW);
    if (corpus === 'shared') request.claim('dataset', 1);
    if (corpus === 'alone') request.claim('dataset', 1, { exclusive: true });
    if (review !== 'none') request.review(1, review === 'any' ? undefined : { to: RUNS_TO });
    if (gang && members < 2) {
      members += 1;
      request.terms({ gang: { id: 'gang-of-two-together', size: 2 } });
    }
    return { ...request.pending(), waitingCodes: ['POOL_FULL' as const] };
  });
}

/** The state after the planning of a tick at NOW. */
export function promisedState(scene: PromisedScene): State {
  const builder = aState(configurationOf(scene)).request(...requestsOf(scene));
  const used = new Map([['reviewers@running', scene.slots.used]]);
  const shares = new Map<string, number>();
  for (const lease of leasesOf(scene)) {
    builder.lease(lease);
    for (const { pool, kind, quantity } of lease.allocations) {
      used.set(pool, (used.get(pool) ?? 0) + quantity);
      shares.set(`${lease.department}/${kind}`, (shares.get(`${lease.department}/${kind}`) ?? 0) + quantity);
    }
  }
  for (const [pool, units] of used) builder.used(pool, units);
  for (const [key, units] of shares) {
    const [department = '', kind = ''] = key.split('/');
    builder.quotaUse(department, kind, units);
  }
  const state = builder.build();
  planReservations(state, { now: NOW, memo: newMemo(), isFreed: false });
  return state;
}
