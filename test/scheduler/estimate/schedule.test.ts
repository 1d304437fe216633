// The list schedule, what it learns from, and when a change is told: by small queues of which the answer is known.
import { describe, expect, it } from 'vitest';
import { Errors } from '../../../scheduler/estimate/errors.ts';
import { Estimates } from '../../../scheduler/estimate/estimates.ts';
import { Quantiles } from '../../../scheduler/estimate/quantiles.ts';
import { Ratios } from '../../../scheduler/estimate/ratios.ts';
import { listSchedule } from '../../../scheduler/estimate/schedule.ts';
import { newMemo } from '../../../scheduler/formulate/index.ts';
import type { Lease, RequestId, State } from '../../../scheduler/index.ts';
import { takeSnapshot } from '../../../scheduler/snapshot.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  MINUTE,
  NOW,
  type RequestBuilder,
  requestIdOf,
} from '../../support/builders.ts';

const eight = () => aConfiguration().pool(aPool('gpu-a').gpu(8), aPool('seats').license(2));

function stateOf(used: number, endsAt: number, ...requests: readonly RequestBuilder[]): State {
  const lease = aLease('gpu-a', { quantity: used, endsAt });
  return aState(eight())
    .used('gpu-a', used)
    .used('seats', 1)
    .lease({ ...lease, grantedAt: NOW })
    .request(...requests)
    .build();
}

/** Minutes from now, or why not, by request number. */
function minutes(state: State, perMille = 1000): Record<number, number | string> {
  const { configuration, used, quotaUse, requests } = takeSnapshot(state, NOW);
  const found = listSchedule({
    configuration,
    now: NOW,
    used,
    quotaUse,
    leases: state.leases.values(),
    reservations: state.reserved,
    waiting: requests,
    memo: newMemo(),
    ratioOf: () => perMille,
  });
  return Object.fromEntries(
    [...found].map(([id, one]) => [
      Number(id.slice(4)),
      one.type === 'start' ? (one.at - NOW) / MINUTE : one.why,
    ]),
  );
}

describe('the list schedule', () => {
  it('starts who comes first as soon as there is room, and who fits beside it', () => {
    const state = stateOf(
      6,
      NOW + HOUR,
      aRequest(1).gpu(4).seconds(1800),
      aRequest(2).gpu(2).seconds(600),
      aRequest(3).gpu(8).seconds(600),
    );
    expect(minutes(state)).toEqual({ 1: 60, 2: 0, 3: 90 });
  });

  it('expects leases to hold the part of their time that they are seen to hold', () => {
    const state = stateOf(8, NOW + HOUR, aRequest(1).gpu(8).seconds(3600), aRequest(2).gpu(8).seconds(600));
    expect(minutes(state, 500)).toEqual({ 1: 30, 2: 60 });
  });

  it('has no start for what no lease gives back, nor for a gang that is not complete', () => {
    const gang = { id: 'training-run-0017', size: 2 };
    const state = stateOf(
      1,
      NOW + HOUR,
      aRequest(1).claim('license', 2),
      aRequest(2).gpu(1).terms({ gang }),
      aRequest(3).gpu(7),
    );
    expect(minutes(state)).toEqual({ 1: 'noEnd', 2: 'gangIncomplete', 3: 0 });
  });

  it('starts a complete gang as a whole', () => {
    const gang = { id: 'training-run-0017', size: 2 };
    const state = stateOf(
      4,
      NOW + HOUR,
      aRequest(1).gpu(4).terms({ gang }),
      aRequest(2).gpu(4).terms({ gang }),
    );
    expect(minutes(state)).toEqual({ 1: 60, 2: 60 });
  });

  it('keeps what is promised from whoever would still hold it then', () => {
    const state = stateOf(
      6,
      NOW + HOUR,
      aRequest(1).gpu(8).seconds(600),
      aRequest(2).gpu(2).seconds(1800),
      aRequest(3).gpu(2).seconds(7200),
    );
    const { id: request, department, agent } = aRequest(1).build();
    const units = [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 8 }];
    const span = { madeAt: NOW, startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR };
    state.reserved.set(request, { request, department, agent, class: 'standard', option: 0, units, ...span });
    expect(minutes(state)).toEqual({ 1: 60, 2: 0, 3: 70 });
  });
});

describe('what is learnt', () => {
  it('is told from so many leases of a pool, before that of all, before that nothing', () => {
    const ratios = new Ratios();
    const end = (pool: string, part: number): void =>
      ratios.note({ ...aLease(pool), grantedAt: 0 }, 1000, 1000 * part);
    expect(ratios.of('gpu-a' as never, 50)).toBe(1000);
    for (let i = 0; i < 16; i++) end('gpu-a', 0.21);
    expect(ratios.of('gpu-a' as never, 50)).toBe(250);
    expect(ratios.of('gpu-b' as never, 50)).toBe(250);
    for (let i = 0; i < 16; i++) end('gpu-b', 0.91);
    expect(ratios.of('gpu-b' as never, 90)).toBe(950);
    expect(ratios.of('gpu-a' as never, 90)).toBe(250);
  });

  it('fades, so that the newest count most', () => {
    const quantiles = new Quantiles();
    for (let i = 0; i < 1000; i++) quantiles.add(100);
    for (let i = 0; i < 1000; i++) quantiles.add(2000);
    expect(quantiles.above(50)).toBe(2500);
    expect(quantiles.total).toBeLessThan(1024);
  });

  it('corrects by class and pool, and tells how many intervals held', () => {
    const errors = new Errors();
    const key = { class: 'standard', pool: 'gpu-a' };
    const given = { p10: 100_000, p50: 100_000, p90: 100_000 };
    expect(errors.corrected(key, 0, given)).toEqual(given);
    expect(errors.coverage(key)).toBeNull();
    for (let i = 0; i < 20; i++) {
      const startedAt = i < 10 ? 150_000 : 310_000;
      errors.note(key, { at: 0, uncorrected: 100_000, interval: { ...given, p90: 200_000 } }, startedAt);
    }
    expect(errors.coverage(key)).toEqual({ covered: 10, of: 20 });
    expect(errors.corrected(key, 0, given)).toEqual({ p10: 140_000, p50: 160_000, p90: 400_000 });
    expect(errors.coverage({ class: 'batch', pool: 'gpu-a' })).toEqual({ covered: 10, of: 20 });
  });
});

describe('what is told', () => {
  const id: RequestId = requestIdOf(1);
  const told = (estimates: Estimates, state: State, now: number) => {
    estimates.refresh(state, takeSnapshot(state, now), newMemo());
    const estimate = estimates.of(id);
    return estimate?.type === 'estimate' ? (estimate.p50 - NOW) / MINUTE : estimate;
  };
  const withEnd = (state: State, endsAt: number): State => {
    const [lease] = state.leases.values() as IterableIterator<Lease>;
    state.leases.set(lease!.id, { ...lease!, endsAt });
    return state;
  };

  it('changes only by more than a fifth of the wait that is left', () => {
    const estimates = new Estimates();
    const state = stateOf(8, NOW + 100 * MINUTE, aRequest(1).gpu(8));
    expect(told(estimates, state, NOW)).toBe(100);
    expect(told(estimates, withEnd(state, NOW + 119 * MINUTE), NOW)).toBe(100);
    expect(told(estimates, withEnd(state, NOW + 121 * MINUTE), NOW)).toBe(121);
  });

  it('is no later than what is promised', () => {
    const state = stateOf(8, NOW + 100 * MINUTE, aRequest(1).gpu(8));
    const { department, agent } = aRequest(1).build();
    const span = { madeAt: NOW, startsAt: NOW + 50 * MINUTE, endsAt: NOW + HOUR };
    state.reserved.set(id, {
      request: id,
      department,
      agent,
      class: 'standard',
      option: 0,
      units: [],
      ...span,
    });
    expect(told(new Estimates(), state, NOW)).toBe(50);
  });

  it('is nothing of who does not wait', () => {
    const state = stateOf(8, NOW + HOUR);
    expect(told(new Estimates(), state, NOW)).toBeNull();
  });
});
