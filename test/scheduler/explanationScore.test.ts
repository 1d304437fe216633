// Worth and score in an explanation: the tick's own columns, place by place, told to whoever waits.
import { expect, it } from 'vitest';
import type { Score } from '../../scheduler/explanationScore.ts';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import { explainRequest, lookOver } from '../../scheduler/index.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  HOUR,
  MINUTE,
  NOW,
  nodeSet,
  type RequestBuilder,
  type StateBuilder,
} from '../support/builders.ts';
import { aCrowd } from './formulate/crowd.ts';

const organisation = () =>
  aConfiguration().pool(
    aPool('a').gpu(8, 'a100').price(10),
    aPool('b').gpu(8, 'a100').price(30),
    aPool('h').gpu(8, 'h100').price(20),
    aPool('legal').review(['soon', NOW, NOW + HOUR, 2], ['later', NOW + HOUR, NOW + 2 * HOUR, 2]),
  );

/** Option, pool and window -> score. */
function explained(state: StateBuilder, request: RequestBuilder) {
  const snapshot = state.snapshot();
  const found = explainRequest(lookOver(state.build(), snapshot), request.build(), { type: 'all' });
  if (found === null) throw new Error('it is not open');
  const scores = new Map<string, Score | null>();
  for (const { option, claims } of found.options)
    for (const { claim, candidates } of claims)
      for (const { pool, window, score } of candidates)
        scores.set(`${option}/${claim}/${pool}/${window ?? ''}`, score);
  return { worth: found.worth, scores };
}

const cases: readonly (readonly [string, () => RequestBuilder])[] = [
  ['preferences and prices', () => aRequest(1).gpu(2).prefer('h100')],
  ['options', () => aRequest(1).gpu(2, { model: 'h100' }).or().gpu(4, { model: 'a100' })],
  ['windows', () => aRequest(1).review(1)],
];

it.each(cases)('has of one claim what the columns of the tick have: %s', (_what, asked) => {
  const weight = { id: 'w', selector: { pools: ['b'] }, coefficient: 40 };
  const state = aState(organisation()).weighing(weight).request(asked(), aCrowd());
  const { worth, scores } = explained(state, asked());
  const { model, columns } = formulate(state.snapshot(), newMemo());
  const seen = columns.map((column, j) => {
    if (column.type !== 'request') throw new Error('only one request could start');
    const [choice] = column.choices;
    const score = scores.get(`${column.option}/0/${choice!.place.id}/${choice!.window?.id ?? ''}`)!;
    expect(score.value).toBe(model.objective[j]);
    const { preference, option, lateness, fit, price } = score;
    const total = preference + option + lateness + (fit ?? 0) + price - score.weight;
    expect(total).toBe(score.total);
    // Its own part is whole, so that nothing is scaled.
    expect(worth.total - total).toBe(model.objective[j]);
    return total;
  });
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen).size).toBe(seen.length);
});

it('takes the other claims at their best places', () => {
  const asked = aRequest(1).gpu(2).prefer('h100').review(1);
  const { scores } = explained(aState(organisation()).request(asked), asked);
  const [best, other] = [scores.get('0/0/h/'), scores.get('0/0/a/')];
  expect(best).toMatchObject({ preference: 0, lateness: 0 });
  expect(other).toMatchObject({ preference: 60, lateness: 0 });
  expect(scores.get('0/1/legal/later')).toMatchObject({ preference: 0, lateness: 10 });
});

it('is absent where the place is no candidate, or nothing serves another claim of the option', () => {
  const asked = aRequest(1).gpu(9).or().gpu(1).claim('cpu', 1).or().gpu(1, { model: 'h100' });
  const { scores } = explained(aState(organisation()).request(asked), asked);
  expect([scores.get('0/0/h/'), scores.get('1/0/h/'), scores.get('2/0/a/')]).toEqual([null, null, null]);
  expect(scores.get('2/0/h/')).toMatchObject({ option: 200 });
});

it('says of nodes all but how tightly their seats are cut', () => {
  const node = { id: 'n', gpus: 8, cpuMilli: 64_000, memoryMiB: 8000 };
  const state = aState(aConfiguration().pool(...nodeSet('hall', node)));
  const asked = aRequest(1).bundle({ gpu: 2000, cpu: 4000 });
  const { scores } = explained(state.request(asked), asked);
  const wanted = { fit: null, preference: 0, total: 0 };
  for (const score of scores.values()) expect(score).toMatchObject(wanted);
  expect(scores.size).toBe(2);
});

it('shares what a request is worth among those of its agent, and grows with age', () => {
  const old = NOW - 3 * MINUTE;
  const asked = () => aRequest(1).gpu(4).submittedAt(old);
  const state = aState(organisation()).request(asked(), aRequest(2).gpu(1), aRequest(3).gpu(1).by('bob'));
  const { worth } = explained(state, asked());
  expect(worth).toMatchObject({ alike: 2, own: 500, deadline: 0 });
  expect(worth.ageSixteenths).toBeGreaterThan(16);
  expect(worth.total).toBe(Math.floor(((worth.own + worth.share) * worth.ageSixteenths) / 16));
});
