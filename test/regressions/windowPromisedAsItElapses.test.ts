// A slot of a running review window was promised, and all that had not elapsed of the window was open to others too: who was promised it and one
// of the others were planned into one remaining slot, and the tick's own check refused the plan.
// Found by seeds 21464 and 27688 of the simulated cluster.
import { expect, it } from 'vitest';
import { newMemo } from '../../scheduler/formulate/index.ts';
import type { PoolId, StartReservation } from '../../scheduler/index.ts';
import { StartSearch } from '../../scheduler/reservations/search.ts';
import { verifyPlan, workConservation } from '../../scheduler/verify.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();
const ENDS_AT = NOW + 2 * HOUR;
const idOf = (number: number) => aRequest(number).build().id;

/** Two slots for three hours, of which one has not elapsed. */
const cell = () =>
  aState(
    aConfiguration().pool(
      aPool('review').review(['running', NOW - HOUR, ENDS_AT, 2], ['next', ENDS_AT, ENDS_AT + HOUR, 2]),
    ),
  );

function promiseTo(number: number, startsAt: number): StartReservation {
  const { id, department, agent, terms } = aRequest(number).build();
  const slot = { claim: 0, pool: 'review' as PoolId, kind: 'review', window: 'running', quantity: 1 };
  const of = { request: id, department, agent, class: terms.class, option: 0, units: [slot] };
  return { ...of, madeAt: NOW, startsAt, endsAt: ENDS_AT + MINUTE };
}

it('what remains of a window is not handed out beside a promise of it', async () => {
  const snapshot = cell()
    .request(aRequest(1).review(), aRequest(2).review())
    .reserve(promiseTo(2, NOW))
    .snapshot();
  const { plan } = await decide(snapshot);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  const windows = plan.assignments.map(({ request, allocations }) => [request, allocations[0]!.window]);
  expect(windows).toEqual([
    [idOf(1), 'next'],
    [idOf(2), 'running'],
  ]);
});

it('a plan that takes the promised slot for another is refused, and none that leaves it idles', async () => {
  const inTime = { from: NOW - HOUR, to: ENDS_AT };
  const scene = () => cell().request(aRequest(1).review(1, inTime), aRequest(2).review());
  const taken = (await decide(scene().snapshot())).plan;
  const others = { ...taken, assignments: taken.assignments.filter(({ request }) => request === idOf(1)) };
  const snapshot = scene().reserve(promiseTo(2, NOW)).snapshot();
  expect(others.assignments[0]?.allocations[0]?.window).toBe('running');
  expect(verifyPlan(snapshot, others)).toMatchObject({ ok: false, breach: { lhs: 1, rhs: 0 } });
  const { idle, kept } = workConservation(snapshot, { assignments: [], extensions: [] });
  expect(idle.map(({ request }) => request)).toEqual([idOf(2)]);
  expect(kept).toMatchObject([{ request: idOf(1), code: 'RESERVED', requested: 1, available: 0 }]);
});

it('who was to start earlier has its slot by then, and takes nothing of what remains for the next', () => {
  const first = promiseTo(1, NOW + MINUTE);
  const second = promiseTo(2, NOW + 2 * MINUTE);
  const state = cell().request(aRequest(1).review(), aRequest(2).review()).reserve(first, second).build();
  const search = new StartSearch({ state, now: NOW, memo: newMemo() });
  expect(search.standing([second], [first])).not.toBeNull();
  expect(search.standing([second], [promiseTo(1, second.startsAt)])).toBeNull();
});
