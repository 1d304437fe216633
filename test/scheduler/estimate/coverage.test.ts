// Estimated starts held against what came: in a queue of hours the interval covers at the rate that it is named after.
import { describe, expect, it } from 'vitest';
import { Estimates } from '../../../scheduler/estimate/estimates.ts';
import { newMemo } from '../../../scheduler/formulate/index.ts';
import type { RequestId } from '../../../scheduler/index.ts';
import { takeSnapshot } from '../../../scheduler/snapshot.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, NOW } from '../../support/builders.ts';
import { aTickRig } from '../support/tickRig.ts';
import { type Arrival, live } from '../support/virtualWorld.ts';

const DEPARTMENTS = ['alpha', 'beta', 'gamma'] as const;

const organisation = () => {
  const builder = aConfiguration().classes(
    { name: 'standard', rank: 0, targetWaitSeconds: 1800, maxDurationSeconds: 604_800 },
    { name: 'batch', rank: 1, targetWaitSeconds: 7200, maxDurationSeconds: 604_800 },
  );
  for (const department of DEPARTMENTS) builder.department(department).agent(`agent-${department}`);
  return builder.pool(aPool('gpu-a').gpu(16), aPool('gpu-b').gpu(8));
};

/** 32 bits of a fixed sequence (Numerical Recipes, 7.1): the same queue in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(((state >>> 8) * below) / 0x1000000);
  };
}

/** Somewhat more than the pools can bear, in waves, so that queues build and drain. Nobody uses exactly what was asked for. */
function arrivals(count: number, seed: number): Arrival[] {
  const draw = sequence(seed);
  let at = NOW;
  return Array.from({ length: count }, (_, i) => {
    const isRush = Math.floor(i / 60) % 2 === 0;
    at += (isRush ? 30_000 : 110_000) + draw(isRush ? 60_000 : 120_000);
    const department = DEPARTMENTS[draw(3)]!;
    const request = aRequest(i + 1)
      .by(`agent-${department}`, department)
      .class(draw(3) === 0 ? 'batch' : 'standard')
      .gpu([1, 2, 2, 4, 8][draw(5)]!)
      .seconds(600 + 60 * draw(40));
    return { at, request, usedPercent: 20 + draw(81) };
  });
}

describe('the interval of an estimate', () => {
  it('covers about eight starts of ten once it has learnt, and says so', async () => {
    const rig = aTickRig(aState(organisation()).build());
    const estimates = new Estimates();
    const first = new Map<RequestId, { p10: number; p90: number; coverage: unknown }>();
    const memo = newMemo();
    let seen = 0;
    const story = await live(rig, arrivals(300, 7), NOW + 100 * HOUR, (now) => {
      for (const commit of rig.commits.slice(seen)) estimates.observe(commit);
      seen = rig.commits.length;
      estimates.refresh(rig.state, takeSnapshot(rig.state, now), memo);
      for (const id of rig.state.requests.keys()) {
        const estimate = estimates.of(id);
        if (estimate?.type === 'estimate' && !first.has(id)) first.set(id, estimate);
      }
    });
    const told = [...first].filter(([id]) => story.grantedAt.has(id) && Number(id.slice(4)) > 200);
    const covered = told.filter(([id, { p10, p90 }]) => {
      const at = story.grantedAt.get(id)!;
      return p10 <= at && at <= p90;
    });
    expect(told.length).toBeGreaterThan(90);
    const percent = Math.round((100 * covered.length) / told.length);
    expect([percent >= 70, percent <= 95, percent]).toEqual([true, true, percent]);
    expect(told.at(-1)![1].coverage).toMatchObject({ covered: expect.any(Number), of: expect.any(Number) });
  });
});
