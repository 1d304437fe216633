// The newest ticks that a page keeps: what a short reading adds to them, and when it must read all again.
import { expect, it } from 'vitest';
import { laidOver } from '../../../../api/console/data/ticks.ts';

const ticks = (...numbers: number[]) => numbers.map((tick) => ({ tick }));

it('lays what was read over what is known, the newest first, and drops the oldest', () => {
  expect(laidOver(ticks(5, 4, 3), ticks(7, 6, 5), 4)).toEqual(ticks(7, 6, 5, 4));
  expect(laidOver(ticks(5, 4, 3), ticks(7, 6), 9)).toEqual(ticks(7, 6, 5, 4, 3));
  expect(laidOver([], ticks(2, 1), 9)).toEqual(ticks(2, 1));
  // What was read is what counts, also of a tick that was known.
  const newer = [{ tick: 5, took: 2 }];
  expect(laidOver([{ tick: 5, took: 0 }], newer, 9)).toEqual(newer);
});

it('asks for all again where there is a gap, or the numbers begin anew', () => {
  expect(laidOver(ticks(5, 4), ticks(9, 8, 7), 9)).toBeNull();
  expect(laidOver(ticks(5, 4), ticks(2, 1), 9)).toBeNull();
  expect(laidOver(ticks(5, 4), [], 9)).toBeNull();
});
