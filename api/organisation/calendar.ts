// Calendars and monthly budgets, expanded to UTC instants relative to the day of `now`.
// Invariant: a pure function of the entry and of that day's week or month, so that every process of a day makes the same revision.

import type { AccountPeriod, Instant, Window } from '../../scheduler/index.ts';
import type { AccountEntry } from './schema.ts';
import { type Calendar, WEEKDAYS } from './schemaPools.ts';
import type { Path } from './source.ts';
import {
  clockMinutes,
  DAY_MS,
  dateLabel,
  dayOf,
  MINUTE_MS,
  minuteLabel,
  mondayOf,
  monthsFrom,
  parseInstant,
  weekdayOf,
} from './time.ts';

// This month and the next two: a lease of the longest class (a week) and a forecast of run-out both end inside. And the one before: a
// lease that began in it is settled in both, also when the process was started anew in between.
const MONTHS_COUNT = 4;

/** What windows and months are expanded from: they are the same for every `now` of one horizon. */
export function horizonOf(now: Instant): string {
  return `${dateLabel(mondayOf(dayOf(now)))} ${monthsFrom(now, 1)[0]!.id}`;
}

/** A window and the rule of the calendar that made it. */
export interface MadeWindow {
  readonly window: Window;
  readonly rule: Path;
}

/**
 * Windows in order of start. Weekly rules begin on the Monday of the week of `now`, so that the revision changes once a week and not
 * once a day; windows that are already over are harmless.
 */
export function windowsOf(calendar: Calendar, now: Instant): readonly MadeWindow[] {
  const made: MadeWindow[] = [];
  const closedDays = new Set(calendar.except ?? []);
  const monday = mondayOf(dayOf(now));
  (calendar.weekly ?? []).forEach((rule, index) => {
    for (let day = monday; day < monday + 7 * rule.weeks; day += 1) {
      if (!rule.days.includes(WEEKDAYS[weekdayOf(day)]!) || closedDays.has(dateLabel(day))) continue;
      const startsAt = day * DAY_MS + clockMinutes(rule.from) * MINUTE_MS;
      const endsAt = day * DAY_MS + clockMinutes(rule.to) * MINUTE_MS;
      made.push({
        window: { id: minuteLabel(startsAt), startsAt, endsAt, capacity: rule.slots },
        rule: ['weekly', index],
      });
    }
  });
  (calendar.windows ?? []).forEach((explicit, index) => {
    const startsAt = parseInstant(explicit.startsAt);
    const endsAt = parseInstant(explicit.endsAt);
    // A date that does not exist is reported by the checks; it makes no window.
    if (startsAt === null || endsAt === null) return;
    made.push({
      window: { id: minuteLabel(startsAt), startsAt, endsAt, capacity: explicit.slots },
      rule: ['windows', index],
    });
  });
  return made.sort((a, b) => a.window.startsAt - b.window.startsAt || a.window.endsAt - b.window.endsAt);
}

/** A period and the part of the account that made it. */
export interface MadePeriod {
  readonly period: AccountPeriod;
  readonly rule: Path;
}

/** Periods in order of start. */
export function periodsOf(account: AccountEntry, now: Instant): readonly MadePeriod[] {
  const { monthly } = account;
  if (monthly !== undefined) {
    const [current] = monthsFrom(now, 1);
    return monthsFrom(current!.startsAt - 1, MONTHS_COUNT).map((month) => ({
      period: { ...month, budget: monthly },
      rule: ['monthly'],
    }));
  }
  const made: MadePeriod[] = [];
  (account.periods ?? []).forEach(({ id, budget, ...range }, index) => {
    const startsAt = parseInstant(range.startsAt);
    const endsAt = parseInstant(range.endsAt);
    if (startsAt === null || endsAt === null) return;
    made.push({ period: { id, startsAt, endsAt, budget }, rule: ['periods', index] });
  });
  return made.sort((a, b) => a.period.startsAt - b.period.startsAt || a.period.endsAt - b.period.endsAt);
}
