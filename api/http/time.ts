// Instants at the edge: RFC 3339 text in and out, milliseconds inside.
// Invariant: text that is accepted denotes one instant that exists; what is written is UTC with milliseconds.

import type { Instant } from '../../scheduler/index.ts';

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;

/** Null when it is no instant between 1970 and 9999. Beyond milliseconds it is cut; leap seconds are no instants here. */
export function parseInstant(text: string): Instant | null {
  const match = RFC3339.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return null;
  const midnight = Date.UTC(year, month - 1, day);
  // 31 February would silently become 3 March.
  if (month < 1 || month > 12 || new Date(midnight).getUTCDate() !== day) return null;
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const offsetMs = (offsetHours * 60 + offsetMinutes) * MINUTE_MS;
  const instant = match[8] === '-' ? local + offsetMs : local - offsetMs;
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  return year >= 1970 && instant >= 0 ? instant : null;
}

export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function formatNullable(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
