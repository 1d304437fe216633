// Quota and cohort rows: the example of mathematics.md section 2, and what a broken row means.
import { describe, expect, it } from 'vitest';
import { explainer } from '../../../scheduler/explain.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();

/** A, B and C at ten each; A and B lend nothing; C may borrow ten. */
function abc(lend: { a?: number; b?: number; c?: number } = {}): ConfigurationBuilder {
  const builder = aConfiguration().pool(aPool('gpu-a').gpu(30));
  for (const [id, share] of Object.entries({
    a: { lend: lend.a ?? 0, borrow: 0 },
    b: { lend: lend.b ?? 0, borrow: 0 },
    c: { lend: lend.c ?? 0, borrow: 10 },
  })) {
    builder.department(id).agent(`agent-${id}`);
    builder.quota(id, 'gpu', { nominal: 10, ...share, cohort: 'all' });
  }
  return builder;
}

const ones = (department: string, count: number, from: number) =>
  Array.from({ length: count }, (_, i) =>
    aRequest(from + i)
      .by(`agent-${department}`, department)
      .gpu(1),
  );

async function grantedTo(state: ReturnType<typeof aState>): Promise<Record<string, number>> {
  const snapshot = state.snapshot();
  const { plan } = await decide(snapshot);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  const departments = new Map(snapshot.requests.map(({ request }) => [request.id, request.department]));
  const granted: Record<string, number> = {};
  for (const { request, allocations } of plan.assignments) {
    const department = departments.get(request)!;
    granted[department] =
      (granted[department] ?? 0) + allocations.reduce((sum, { quantity }) => sum + quantity, 0);
  }
  return granted;
}

describe('a cohort', () => {
  it('gives C ten only, when A and B lend nothing', async () => {
    expect(await grantedTo(aState(abc()).request(...ones('c', 20, 1)))).toEqual({ c: 10 });
  });

  it('still gives A its own ten when C holds all it may', async () => {
    expect(
      await grantedTo(
        aState(abc())
          .quotaUse('c', 'gpu', 10)
          .used('gpu-a', 10)
          .request(...ones('a', 12, 1)),
      ),
    ).toEqual({ a: 10 });
  });

  it('lends C what the others may lend, and no more', async () => {
    expect(await grantedTo(aState(abc({ a: 4, b: 3 })).request(...ones('c', 20, 1)))).toEqual({ c: 17 });
  });

  it('keeps the guarantee of a lender in the same tick', async () => {
    const state = aState(abc({ a: 4, b: 0 })).request(...ones('c', 20, 1), ...ones('a', 10, 100));
    const granted = await grantedTo(state);
    expect(granted.a).toBeGreaterThanOrEqual(6);
    expect(granted.a! + granted.c!).toBe(20);
  });

  it('that is overdrawn lets nobody grow beyond the guarantee, but everybody up to it', async () => {
    const state = aState(abc({ a: 2 }))
      .quotaUse('c', 'gpu', 15)
      .used('gpu-a', 15)
      .request(...ones('c', 2, 1), ...ones('a', 12, 10));
    expect(await grantedTo(state)).toEqual({ a: 8 });
  });
});

describe('a cohort within a cohort', () => {
  /** A and B lend each other all; C stands beside them, lends four and may borrow. Ten each. */
  const nested = (inner: { lend?: number; borrow?: number }) => {
    const builder = aConfiguration().pool(aPool('gpu-a').gpu(30)).cohort('ab', 'all', inner);
    for (const [id, share] of Object.entries({
      a: { lend: 10, borrow: 20, cohort: 'ab' },
      b: { lend: 10, borrow: 20, cohort: 'ab' },
      c: { lend: 4, borrow: 20, cohort: 'all' },
    })) {
      builder.department(id).agent(`agent-${id}`);
      builder.quota(id, 'gpu', { nominal: 10, ...share });
    }
    return builder;
  };

  it('lends within itself what its own lend, and beyond itself nothing that it does not say', async () => {
    expect(await grantedTo(aState(nested({})).request(...ones('a', 30, 1)))).toEqual({ a: 20 });
    expect(await grantedTo(aState(nested({})).request(...ones('c', 30, 1)))).toEqual({ c: 10 });
  });

  it('lends to those beside it up to its limit, whoever of its own is idle', async () => {
    expect(await grantedTo(aState(nested({ lend: 7 })).request(...ones('c', 30, 1)))).toEqual({ c: 17 });
    const state = aState(nested({ lend: 7 }))
      .quotaUse('b', 'gpu', 8)
      .used('gpu-a', 8);
    expect(await grantedTo(state.request(...ones('c', 30, 1)))).toEqual({ c: 17 });
  });

  it('borrows of those beside it up to its limit and theirs', async () => {
    expect(await grantedTo(aState(nested({ borrow: 3 })).request(...ones('a', 30, 1)))).toEqual({ a: 23 });
    expect(await grantedTo(aState(nested({ borrow: 9 })).request(...ones('a', 30, 1)))).toEqual({ a: 24 });
  });

  it('keeps for its own what it does not lend, when one beside it holds all it may', async () => {
    const state = aState(nested({ lend: 7 }))
      .quotaUse('c', 'gpu', 17)
      .used('gpu-a', 17);
    expect(await grantedTo(state.request(...ones('a', 30, 1)))).toEqual({ a: 13 });
  });

  it('that lends nothing, like the third, keeps two departments and a cohort to their own', async () => {
    const state = aState(nested({})).request(...ones('a', 30, 1), ...ones('c', 30, 100));
    expect(await grantedTo(state)).toEqual({ a: 20, c: 10 });
  });

  it('that is overdrawn above still serves its own within what it keeps', async () => {
    // C was lent seven, and the limit was cut to two since.
    const state = aState(nested({ lend: 2 }))
      .quotaUse('c', 'gpu', 17)
      .used('gpu-a', 17);
    expect(await grantedTo(state.request(...ones('a', 30, 1), ...ones('c', 3, 100)))).toEqual({ a: 13 });
  });

  it('names the cohort that is short, with what it has lent', async () => {
    const snapshot = aState(nested({ lend: 7 }))
      .quotaUse('c', 'gpu', 15)
      .used('gpu-a', 15)
      .request(aRequest(1).by('agent-c', 'c').gpu(4))
      .snapshot();
    expect(explainer(snapshot).reasons(snapshot.requests[0]!)).toEqual([
      {
        code: 'COHORT_EXHAUSTED',
        option: 0,
        kind: 'gpu',
        short: [{ what: 'all/gpu', requested: 4, available: 2, held: 9 }],
      },
    ]);
  });
});

describe('a quota', () => {
  it('is nominal plus borrowing limit less what is held', async () => {
    const builder = aConfiguration()
      .pool(aPool('gpu-a').gpu(30))
      .quota('research', 'gpu', { nominal: 5, borrow: 2 });
    const state = aState(builder)
      .quotaUse('research', 'gpu', 3)
      .request(aRequest(1).gpu(3), aRequest(2).gpu(2), aRequest(3).gpu(2));
    expect(await grantedTo(state)).toEqual({ research: 4 });
  });

  it('that was cut below its use takes the department out of the tick for that kind only', async () => {
    const builder = aConfiguration()
      .pool(aPool('gpu-a').gpu(30), aPool('cpu-a').cpu(8))
      .quota('research', 'gpu', { nominal: 5 });
    const state = aState(builder)
      .quotaUse('research', 'gpu', 9)
      .request(aRequest(1).gpu(1), aRequest(2).cpu(3));
    expect(await grantedTo(state)).toEqual({ research: 3 });
  });

  it('counts renewable units only', async () => {
    const builder = aConfiguration()
      .pool(aPool('licences').license(9))
      .quota('research', 'license', { nominal: 0 });
    expect(await grantedTo(aState(builder).request(aRequest(1).claim('license', 2)))).toEqual({
      research: 2,
    });
  });

  it('that refuses the options tried first leaves room for one that was left out', async () => {
    const builder = aConfiguration().quota('research', 'gpu', { nominal: 0 }).pool(aPool('cpu-a').cpu(3));
    for (let i = 0; i < 20; i++) builder.pool(aPool(`gpu-${i}`).gpu(8));
    const request = aRequest(1);
    for (let option = 1; option <= 7; option++) request.gpu(option).or();
    expect(await grantedTo(aState(builder).request(request.cpu(3)))).toEqual({ research: 3 });
  });

  it('leaves a department without one unlimited', async () => {
    const builder = abc().department('d').agent('agent-d');
    expect(await grantedTo(aState(builder).request(...ones('d', 25, 1)))).toEqual({ d: 25 });
  });
});
