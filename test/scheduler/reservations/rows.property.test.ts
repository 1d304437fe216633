// Promised starts on instances so small that every plan can be written down: rows and checker, which share nothing, hold the same plans.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode } from '../../../scheduler/decode.ts';
import { type Formulation, formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import type { Plan, State, Window } from '../../../scheduler/index.ts';
import { freesPromised } from '../../../scheduler/reservations/checkpoints.ts';
import { afterPlan, type Snapshot, takeSnapshot } from '../../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import { promisedScene, promisedState } from '../../support/arbitraryPromised.ts';
import { NOW } from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';
import { naiveFeasible } from '../../support/naiveSolver.ts';

const decide = decider();

/** Every choice of one column or none a group. */
function* choices(
  { model }: Pick<Formulation, 'model'>,
  group = 0,
  granted = new Uint8Array(model.columnCount),
): Generator<Uint8Array> {
  if (group === model.groupCount) {
    yield granted;
    return;
  }
  yield* choices({ model }, group + 1, granted);
  for (const [j, own] of model.group.entries()) {
    if (own !== group) continue;
    granted[j] = 1;
    yield* choices({ model }, group + 1, granted);
    granted[j] = 0;
  }
}

/** In its own words: at each promised start, what is held then and what is promised then fit every pool. Datasets alone are alone. */
function keepsPromises(state: State, snapshot: Snapshot, plan: Plan): boolean {
  const granted = new Set<string>(plan.assignments.map(({ request }) => request));
  const promised = snapshot.reservations.filter(({ request }) => !granted.has(request));
  const holds = [
    ...[...state.leases.values()].flatMap(({ allocations, endsAt }) =>
      allocations.map((one) => ({ ...one, startsAt: Number.NEGATIVE_INFINITY, endsAt })),
    ),
    ...plan.assignments.flatMap(({ allocations }) => allocations),
    ...promised.flatMap(({ units, startsAt, endsAt }) => units.map((one) => ({ ...one, startsAt, endsAt }))),
  ];
  /** All that is taken fits, and what starts at an instant has not elapsed by then. A slot is taken when its lease starts, though its window come later. */
  const leavesWindow = (window: Window, at: number): boolean => {
    const ofWindow = ({ units }: { units: readonly { window?: string; quantity: number }[] }): number =>
      units.reduce((sum, one) => sum + (one.window === window.id ? one.quantity : 0), 0);
    const now = plan.assignments.map(({ allocations }) => ({ units: allocations, startsAt: NOW }));
    const taken = [...now, ...promised];
    const starting = taken.filter(({ startsAt }) => Math.max(NOW, startsAt) === at);
    const sum = (of: typeof taken): number => of.reduce((all, one) => all + ofWindow(one), 0);
    const length = window.endsAt - window.startsAt;
    const left = window.endsAt - Math.max(window.startsAt, at);
    const held = snapshot.used.get(`reviewers@${window.id}`) ?? 0;
    return (
      sum(taken) + held <= window.capacity && sum(starting) <= Math.floor((window.capacity * left) / length)
    );
  };
  const starts = [NOW, ...promised.map(({ startsAt }) => startsAt)];
  return starts.every((at) =>
    state.configuration.pools.every(({ id, capacity, calendar = [] }) => {
      if (calendar.length > 0) return calendar.every((window) => leavesWindow(window, at));
      const there = holds.filter(
        ({ pool, startsAt, endsAt }) => pool === id && startsAt <= at && at < endsAt,
      );
      const alone = there.filter(({ exclusive }) => exclusive);
      const units = there.reduce((sum, { quantity }) => sum + quantity, 0);
      return units <= capacity && (alone.length === 0 || there.length === 1);
    }),
  );
}

it('what is promised can be kept, before any plan', () => {
  fc.assert(
    fc.property(promisedScene, (scene) => {
      const state = promisedState(scene);
      const snapshot = takeSnapshot(state, NOW);
      expect(keepsPromises(state, snapshot, { assignments: [], extensions: [] })).toBe(true);
      const holders = new Map(
        snapshot.reservations.map(({ request, department }) => {
          const { gang } = state.requests.get(request)!.request.terms;
          return [gang?.id ?? request, department];
        }),
      );
      expect(new Set(holders.values()).size).toBe(holders.size);
    }),
    { numRuns: 300 },
  );
});

it('the rows of the program hold a plan exactly when the checker does; only who holds a promise may find them narrower', () => {
  let promised = 0;
  fc.assert(
    fc.property(promisedScene, (scene) => {
      const state = promisedState(scene);
      const snapshot = takeSnapshot(state, NOW);
      promised += snapshot.reservations.length;
      const holders = new Set<string>(snapshot.reservations.map(({ request }) => request));
      const formulation = formulate(snapshot, newMemo());
      for (const granted of choices(formulation)) {
        const plan = decode(formulation, { granted }, snapshot);
        const isFeasible = naiveFeasible(formulation.model, granted);
        const isVerified = verifyPlan(snapshot, plan).ok;
        if (isFeasible) {
          expect(isVerified).toBe(true);
          expect(keepsPromises(state, snapshot, plan)).toBe(true);
        } else if (!plan.assignments.some(({ request }) => holders.has(request)))
          expect(isVerified).toBe(false);
      }
    }),
    { numRuns: 800 },
  );
  expect(promised).toBeGreaterThan(50);
});

it('no plan of the solver idles what a request could take, but for promises, which are named, and what the next tick takes', async () => {
  await fc.assert(
    fc.asyncProperty(promisedScene, async (scene) => {
      let snapshot = takeSnapshot(promisedState(scene), NOW);
      for (;;) {
        const { plan, formulation } = await decide(snapshot);
        expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
        const { idle, kept } = workConservation(snapshot, plan);
        for (const { code, requested, available } of kept) {
          expect(['RESERVED', 'DRAINING']).toContain(code);
          expect(requested).toBeGreaterThan(available);
        }
        // The tick asks for another turn when a promised start took other units than were promised: those are free only then.
        if (!freesPromised(snapshot.reservations, plan)) {
          expect(idle.filter(({ request }) => !formulation.leftOut.has(request))).toEqual([]);
          return;
        }
        const granted = new Set(plan.assignments.map(({ request }) => request));
        const requests = snapshot.requests.filter(({ request }) => !granted.has(request.id));
        snapshot = { ...afterPlan(snapshot, plan), requests };
      }
    }),
    { numRuns: 150 },
  );
});
