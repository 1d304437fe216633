// When a budget runs out, as arithmetic: exact, whole, and a reason where there is no date.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currentPeriod, type ForecastInput, forecastOf, lastDayFrom } from '../../../api/http/forecast.ts';

const DAY_MS = 86_400_000;
const period = { id: 'p', startsAt: 0, endsAt: 30 * DAY_MS, budget: 1000 };
const input = (fields: Partial<ForecastInput>): ForecastInput => ({
  period,
  reserved: 0,
  spent: 0,
  committedLastDay: 0,
  at: 10 * DAY_MS,
  ...fields,
});

describe('a forecast', () => {
  it('takes the pace of the whole period and that of the last day, and the earlier end', () => {
    const { runsOutAt, reason, projectedSpend, methods } = forecastOf(
      input({ spent: 300, reserved: 100, committedLastDay: 60 }),
    );
    // 40 a day: 15 more days; 60 a day: 10 more days.
    expect(methods).toMatchObject([
      { method: 'period', burnt: 400, burntPerDay: 40, runsOutAt: 25 * DAY_MS, projectedSpend: 1200 },
      { method: 'lastDay', burnt: 60, burntPerDay: 60, runsOutAt: 20 * DAY_MS, projectedSpend: 1600 },
    ]);
    expect({ runsOutAt, reason, projectedSpend }).toEqual({
      runsOutAt: 20 * DAY_MS,
      reason: null,
      projectedSpend: 1600,
    });
  });

  it.each<[string, Partial<ForecastInput>, object]>([
    [
      'lasts',
      { spent: 100, committedLastDay: 1 },
      { runsOutAt: null, reason: 'budgetLasts', projectedSpend: 300 },
    ],
    ['is not touched', {}, { runsOutAt: null, reason: 'nothingBurnt', projectedSpend: 0 }],
    ['has just begun', { at: 0 }, { runsOutAt: null, reason: 'nothingElapsed', projectedSpend: 0 }],
    ['is spent', { spent: 900, reserved: 100 }, { runsOutAt: 10 * DAY_MS, reason: null }],
    [
      'was overspent by a cut',
      { spent: 2000, committedLastDay: -5 },
      { runsOutAt: 10 * DAY_MS, reason: null },
    ],
    ['is given back faster than taken', { spent: 10, committedLastDay: -90 }, { reason: 'budgetLasts' }],
    [
      'is nothing and unused',
      { period: { ...period, budget: 0 } },
      { runsOutAt: null, reason: 'nothingBurnt' },
    ],
  ])('of a budget that %s', (_, fields, want) => {
    expect(forecastOf(input(fields))).toMatchObject(want);
  });

  it('ends before the period does, or has no date', () => {
    expect(forecastOf(input({ spent: 333, reserved: 1 })).runsOutAt).toBe(
      10 * DAY_MS + Math.floor((666 * 10 * DAY_MS) / 334),
    );
    // 1000 / 30 a day spends the last unit with the last millisecond: that is no run-out.
    expect(forecastOf(input({ at: 15 * DAY_MS, spent: 500 })).runsOutAt).toBeNull();
  });

  it('is whole and never below what is committed, whatever the amounts', () => {
    const amount = fc.integer({ min: 0, max: 2 ** 51 });
    fc.assert(
      fc.property(
        fc.record({
          spent: amount,
          reserved: amount,
          committedLastDay: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
          budget: amount,
          at: fc.integer({ min: 0, max: 30 * DAY_MS - 1 }),
        }),
        ({ budget, ...rest }) => {
          const given = input({ ...rest, period: { ...period, budget } });
          const forecast = forecastOf(given);
          for (const { burntPerDay, projectedSpend, runsOutAt, reason } of forecast.methods) {
            expect(Number.isSafeInteger(burntPerDay) && burntPerDay >= 0).toBe(true);
            expect(Number.isSafeInteger(projectedSpend)).toBe(true);
            expect(projectedSpend).toBeGreaterThanOrEqual(rest.spent + rest.reserved);
            expect((runsOutAt === null) === (reason !== null)).toBe(true);
            if (runsOutAt !== null) expect(runsOutAt >= rest.at && runsOutAt < period.endsAt).toBe(true);
          }
          expect((forecast.runsOutAt === null) === (forecast.reason !== null)).toBe(true);
        },
      ),
    );
  });
});

it('the current period holds its start and not its end; its last day does not reach before it', () => {
  const next = { ...period, id: 'q', startsAt: period.endsAt, endsAt: period.endsAt + DAY_MS };
  expect(currentPeriod([period, next], period.endsAt)?.id).toBe('q');
  expect(currentPeriod([period, next], next.endsAt)).toBeNull();
  expect(lastDayFrom(next, next.startsAt + 1000)).toBe(next.startsAt);
  expect(lastDayFrom(period, 5 * DAY_MS)).toBe(4 * DAY_MS);
});
