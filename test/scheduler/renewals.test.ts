// Work without a known end: slices that the scheduler renews while accounts pay, once each, and a clean end when they do not.
import { describe, expect, it } from 'vitest';
import { missedDeadlines } from '../../scheduler/fairness.ts';
import { type AccountId, admit, type LeaseId, type State, takeSnapshot } from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig } from './support/tickRig.ts';

const SLICE = 15 * MINUTE;
const periods = (budget: number) => [
  { id: 'now', startsAt: NOW - 60 * MINUTE, endsAt: NOW + 999 * MINUTE, budget },
];

/** A slice of a GPU at 60 an hour costs 15; granted now, with 15 of the budget reserved. */
function holding(budget: number, terms: Parameters<ReturnType<typeof aRequest>['terms']>[0] = {}): State {
  const configuration = aConfiguration()
    .account('team', 0, { periods: periods(budget) })
    .agent('ada', { accounts: ['team' as never] })
    .terms({ heartbeatTimeoutSeconds: 100_000 })
    .pool(aPool('gpu-a').gpu(4).price(60));
  const endsAt = NOW + SLICE;
  const lease = aLease('gpu-a', {
    id: 'lse_open' as LeaseId,
    endsAt,
    grantedAt: NOW,
    activatedAt: NOW,
    reservations: [{ account: 'team' as AccountId, period: 'now', amount: 15 }],
  });
  return aState(configuration)
    .holds(
      { ...lease, allocations: lease.allocations.map((one) => ({ ...one, startsAt: NOW, endsAt })) },
      aRequest(900)
        .gpu(1)
        .seconds(900)
        .terms({ openEnded: true, ...terms }),
    )
    .account('team/now', { reserved: 15 })
    .build();
}

const endOf = (state: State) => state.leases.get('lse_open' as LeaseId)?.endsAt;

/** A tick a minute; what was decided of extensions, by minute. */
async function run(state: State, minutes: number): Promise<Record<number, string>> {
  const rig = aTickRig(state);
  const decided: Record<number, string> = {};
  for (let minute = 0; minute <= minutes; minute++) {
    const result = await rig.tick({ now: NOW + minute * MINUTE });
    for (const change of result.type === 'committed' ? result.commit.changes : []) {
      if (change.type === 'extensionDecided') decided[minute] = change.outcome;
      if (change.type === 'leaseEnded') decided[minute] = `${change.end} ${change.cause}`;
    }
  }
  return decided;
}

describe('a lease without a known end', () => {
  it('is renewed by a slice when a third of it is left, and pays for each', async () => {
    const state = holding(1000);
    expect(await run(state, 30)).toEqual({ 10: 'granted', 25: 'granted' });
    expect(endOf(state)).toBe(NOW + 3 * SLICE);
    expect(state.accounts.get('team/now')).toEqual({ reserved: 45, spent: 0 });
  });

  it('ends with the slice that its account could not renew: told once, five minutes before', async () => {
    expect(await run(holding(44), 40)).toEqual({ 10: 'granted', 25: 'denied', 30: 'expired duration' });
  });

  it('goes no further than its deadline', async () => {
    const deadline = NOW + 2 * SLICE + MINUTE;
    expect(await run(holding(1000, { deadline }), 40)).toEqual({ 10: 'granted', 30: 'expired duration' });
  });

  it('is renewed by the first tick after a pause that did not outlast it', async () => {
    const state = holding(1000);
    const rig = aTickRig(state);
    await rig.tick({ now: NOW });
    await rig.tick({ now: NOW + 14 * MINUTE });
    expect(endOf(state)).toBe(NOW + 2 * SLICE);
  });
});

it('a request without a known end asks for slices, not for hours', () => {
  const configuration = aConfiguration().pool(aPool('gpu-a').gpu(4)).build();
  const asked = (seconds: number) =>
    admit(configuration, aRequest(1).gpu(1).seconds(seconds).terms({ openEnded: true }).build());
  expect(asked(900).ok).toBe(true);
  expect(asked(901)).toMatchObject({
    ok: false,
    refusal: { code: 'TIME_RANGE', pointer: '/terms/durationSeconds' },
  });
});

it('an agent asks for a class that it is entitled to', () => {
  const configuration = aConfiguration()
    .agent('ada', { classes: ['batch'] })
    .pool(aPool('gpu-a').gpu(4))
    .build();
  expect(admit(configuration, aRequest(1).gpu(1).class('batch').build()).ok).toBe(true);
  expect(admit(configuration, aRequest(1).gpu(1).class('critical').build())).toMatchObject({
    ok: false,
    refusal: { code: 'UNKNOWN_CLASS', pointer: '/terms/class', allowed: ['batch'] },
  });
});

describe('a deadline that its lease outlasts', () => {
  const extended = async (deadline: number) => {
    const state = holding(1000, { deadline });
    const [lease] = state.leases.values();
    const { id, department, agent } = lease!;
    const extension = {
      id: 'ext_1' as never,
      lease: id,
      department,
      agent,
      seconds: 600,
      sequence: 1_000_000,
    };
    state.extensions.set(extension.id, extension);
    await aTickRig(state).tick();
    expect(endOf(state)).toBe(NOW + SLICE + 10 * MINUTE);
    return state;
  };

  it('is held against its agent, and forgotten after a half-life', async () => {
    const state = await extended(NOW + SLICE);
    expect(takeSnapshot(state, NOW).missedDeadlines).toEqual(new Map([['ada', 1]]));
    const week = 7 * 24 * 60 * MINUTE;
    const rig = aTickRig(state);
    await rig.tick({ now: NOW + 0.9 * week });
    expect(missedDeadlines(state.pastUse)).toEqual(new Map([['ada', 1]]));
    await rig.tick({ now: NOW + 1.1 * week });
    expect(missedDeadlines(state.pastUse)).toEqual(new Map());
  });

  it('is not, when it is met all the same', async () => {
    const state = await extended(NOW + SLICE + 10 * MINUTE);
    expect(takeSnapshot(state, NOW).missedDeadlines).toBeUndefined();
  });
});
