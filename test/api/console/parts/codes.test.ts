// Every code that an explanation may carry has words on the page.
import { expect, it } from 'vitest';
import {
  NO_ESTIMATE_WORDS,
  NO_PROMISE_WORDS,
  STANDING_WORDS,
  said,
} from '../../../../api/console/parts/codes.ts';
import { ACTOR_WORDS } from '../../../../api/states.ts';
import { NO_ESTIMATE, NO_PROMISE, REASON_GUIDE, STANDINGS } from '../../../../scheduler/index.ts';

it.each([
  ['standings', STANDINGS, STANDING_WORDS],
  ['no promise', NO_PROMISE, NO_PROMISE_WORDS],
  ['no estimate', NO_ESTIMATE, NO_ESTIMATE_WORDS],
  ['actors', Object.values(REASON_GUIDE).map(({ actor }) => actor), ACTOR_WORDS],
])('%s', (_what, codes, words) => {
  expect(codes.filter((code) => !Object.hasOwn(words, code))).toEqual([]);
  expect(said(words, 'of-a-newer-server')).toBe('of-a-newer-server');
});
