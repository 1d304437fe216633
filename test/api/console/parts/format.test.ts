// How the page writes amounts and times, and that states have the same words everywhere.
import { expect, it } from 'vitest';
import {
  amount,
  asks,
  decimal,
  instant,
  label,
  measured,
  percent,
  plain,
  since,
  span,
} from '../../../../api/console/parts/format.ts';
import { STATE_WORDS, stateText, wordsOf } from '../../../../api/states.ts';
import { APPROVAL_STATES, LEASE_STATES, REQUEST_STATES } from '../../../../scheduler/index.ts';

const AT = Date.parse('2026-11-27T12:00:00.000Z');

it('writes times as people say them', () => {
  expect([340, 12_000, 182_000, 7_500_000, 180_000_000].map(span)).toEqual([
    '340 ms',
    '12 s',
    '3 min 02 s',
    '2 h 05 min',
    '2 d 2 h',
  ]);
  expect(since('2026-11-27T11:59:48.000Z', AT)).toBe('12 s ago');
  expect(since('2026-11-27T12:00:40.000Z', AT)).toBe('in 40 s');
  expect(instant('2026-11-27T11:59:48.123Z', AT)).toBe('11:59:48');
  expect(instant('2026-11-26T11:59:48.123Z', AT)).toBe('2026-11-26 11:59:48');
});

it('writes figures with as many places as they have weight', () => {
  expect([1_807_127.4, 100.4, 99.4567, 0.84449, 1].map(decimal)).toEqual([
    '1,807,127',
    '100',
    '99.457',
    '0.844',
    '1',
  ]);
});

it('writes amounts, and a dash for what is not there', () => {
  expect([amount(1_234_567), amount(null), percent(0.01234, 2), percent(0, 3), percent(null)]).toEqual([
    '1,234,567',
    '–',
    '1.23 %',
    '0 %',
    '–',
  ]);
  expect(measured(123_456, { type: 'money', currency: 'EUR' })).toBe('1,234.56 EUR');
  expect(measured(7200, { type: 'use', kind: 'gpu' })).toBe('2 gpu-hours');
  expect(asks([{ claims: [{ kind: 'gpu', quantity: 2 }] }, { claims: [] }])).toBe('2 gpu (or 1 more)');
  expect(label('heldByOthers')).toBe('held by others');
  expect(plain({ endsAt: null, units: [1, 2] })).toBe('ends at –, units 1, 2');
});

it('has a word and an icon for every state that there is', () => {
  const states = [...REQUEST_STATES, ...LEASE_STATES, ...APPROVAL_STATES];
  expect(states.filter((state) => !Object.hasOwn(STATE_WORDS, state))).toEqual([]);
  expect(stateText('granted')).toBe('✓ granted');
  expect(stateText('denied')).toBe('✕ denied');
  expect(wordsOf('constructor').word).toBe('constructor');
});
