// Lines of use over time: by kind, by pool, with gaps where nothing was read.
import { expect, it } from 'vitest';
import { linesOf, timesOf } from '../../../../api/console/data/history.ts';

const use = {
  everySeconds: 10,
  at: ['2026-11-27T01:00:00.000Z', '2026-11-27T01:00:10.000Z'],
  pools: [
    { id: 'a', kind: 'gpu', capacity: 10, used: [5, 10] },
    { id: 'b', kind: 'gpu', capacity: 30, used: [null, 10] },
    { id: 'c', kind: 'cpu', capacity: 100, used: [null, 1] },
    { id: 'd', kind: 'review', capacity: 0, used: [0, 0] },
  ],
};

it('draws a line a kind, the highest first', () => {
  expect(linesOf(use, '', 6)).toEqual([
    { label: 'gpu', values: [50, 50] },
    { label: 'cpu', values: [null, 1] },
  ]);
  expect(linesOf(use, '', 1)).toHaveLength(1);
  expect(timesOf(use)).toEqual([1_795_741_200, 1_795_741_210]);
});

it('draws a line a pool of a kind', () => {
  expect(linesOf(use, 'gpu', 6)).toEqual([
    { label: 'a', values: [50, 100] },
    { label: 'b', values: [null, (100 * 10) / 30] },
  ]);
  expect(linesOf(use, 'none', 6)).toEqual([]);
});
