// What the page of simulations asks for, and how it lays results side by side.
import { describe, expect, it } from 'vitest';
import {
  ASKED,
  bodyOf,
  type Comparison,
  comparisonOf,
  faultOf,
  kindsOf,
  saidOf,
  sideBySide,
} from '../../../../api/console/data/simulations.ts';

const result = (scheduler: string, wait: number, plusMinus?: number): Comparison => ({
  schedulers: [
    {
      scheduler,
      runs: 3,
      figures: {
        waitMeanSeconds: { mean: wait, ...(plusMinus !== undefined && { plusMinus }) },
        utilisation: { mean: wait / 1000 },
      },
    },
  ],
});

describe('results side by side', () => {
  it('say against the first whether a figure is better, and how much', () => {
    const { columns, rows } = sideBySide([
      { job: 'job_a', comparison: result('fcfs', 200) },
      { job: 'job_b', comparison: result('annona', 150) },
    ]);
    expect(columns.map(({ job, scheduler }) => [job, scheduler])).toEqual([
      ['job_a', 'fcfs'],
      ['job_b', 'annona'],
    ]);
    const [wait, use] = rows;
    expect(rows).toHaveLength(2);
    expect(wait?.cells[0]).toMatchObject({ mean: 200, change: null });
    expect(wait?.cells[1]).toMatchObject({ change: expect.closeTo(-0.25), verdict: 'better' });
    // The same change of what there should be more of is a loss.
    expect(use?.cells[1]).toMatchObject({ change: expect.closeTo(-0.25), verdict: 'worse' });
  });

  it('call two figures the same where their intervals meet', () => {
    const { rows } = sideBySide([
      { job: 'a', comparison: result('fcfs', 200, 30) },
      { job: 'b', comparison: result('annona', 150, 30) },
    ]);
    expect(rows[0]?.cells[1]?.verdict).toBe('same');
  });

  it('leave a hole where a result has no such figure', () => {
    const bare: Comparison = { schedulers: [{ scheduler: 'easy', runs: 1, figures: {} }] };
    const { rows } = sideBySide([
      { job: 'a', comparison: bare },
      { job: 'b', comparison: result('annona', 0) },
    ]);
    expect(rows.map(({ cells }) => cells[0])).toEqual([null, null]);
    expect(rows[0]?.cells[1]).toMatchObject({ mean: 0, change: null });
  });

  it('take a result that has none for what it is', () => {
    for (const other of [null, 'text', 7, {}, { schedulers: 'none' }, { schedulers: [{}] }])
      expect(comparisonOf(other)).toBeNull();
    expect(comparisonOf({ comparison: result('fcfs', 1) })?.schedulers).toHaveLength(1);
  });
});

describe('what is asked for', () => {
  it('is told in one line, whatever stands in it', () => {
    const input = { runner: 'scenario', input: bodyOf({ ...ASKED, workload: 'history', hours: '6' }, null) };
    expect(saidOf({ input })).toBe('the last 6 h of this server under fcfs, annona, 3 seeds');
    expect(saidOf({ input: { runner: '<b>' } })).toBe('<b>');
  });

  it('is checked before it is sent', () => {
    const asked = { ...ASKED, kind: 'gpu' };
    expect(faultOf(asked)).toBeNull();
    for (const change of [
      { requests: '0' },
      { requests: '1.5' },
      { seeds: '11' },
      { schedulers: [] },
      { kind: '' },
    ])
      expect(faultOf({ ...asked, ...change })).not.toBeNull();
    expect(faultOf({ ...ASKED, workload: 'history', hours: 'x' })).not.toBeNull();
    expect(faultOf({ ...asked, hours: 'x' })).toBeNull();
  });

  it('asks for nearly as much of a kind as its pools give back, and for nothing that no pool could hold', () => {
    const pool = (kind: string, capacity: number, consumable = false) => ({ kind, capacity, consumable });
    const pools = [
      pool('cpu', 640),
      pool('gpu', 8),
      pool('gpu', 24),
      pool('agent', 9),
      pool('review', 4, true),
    ];
    const [gpu, cpu, ...rest] = kindsOf(pools);
    expect([gpu, rest]).toEqual([{ kind: 'gpu', capacity: 32, largest: 24 }, []]);
    for (const kind of [gpu!, cpu!]) {
      const { workload } = bodyOf({ ...ASKED, kind: kind.kind }, kind) as {
        workload: { generate: { mix: Mixed[]; meanMillisecondsBetween: number } };
      };
      const { mix, meanMillisecondsBetween } = workload.generate;
      const sizes = mix.map(({ claims }) => claims[kind.kind] ?? 0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(kind.largest);
      const asked = mix.reduce((sum, { weight, runSeconds: { least, most } }, at) => {
        return sum + (weight * sizes[at]! * (least + most)) / 2;
      }, 0);
      const load = (1000 * asked) / 10 / meanMillisecondsBetween / kind.capacity;
      expect(load).toBeCloseTo(0.95, 2);
    }
  });
});

interface Mixed {
  readonly weight: number;
  readonly claims: Readonly<Record<string, number>>;
  readonly runSeconds: { readonly least: number; readonly most: number };
}
