// What somebody with a typing error meant.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../api/http/nearest.ts';

describe('the nearest name', () => {
  it.each([
    ['gpus', ['cpu', 'gpu', 'memory'], 'gpu'],
    ['GPU', ['cpu', 'gpu'], 'gpu'],
    ['standrad', ['batch', 'interactive', 'standard'], 'standard'],
    ['x', [], null],
    ['c', ['b', 'a'], 'a'],
  ])('of %j in %j is %j', (name, names, want) => {
    expect(nearest(name, names)).toBe(want);
  });

  it('does not depend on the order of the list', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { minLength: 1 }), (name, names) => {
        expect(nearest(name, names)).toBe(nearest(name, names.toReversed()));
      }),
    );
  });

  it('is the name itself where the list has it', () => {
    const lower = fc.stringMatching(/^[a-z]{1,20}$/);
    fc.assert(
      fc.property(lower, fc.array(lower), (name, others) => {
        expect(nearest(name, [...others, name])).toBe(name);
      }),
    );
  });
});

describe('the distance of two texts', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
  ])('of %j and %j is %d', (a, b, want) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([want, want]);
  });
});
