// The queue against a list that is sorted each time.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from '../../../scheduler/domain/dueQueue.ts';

it('tells the earliest instant and a key of it, whatever was added, moved and taken out', () => {
  const step = fc.record({ key: fc.nat(12), at: fc.nat(20), out: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new DueQueue<number>();
      const naive = new Map<number, number>();
      for (const { key, at, out } of steps) {
        if (out === 0) expect(queue.delete(key)).toBe(naive.delete(key));
        else {
          queue.set(key, at);
          naive.set(key, at);
        }
        const first = naive.size === 0 ? undefined : Math.min(...naive.values());
        expect(queue.size).toBe(naive.size);
        expect(queue.firstAt).toBe(first);
        if (first === undefined) expect(queue.firstBy(Number.POSITIVE_INFINITY)).toBeUndefined();
        else {
          expect(queue.firstBy(first - 1)).toBeUndefined();
          expect(naive.get(queue.firstBy(first)!)).toBe(first);
        }
      }
    }),
    { numRuns: 500 },
  );
});
