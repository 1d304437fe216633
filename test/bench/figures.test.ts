// Percentiles, medians and bars: what a figure is when there is little to make it of.
import { describe, expect, it } from 'vitest';
import { bar, mean, median, medianBars, spread } from '../../bench/figures.ts';

describe('a spread', () => {
  it('takes the nearest rank, so that every figure was measured', () => {
    const want = { count: 100, p50: 50, p90: 90, p99: 99, max: 100 };
    expect(spread(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual(want);
  });

  it('of one value is that value', () => {
    expect(spread([3.25])).toEqual({ count: 1, p50: 3.25, p90: 3.25, p99: 3.25, max: 3.25 });
  });

  it('of nothing has no figure', () => {
    expect(spread([])).toEqual({ count: 0, p50: null, p90: null, p99: null, max: null });
    expect(mean([])).toBeNull();
  });

  it('sorts by number', () => {
    expect(spread([9, 10, 100]).p50).toBe(10);
  });
});

describe('a median', () => {
  it.each([
    [[5], 5],
    [[2, 1], 1],
    [[9, 10, 100], 10],
    [[null, 4, null], 4],
    [[null], null],
  ])('of %j is %j', (values, want) => {
    expect(median(values)).toBe(want);
  });
});

describe('a bar', () => {
  it('is cleared at its limit, from its own side', () => {
    expect(bar(60, 'atMost', 60).met).toBe(true);
    expect(bar(60.1, 'atMost', 60).met).toBe(false);
    expect(bar(0.9, 'atLeast', 0.9).met).toBe(true);
    expect(bar(0.89, 'atLeast', 0.9).met).toBe(false);
  });

  it('is cleared by no missing figure', () => {
    expect(bar(null, 'atMost', 60).met).toBe(false);
    expect(bar(null, 'atLeast', 0).met).toBe(false);
  });

  it('over several runs is judged by the median of its values', () => {
    const runs = [10, 500, 20].map((value) => ({ latency: bar(value, 'atMost', 60) }));
    expect(medianBars(runs)).toEqual({ latency: { value: 20, rule: 'atMost', limit: 60, met: true } });
  });
});
