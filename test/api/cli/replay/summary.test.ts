// The figures of a replay: percentiles of samples, and the lines that people read.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, printSummary, type ReplaySummary } from '../../../../api/cli/replay/summary.ts';

describe('a percentile', () => {
  it('is a value of the sample with at least that share at or below it, and less below it', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(sample, fc.constantFrom(0.01, 0.5, 0.99, 1), (values, share) => {
        const found = percentile(values, share);
        const atOrBelow = values.filter((value) => value <= found).length;
        const below = values.filter((value) => value < found).length;
        expect(values).toContain(found);
        expect(atOrBelow).toBeGreaterThanOrEqual(Math.ceil(share * values.length));
        expect(below).toBeLessThan(Math.ceil(share * values.length));
      }),
    );
  });

  it('of nothing is 0, and the sample keeps its order', () => {
    const sample = [3, 1, 2];
    expect([percentile([], 0.5), percentile(sample, 0.5)]).toEqual([0, 2]);
    expect(sample).toEqual([3, 1, 2]);
  });
});

it('is printed with its units', () => {
  const lines: string[] = [];
  const summary: ReplaySummary = {
    submitted: 100,
    granted: 90,
    denied: 4,
    neverFitting: 2,
    unplaced: 6,
    waitSeconds: { p50: 0.0214, p99: 1.5 },
    submitToDecisionMs: { p50: 18.44, p99: 71 },
    gpuAllocation: { mean: 0.4567, peak: 0.99 },
    largestGap: 0.0123,
    ticks: 321,
    wallSeconds: 12.34,
    speed: 40_000,
    agents: 600,
  };
  printSummary(summary, { out: (line) => void lines.push(line), err: () => {}, progress: () => {} });
  const wantLines = [
    'submitted            100',
    'granted              90',
    'denied               4',
    'never fitting        2',
    'unplaced at the end  6',
    'wait                 p50 0.021 s, p99 1.500 s',
    'submit to decision   p50 18.4 ms, p99 71.0 ms',
    'GPU allocation       mean 45.67 %, peak 99.00 %',
    'largest gap          1.23 % over 321 ticks',
    'took                 12.3 s at 40000 trace seconds a second, 600 agents',
  ];
  expect(lines).toEqual(wantLines);
});
