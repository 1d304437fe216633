// What the page of simulations asks for, and how it lays results side by side.
import { describe, expect, it } from 'vitest';
import {
  ASKED,
  bodyOf,
  type Comparison,
  comparisonOf,
  faultOf,
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
    const input = { runner: 'scenario', input: bodyOf({ ...ASKED, workload: 'history', hours: '6' }) };
    expect(saidOf({ input })).toBe('the last 6 h of this server under annona, fcfs, 3 seeds');
    expect(saidOf({ input: { runner: '<b>' } })).toBe('<b>');
  });

  it('is checked before it is sent', () => {
    expect(faultOf(ASKED)).toBeNull();
    for (const change of [{ requests: '0' }, { requests: '1.5' }, { seeds: '11' }, { schedulers: [] }])
      expect(faultOf({ ...ASKED, ...change })).not.toBeNull();
    expect(faultOf({ ...ASKED, workload: 'history', hours: 'x' })).not.toBeNull();
    expect(faultOf({ ...ASKED, hours: 'x' })).toBeNull();
  });
});
