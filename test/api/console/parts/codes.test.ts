// Every code that an explanation may carry has words on the page.
import { expect, it } from 'vitest';
import {
  HOLD_SECONDS,
  NO_ESTIMATE_WORDS,
  NO_PROMISE_WORDS,
  SCORE_WORDS,
  STANDING_WORDS,
  said,
} from '../../../../api/console/parts/codes.ts';
import { ACTOR_WORDS } from '../../../../api/states.ts';
import { penaltyPartsOf } from '../../../../scheduler/formulate/objective.ts';
import { HOLD_MS, NO_ESTIMATE, NO_PROMISE, REASON_GUIDE, STANDINGS } from '../../../../scheduler/index.ts';

const SPOTLESS = {
  ...{ ranks: 0, option: 0, windowsSkipped: 0, looseness: 0 },
  ...{ cost: 0, leastCost: 0, mostCost: 0 },
};

it.each([
  ['standings', STANDINGS, STANDING_WORDS],
  ['score', Object.keys(penaltyPartsOf(SPOTLESS)), SCORE_WORDS],
  ['no promise', NO_PROMISE, NO_PROMISE_WORDS],
  ['no estimate', NO_ESTIMATE, NO_ESTIMATE_WORDS],
  ['actors', Object.values(REASON_GUIDE).map(({ actor }) => actor), ACTOR_WORDS],
])('%s', (_what, codes, words) => {
  expect(codes.filter((code) => !Object.hasOwn(words, code))).toEqual([]);
  expect(said(words, 'of-a-newer-server')).toBe('of-a-newer-server');
});

it('says of a hold how long the scheduler keeps it', () => {
  expect(HOLD_SECONDS * 1000).toBe(HOLD_MS);
});
