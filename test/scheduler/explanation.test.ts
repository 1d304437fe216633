// The whole explanation: candidates with what keeps the others out, short rows, holders by sight, who came before.

import { describe, expect, it } from 'vitest';
import {
  explainRequest,
  type HeldRow,
  type HolderSight,
  lookOver,
  type ResourceRequest,
  type State,
  takeSnapshot,
} from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../support/builders.ts';

const ALL: HolderSight = { type: 'all' };
const RESEARCH: HolderSight = { type: 'department', department: 'research' as never };

function explain(state: State, request: ResourceRequest, sight = ALL) {
  const explanation = explainRequest(lookOver(state, takeSnapshot(state, NOW)), request, sight);
  if (explanation === null) throw new Error('it is not open');
  return explanation;
}

const organisation = () =>
  aConfiguration()
    .account('team', 1000)
    .department('research')
    .agent('ada', { accounts: ['team' as never], clearance: 'internal' })
    .agent('bob')
    .department('sales')
    .agent('sam')
    .pool(
      aPool('gpu-a').gpu(8, 'h100').price(100),
      aPool('gpu-b').gpu(2, 'h100').price(10),
      aPool('gpu-c').gpu(8, 'a100'),
      aPool('gpu-d').gpu(8, 'h100').classified('restricted'),
      aPool('legal').review(['later', NOW + HOUR, NOW + 2 * HOUR, 2]),
    );

describe('the candidate table', () => {
  it('lists every pool of the kind with what it has, and why it is no candidate', () => {
    const state = aState(organisation()).used('gpu-a', 6).used('gpu-c', 1).build();
    const { options } = explain(state, aRequest(1).gpu(4, { model: 'h100' }).build());
    const row = (pool: string, fields: object) => ({
      pool,
      window: null,
      rank: null,
      fits: false,
      score: null,
      ...fields,
    });
    expect(options).toEqual([
      {
        option: 0,
        claims: [
          {
            claim: 0,
            kind: 'gpu',
            quantity: 4,
            candidates: [
              row('gpu-a', {
                standing: 'candidate',
                rank: 0,
                capacity: 8,
                used: 6,
                available: 2,
                priceMinor: 100,
                score: expect.objectContaining({ preference: 0, price: 0, total: 0 }),
              }),
              row('gpu-b', { standing: 'size', rank: 0, capacity: 2, used: 0, available: 2, priceMinor: 10 }),
              row('gpu-d', { standing: 'clearance', capacity: 8, used: 0, available: 8, priceMinor: 0 }),
              row('gpu-c', { standing: 'selector', capacity: 8, used: 1, available: 7, priceMinor: 0 }),
            ],
            unlisted: {},
          },
        ],
        rows: [],
      },
    ]);
  });

  it('lists windows one by one, and calls a calendar without one in range closed', () => {
    const state = aState(organisation()).used('legal@later', 1).build();
    const inRange = explain(state, aRequest(1).review(1).build()).options[0]!.claims[0]!.candidates;
    expect(inRange).toMatchObject([
      {
        pool: 'legal',
        window: 'later',
        standing: 'candidate',
        capacity: 2,
        used: 1,
        available: 1,
        fits: true,
      },
    ]);
    const outside = explain(
      state,
      aRequest(1)
        .review(1, { from: NOW + 3 * HOUR })
        .build(),
    );
    expect(outside.options[0]!.claims[0]!.candidates).toMatchObject([{ window: null, standing: 'window' }]);
  });

  it('lists 50 rows and counts the rest by standing', () => {
    const pools = Array.from({ length: 70 }, (_, i) =>
      aPool(`gpu-${i}`)
        .gpu(2, i < 55 ? 'h100' : 'a100')
        .price(i),
    );
    const state = aState(aConfiguration().pool(...pools)).build();
    const table = explain(state, aRequest(1).gpu(1, { model: 'h100' }).build()).options[0]!.claims[0]!;
    expect(table.candidates).toHaveLength(50);
    expect(table.candidates.every(({ standing }) => standing === 'candidate')).toBe(true);
    expect(table.unlisted).toEqual({ candidate: 5, selector: 15 });
  });
});

describe('short rows', () => {
  it('name quota, cohort and account with what is asked, left and held, beside the same reasons as elsewhere', () => {
    const configuration = organisation()
      .quota('research', 'gpu', { nominal: 4, borrow: 4, lend: 4, cohort: 'all' })
      .quota('sales', 'gpu', { nominal: 8, lend: 0, cohort: 'all' });
    const state = aState(configuration)
      .quotaUse('research', 'gpu', 3)
      .account('team/now', { spent: 1000 })
      .build();
    const { options, reasons } = explain(state, aRequest(1).gpu(6, { model: 'h100' }).build());
    expect(options[0]!.rows).toMatchObject([
      { family: 'account', what: 'team/now', available: 0, held: 1000 },
      { family: 'quota', what: 'research/gpu', requested: 6, available: 5, held: 3 },
      { family: 'cohort', what: 'all/gpu', requested: 6, available: 1, held: 3 },
    ]);
    expect(reasons.map(({ code }) => code)).toEqual([
      'BUDGET_EXHAUSTED',
      'QUOTA_EXHAUSTED',
      'COHORT_EXHAUSTED',
    ]);
  });
});

describe('holders', () => {
  const lease = (id: string, fields: object) => aLease('gpu-a', { id: id as never, ...fields });
  const held = () =>
    aState(organisation())
      .used('gpu-a', 8)
      .lease(lease('lse_1', { quantity: 3, endsAt: NOW + HOUR }))
      .lease(lease('lse_2', { quantity: 1, agent: 'bob', endsAt: NOW + MINUTE }))
      .lease(lease('lse_3', { quantity: 4, department: 'sales', agent: 'sam' }))
      .build();
  const asked = aRequest(1).gpu(4, { model: 'h100' }).build();
  const gpuA = (rows: readonly HeldRow[]) => rows.find(({ what }) => what === 'gpu-a');

  it("are named to their own department, soonest to end first; others' are a sum", () => {
    const row = gpuA(explain(held(), asked, RESEARCH).held);
    expect(row).toMatchObject({ family: 'pool', held: 8, heldUnlisted: 0, heldByOthers: 4 });
    expect(row?.holders).toEqual([
      { department: 'research', agent: 'bob', lease: 'lse_2', units: 1, endsAt: NOW + MINUTE },
      { department: 'research', agent: 'ada', lease: 'lse_1', units: 3, endsAt: NOW + HOUR },
    ]);
    expect(JSON.stringify(row)).not.toContain('sam');
  });

  it('are all named to those who may see all', () => {
    const row = gpuA(explain(held(), asked).held);
    expect(row?.holders.map(({ agent, units }) => [agent, units])).toEqual([
      ['bob', 1],
      ['ada', 3],
      ['sam', 4],
    ]);
    expect(row?.heldByOthers).toBe(0);
  });

  it('are 50 at most, and the rest is a sum of its own', () => {
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(60))).used('gpu-a', 60);
    for (let i = 0; i < 60; i += 1) state.lease(lease(`lse_${i}`, { request: `req_${i}` }));
    const [row] = explain(state.build(), aRequest(1).gpu(1).build(), RESEARCH).held;
    expect([row?.holders.length, row?.heldUnlisted, row?.heldByOthers]).toEqual([50, 10, 0]);
  });

  it('of a quota are the leases that count for it, of an account what they reserved', () => {
    const configuration = organisation().quota('research', 'gpu', { nominal: 4 });
    const reservations = [{ account: 'team', period: 'now', amount: 990 }];
    const state = aState(configuration)
      .used('gpu-c', 4)
      .quotaUse('research', 'gpu', 4)
      .account('team/now', { reserved: 990, spent: 10 })
      .lease(aLease('gpu-c', { quantity: 4, reservations: reservations as never }))
      .build();
    const rows = explain(state, aRequest(1).gpu(2, { model: 'h100' }).build(), RESEARCH).held;
    expect(rows).toMatchObject([
      { family: 'account', held: 1000, holders: [{ units: 990 }], heldByOthers: 10 },
      { family: 'quota', held: 4, holders: [{ units: 4 }], heldByOthers: 0 },
    ]);
  });
});

describe('the position', () => {
  it('counts those of the class who came before and claim any of the kinds', () => {
    const state = aState(organisation())
      .request(
        aRequest(1).gpu(1),
        aRequest(2).gpu(1).class('batch'),
        aRequest(3).review(1),
        aRequest(4).review(1).or().gpu(2),
        aRequest(5).gpu(1),
        aRequest(6).gpu(1),
      )
      .build();
    expect(explain(state, aRequest(5).gpu(1).build()).position).toEqual({ class: 'standard', ahead: 2 });
    expect(explain(state, aRequest(7).gpu(1).build()).position.ahead).toBe(4);
  });
});

it('has nothing to say of a request that holds a lease', () => {
  const lease = aLease('gpu-a');
  const state = aState(organisation()).lease(lease).build();
  const request = { ...aRequest(1).gpu(1).build(), id: lease.request };
  expect(explainRequest(lookOver(state, takeSnapshot(state, NOW)), request, ALL)).toBeNull();
});
