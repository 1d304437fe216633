// UTC days, weeks and months as integers. No Date object, no Intl: the same day gives the same windows on every runtime.
// Called by calendar.ts, accounts' periods and the checks.

import type { Instant } from '../../scheduler/index.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export interface Month {
  /** "2026-11". */
  readonly id: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

/** Days since 1970-01-01. */
export function dayOf(instant: Instant): number {
  return Math.floor(instant / DAY_MS);
}

/** Monday of the day's week; 1970-01-01 was a Thursday. */
export function mondayOf(day: number): number {
  return day - modulo(day + 3, 7);
}

/** 0 is Monday. */
export function weekdayOf(day: number): number {
  return modulo(day + 3, 7);
}

/** "2026-11-23". Source: Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
export function dateLabel(day: number): string {
  const { year, month, dayOfMonth } = civil(day);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
}

/** "2026-11-23T09:00Z". */
export function minuteLabel(instant: Instant): string {
  const minutes = Math.floor((instant - dayOf(instant) * DAY_MS) / MINUTE_MS);
  return `${dateLabel(dayOf(instant))}T${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}Z`;
}

/** Day of "2026-11-23"; null if the calendar has no such day. */
export function parseDate(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return dateLabel(day) === text ? day : null;
}

/** Instant of "2026-11-23T09:00Z"; null if there is no such minute. */
export function parseInstant(text: string): Instant | null {
  const match = /^(.{10})T(\d{2}):(\d{2})Z$/.exec(text);
  const day = match === null ? null : parseDate(match[1]!);
  if (match === null || day === null) return null;
  const instant = day * DAY_MS + (Number(match[2]) * 60 + Number(match[3])) * MINUTE_MS;
  return minuteLabel(instant) === text ? instant : null;
}

/** Minutes of "09:30"; "24:00" is 1440. The schema has seen to the form. */
export function clockMinutes(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** The month of `now` and those that follow it. */
export function monthsFrom(now: Instant, count: number): readonly Month[] {
  const { year, month } = civil(dayOf(now));
  return Array.from({ length: count }, (_, index) => {
    const startsAt = dayNumber(year, month + index, 1) * DAY_MS;
    return {
      id: dateLabel(dayOf(startsAt)).slice(0, 7),
      startsAt,
      endsAt: dayNumber(year, month + index + 1, 1) * DAY_MS,
    };
  });
}

/** Month may pass 12: it runs on into the next year. */
function dayNumber(year: number, month: number, dayOfMonth: number): number {
  return Math.floor(Date.UTC(year, month - 1, dayOfMonth) / DAY_MS);
}

function civil(day: number): { readonly year: number; readonly month: number; readonly dayOfMonth: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
