// Weekly rules become windows and monthly budgets become periods, exact to the minute and in UTC.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateLabel,
  minuteLabel,
  monthsFrom,
  parseDate,
  parseInstant,
  weekdayOf,
} from '../../../api/organisation/time.ts';
import { configurationOf, smallTree } from './aTree.ts';

const counselWindows = (calendar: string, now?: number) =>
  configurationOf(
    smallTree({
      file: 'pools',
      replace: 'weekly:\n        - { days: [mon, wed], from: "09:00", to: "12:00", slots: 3, weeks: 2 }',
      by: calendar,
    }),
    now,
  ).pools.find(({ id }) => id === 'counsel')!;

describe('a calendar', () => {
  it('expands a weekly rule from the Monday of the week', () => {
    const pool = configurationOf(smallTree()).pools.find(({ id }) => id === 'counsel')!;
    const want = ['2026-11-23', '2026-11-25', '2026-11-30', '2026-12-02'].map((day) => ({
      id: `${day}T09:00Z`,
      startsAt: Date.parse(`${day}T09:00:00Z`),
      endsAt: Date.parse(`${day}T12:00:00Z`),
      capacity: 3,
    }));
    expect(pool.calendar).toEqual(want);
  });

  it('makes its pool consumable and gives it no capacity of its own', () => {
    const pool = configurationOf(smallTree()).pools.find(({ id }) => id === 'counsel')!;
    expect([pool.consumable, pool.capacity]).toEqual([true, 0]);
  });

  it('sorts the windows of all rules by start', () => {
    const pool = counselWindows(`weekly:
        - { days: [tue], from: "14:00", to: "24:00", slots: 1, weeks: 1 }
        - { days: [mon, tue], from: "08:00", to: "09:30", slots: 2, weeks: 1 }
      windows:
        - { startsAt: "2026-11-24T10:00Z", endsAt: "2026-11-24T11:15Z", slots: 5 }`);
    const want = ['2026-11-23T08:00Z', '2026-11-24T08:00Z', '2026-11-24T10:00Z', '2026-11-24T14:00Z'];
    expect(pool.calendar!.map(({ id }) => id)).toEqual(want);
    expect(pool.calendar!.map(({ endsAt }) => minuteLabel(endsAt)).at(-1)).toBe('2026-11-25T00:00Z');
  });

  it('leaves out the days of its exceptions', () => {
    const pool = counselWindows(`weekly:
        - { days: [wed, thu, fri], from: "09:00", to: "10:00", slots: 1, weeks: 1 }
      except: ["2026-11-26"]`);
    expect(pool.calendar!.map(({ id }) => id)).toEqual(['2026-11-25T09:00Z', '2026-11-27T09:00Z']);
  });
});

describe('a monthly budget', () => {
  it('covers the month before, in which leases may have begun, this one and the next two', () => {
    const account = configurationOf(smallTree()).accounts.find(({ id }) => id === 'builds')!;
    const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
    expect(account.periods).toEqual([
      { id: '2026-10', startsAt: at('2026-10-01'), endsAt: at('2026-11-01'), budget: 500 },
      { id: '2026-11', startsAt: at('2026-11-01'), endsAt: at('2026-12-01'), budget: 500 },
      { id: '2026-12', startsAt: at('2026-12-01'), endsAt: at('2027-01-01'), budget: 500 },
      { id: '2027-01', startsAt: at('2027-01-01'), endsAt: at('2027-02-01'), budget: 500 },
    ]);
  });

  it('ends a leap February on the 29th', () => {
    const [february] = monthsFrom(Date.UTC(2028, 1, 29, 23, 59), 1);
    expect(february).toEqual({ id: '2028-02', startsAt: Date.UTC(2028, 1, 1), endsAt: Date.UTC(2028, 2, 1) });
  });

  it('is written in the measure of the account above when it names none', () => {
    const account = configurationOf(smallTree()).accounts.find(({ id }) => id === 'builds')!;
    expect(account.measure).toEqual({ type: 'money', currency: 'EUR' });
  });
});

describe('UTC days', () => {
  const days = fc.integer({ min: -25_000, max: 100_000 });

  it('are those of the platform', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 1439 }), (day, minute) => {
        const instant = (day * 1440 + minute) * 60_000;
        const want = new Date(instant);
        expect(minuteLabel(instant)).toBe(want.toISOString().replace(/:00\.000Z$/, 'Z'));
        expect(weekdayOf(day)).toBe((want.getUTCDay() + 6) % 7);
        expect(parseInstant(minuteLabel(instant))).toBe(instant);
        expect(parseDate(dateLabel(day))).toBe(day);
      }),
    );
  });

  it.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-11-31'])('do not include %s', (text) => {
    expect(parseDate(text)).toBeNull();
  });
});
