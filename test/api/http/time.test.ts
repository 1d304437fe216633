// RFC 3339 at the edge: which texts are instants, and that instants survive being written and read.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../../../api/http/time.ts';

it.each([
  ['2026-11-23T09:00:00Z', Date.UTC(2026, 10, 23, 9)],
  ['2026-11-23t09:00:00z', Date.UTC(2026, 10, 23, 9)],
  ['2026-11-23T09:00:00.123456789Z', Date.UTC(2026, 10, 23, 9, 0, 0, 123)],
  ['2026-11-23T09:00:00.5Z', Date.UTC(2026, 10, 23, 9, 0, 0, 500)],
  ['2026-11-23T09:00:00+05:30', Date.UTC(2026, 10, 23, 3, 30)],
  ['2026-11-23T23:00:00-02:00', Date.UTC(2026, 10, 24, 1)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['1970-01-01T00:00:00Z', 0],
])('reads %s', (text, wantInstant) => {
  expect(parseInstant(text)).toBe(wantInstant);
});

it.each([
  '',
  'tomorrow',
  '2026-11-23',
  '2026-11-23T09:00Z',
  '2026-11-23T09:00:00',
  '2026-11-23 09:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-06-30T23:59:60Z',
  '2026-01-01T00:00:00+24:00',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+00:01',
  '0099-01-01T00:00:00Z',
  '+12026-01-01T00:00:00Z',
  '１970-01-01T00:00:00Z',
])('refuses %j', (text) => {
  expect(parseInstant(text)).toBeNull();
});

it('reads back every instant that it writes', () => {
  const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: latest }), (instant) => {
      expect(parseInstant(formatInstant(instant))).toBe(instant);
    }),
  );
});
