// Windows of calendar pools: which a claim may take, and what is left of one that runs.
import { describe, expect, it } from 'vitest';
import { freeInWindow, remainingUnits } from '../../../scheduler/formulate/windows.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, NOW } from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();
const reviewers = aPool('legal').review(
  ['past', NOW - 2 * HOUR, NOW - HOUR, 9],
  ['running', NOW - HOUR, NOW + 2 * HOUR, 6],
  ['tomorrow', NOW + 24 * HOUR, NOW + 27 * HOUR, 6],
);
const configuration = aConfiguration().pool(reviewers, aPool('gpu-a').gpu(8)).build();
const legal = configuration.pools[0]!;
const running = legal.calendar![1]!;

describe('a running window', () => {
  it.each([
    [NOW - HOUR, 6],
    [NOW, 4],
    [NOW + HOUR, 2],
    [NOW + HOUR + 1, 1],
    [NOW + 2 * HOUR, 0],
  ])('at %i has %i of its six units remaining', (at, wantUnits) => {
    expect(remainingUnits(running, at)).toBe(wantUnits);
  });

  it('is free up to what is neither held nor elapsed', () => {
    expect(freeInWindow(running, NOW, 1)).toBe(4);
    expect(freeInWindow(running, NOW, 3)).toBe(3);
    expect(freeInWindow(running, NOW, 8)).toBe(0);
  });
});

describe('a claim on a calendar pool', () => {
  const granted = async (request: ReturnType<typeof aRequest>, used = 0) => {
    const snapshot = aState(configuration).used('legal@running', used).request(request).snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    return plan.assignments[0];
  };

  it('starts now in a running window and ends with it', async () => {
    const assignment = await granted(aRequest(1).review());
    expect(assignment?.allocations[0]).toMatchObject({
      window: 'running',
      startsAt: NOW,
      endsAt: NOW + 2 * HOUR,
    });
    expect(assignment?.endsAt).toBe(NOW + 2 * HOUR);
  });

  it('starts with a later window when the earlier has no room', async () => {
    const assignment = await granted(aRequest(1).review(5));
    expect(assignment?.allocations[0]).toMatchObject({
      window: 'tomorrow',
      startsAt: NOW + 24 * HOUR,
      endsAt: NOW + 27 * HOUR,
    });
  });

  it('takes only windows inside the asked range', async () => {
    const assignment = await granted(aRequest(1).review(1, { from: NOW + HOUR, to: NOW + 27 * HOUR }));
    expect(assignment?.allocations[0]?.window).toBe('tomorrow');
    expect(await granted(aRequest(1).review(1, { from: NOW + HOUR, to: NOW + 26 * HOUR }))).toBeUndefined();
  });

  it('takes no window that ends after the deadline or starts after the start limit', async () => {
    expect(
      await granted(
        aRequest(1)
          .review(5)
          .terms({ deadline: NOW + 26 * HOUR }),
      ),
    ).toBeUndefined();
    expect(
      await granted(
        aRequest(1)
          .review(5)
          .terms({ startBefore: NOW + 24 * HOUR }),
      ),
    ).toBeUndefined();
  });

  it('holds what else is claimed with it until its window ends', async () => {
    const assignment = await granted(aRequest(1).gpu(2).review().seconds(600));
    expect(assignment?.endsAt).toBe(NOW + 2 * HOUR);
    expect(assignment?.allocations.map(({ endsAt }) => endsAt)).toEqual([NOW + 2 * HOUR, NOW + 2 * HOUR]);
  });

  it('is in no column when only a past window would serve it', async () => {
    const snapshot = aState(configuration)
      .request(aRequest(1).review(1, { to: NOW }))
      .snapshot();
    const { formulation } = await decide(snapshot);
    const wantReason = { code: 'NO_WINDOW', option: 0, claim: 0, kind: 'review' };
    expect([...formulation.dropped.values()]).toEqual([[wantReason]]);
  });
});
