// The quality ledger: each tick with a program in one band, classes apart, what was given up and what failed.
import { describe, expect, it } from 'vitest';
import { bandOf, gapBand, ledgerOf, type TickQuality } from '../../scheduler/quality.ts';

const stage = (name: string, gap: number, more: object = {}) => ({
  class: name,
  method: 'lp' as const,
  gap,
  ...more,
});
const tick = (number: number, stages: TickQuality['stages'], more: object = {}): TickQuality => {
  return { tick: number, fault: null, columns: 5, stages, ...more };
};

describe('a band', () => {
  it.each([
    [0, 'optimal'],
    [1e-9, '0.01%'],
    [0.0001, '0.01%'],
    [0.00011, '0.1%'],
    [0.005, '0.5%'],
    [0.01, '1%'],
    [0.05, '5%'],
    [0.0501, 'over 5%'],
    [7, 'over 5%'],
  ])('of a gap of %d is %s', (gap, want) => {
    expect(gapBand(gap)).toBe(want);
  });

  it('of a tick is that of its worst class; of one without a program there is none', () => {
    expect(bandOf({ columns: 4, stages: [stage('a', 0), stage('b', 0.003)] })).toBe('0.5%');
    expect(bandOf({ columns: 0, stages: [] })).toBeNull();
    expect(bandOf({ columns: 4, stages: [] })).toBe('unclaimed');
  });
});

describe('the ledger', () => {
  it('counts ticks by band, classes by band and by what was given up, and faults', () => {
    const ledger = ledgerOf([
      tick(9, [stage('critical', 0), stage('batch', 0.02, { ended: 'workLimit' })]),
      tick(8, [stage('critical', 0, { method: 'empty' }), stage('batch', 0, { ended: 'complete' })]),
      tick(7, [], { columns: 0 }),
      tick(6, [], { fault: 'refused' }),
      tick(5, [stage('batch', 0.3)], { fault: 'watchdog' }),
    ]);
    expect(ledger).toEqual({
      ticks: 5,
      programs: 4,
      from: 5,
      to: 9,
      bands: { '5%': 1, optimal: 1, unclaimed: 1, 'over 5%': 1 },
      faults: { refused: 1, watchdog: 1 },
      classes: [
        { class: 'critical', stages: 1, bands: { optimal: 1 }, givenUp: 0, worstGap: 0 },
        {
          class: 'batch',
          stages: 3,
          bands: { '5%': 1, optimal: 1, 'over 5%': 1 },
          givenUp: 1,
          worstGap: 0.3,
        },
      ],
    });
  });

  it('of no tick is empty', () => {
    expect(ledgerOf([])).toEqual({
      ticks: 0,
      programs: 0,
      from: null,
      to: null,
      bands: {},
      faults: {},
      classes: [],
    });
  });
});
