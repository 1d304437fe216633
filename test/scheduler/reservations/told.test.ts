// What is told of promises and kept of them: why there is none, the tick file that carries them, and a checker that refuses what breaks them.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { explainRequest, lookOver } from '../../../scheduler/explanation.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import type { Assignment, Plan, State } from '../../../scheduler/index.ts';
import { type Snapshot, snapshotDigest, takeSnapshot } from '../../../scheduler/snapshot.ts';
import { modelDigest, parseTickFile, toTickFile } from '../../../scheduler/tickFile.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type RequestBuilder,
} from '../../support/builders.ts';

const LATE = NOW - HOUR;

const organisation = () =>
  aConfiguration()
    .department('alpha')
    .agent('agent-alpha')
    .department('beta')
    .agent('agent-beta')
    .quota('beta', 'gpu', { nominal: 8 })
    .pool(aPool('gpu-a').gpu(8), aPool('seats').license(2));

/** Six of eight are held until an hour from now, by the given department. */
function held(...requests: readonly RequestBuilder[]) {
  const lease = aLease('gpu-a', { quantity: 6, department: 'beta' as never, agent: 'agent-beta' as never });
  return aState(organisation())
    .lease(lease)
    .used('gpu-a', 6)
    .quotaUse('beta', 'gpu', 6)
    .request(...requests);
}

const big = aRequest(1).by('agent-alpha', 'alpha').gpu(8).seconds(600).submittedAt(LATE);
const promise = (startsAt = NOW + HOUR) => {
  const { id: request, department, agent } = big.build();
  const units = [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 8 }];
  const span = { madeAt: NOW, startsAt, endsAt: startsAt + 660_000 };
  return { request, department, agent, class: 'standard', option: 0, units, ...span };
};

describe('a request that waits is told', () => {
  const whyOf = (state: State, number = 1) => {
    const pending = [...state.requests.values()].find(
      ({ request }) => Number(request.id.slice(4)) === number,
    )!;
    const look = lookOver(state, takeSnapshot(state, NOW));
    return explainRequest(look, pending.request, { type: 'all' })!.reservation;
  };

  it('what it is promised', () => {
    expect(whyOf(held(big).reserve(promise()).build())).toEqual({
      startsAt: NOW + HOUR,
      madeAt: NOW,
      why: null,
      dueAt: LATE + 120_000,
    });
  });

  it.each([
    ['notDue', aRequest(1).by('agent-alpha', 'alpha').gpu(8)],
    ['noEnd', aRequest(1).by('agent-alpha', 'alpha').claim('license', 2).submittedAt(LATE)],
    [
      'noStart',
      aRequest(1)
        .by('agent-alpha', 'alpha')
        .gpu(8)
        .submittedAt(LATE)
        .terms({ startBefore: NOW + HOUR }),
    ],
    [
      'gangIncomplete',
      aRequest(1)
        .by('agent-alpha', 'alpha')
        .gpu(8)
        .terms({ gang: { id: 'training-run-0017', size: 2 } }),
    ],
    ['nextTick', big],
  ] as const)('%s, when that is why nothing is', (why, request) => {
    const state = held(request).used('seats', 1).build();
    expect(whyOf(state)).toMatchObject({ startsAt: null, why });
  });

  it('departmentHasOne, when another of its department is promised a start', () => {
    const other = aRequest(2).by('agent-alpha', 'alpha').gpu(4).submittedAt(LATE);
    expect(whyOf(held(big, other).reserve(promise()).build(), 2).why).toBe('departmentHasOne');
  });
});

describe('a tick file', () => {
  const snapshot = (): Snapshot =>
    held(big, aRequest(2).by('agent-beta', 'beta').gpu(2).seconds(7200)).reserve(promise()).snapshot();

  it('carries promises and what leases hold at their starts', () => {
    const parsed = parseTickFile(JSON.parse(JSON.stringify(toTickFile(snapshot()))));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(snapshotDigest(parsed.snapshot, sha256)).toBe(snapshotDigest(snapshot(), sha256));
    const digestOf = (of: Snapshot) => modelDigest(formulate(of, newMemo()).model, sha256);
    expect(digestOf(parsed.snapshot)).toBe(digestOf(snapshot()));
  });

  it('is refused when a start has no checkpoint, or a promise no request', () => {
    const file = JSON.parse(JSON.stringify(toTickFile(snapshot())));
    const pointers = (document: unknown): string[] => {
      const parsed = parseTickFile(document);
      return parsed.ok ? [] : parsed.problems.map(({ pointer }) => pointer);
    };
    expect(pointers({ ...file, checkpoints: [] })).toEqual(['/checkpoints']);
    expect(pointers({ ...file, requests: file.requests.slice(1) })).toEqual(['/reservations/0/request']);
    const [promised] = file.reservations;
    const units = [{ ...promised.units[0], pool: 'nowhere' }];
    expect(pointers({ ...file, reservations: [{ ...promised, units }] })).toEqual([
      '/reservations/0/units/0/pool',
    ]);
  });
});

describe('the checker', () => {
  const asked = aRequest(2).by('agent-beta', 'beta').gpu(2).seconds(7200);

  function planOf(endsAt: number): Plan {
    const allocation = { claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 2, startsAt: NOW, endsAt };
    const assignment: Assignment = {
      request: asked.build().id,
      option: 0,
      allocations: [allocation],
      reservations: [],
      endsAt,
    };
    return { assignments: [assignment], extensions: [] };
  }

  it('refuses a plan that holds promised units at their start, and says where and how many', () => {
    const snapshot = held(big, asked).reserve(promise()).snapshot();
    expect(verifyPlan(snapshot, planOf(NOW + 2 * HOUR))).toEqual({
      ok: false,
      breach: { what: `checkpoint/gpu-a/${NOW + HOUR}`, lhs: 2, rhs: 0 },
    });
  });

  it('takes the same plan when nothing is promised, or what is promised begins after it', () => {
    expect(verifyPlan(held(big, asked).snapshot(), planOf(NOW + 2 * HOUR)).ok).toBe(true);
    const later = held(big, asked)
      .reserve(promise(NOW + 2 * HOUR))
      .snapshot();
    expect(verifyPlan(later, planOf(NOW + 2 * HOUR)).ok).toBe(true);
  });

  it('refuses a plan that takes what is promised for this moment', () => {
    const snapshot = aState(organisation()).request(big, asked).reserve(promise(NOW)).snapshot();
    expect(verifyPlan(snapshot, planOf(NOW + 2 * HOUR))).toEqual({
      ok: false,
      breach: { what: `checkpoint/gpu-a/${NOW}`, lhs: 2, rhs: 0 },
    });
  });

  it('counts a promise in its department’s share', () => {
    const { department, agent } = aRequest(3).by('agent-beta', 'beta').build();
    const own = { ...promise(), request: aRequest(3).build().id, department, agent };
    const units = [{ claim: 0, pool: 'gpu-b' as never, kind: 'gpu', quantity: 8 }];
    const state = aState(
      aConfiguration()
        .department('beta')
        .agent('agent-beta')
        .quota('beta', 'gpu', { nominal: 9 })
        .pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(8)),
    )
      .request(asked, aRequest(3).by('agent-beta', 'beta').gpu(8))
      .reserve({ ...own, units });
    expect(verifyPlan(state.snapshot(), planOf(NOW + 2 * HOUR))).toEqual({
      ok: false,
      breach: { what: `quota@${NOW + HOUR}/beta/gpu`, lhs: 10, rhs: 9 },
    });
  });
});
