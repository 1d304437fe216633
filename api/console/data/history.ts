// How full each kind was since the page is open: a reading each time the pools are read, at most READINGS of them.
// Invariant: bounded: the oldest reading goes when a new one comes, so that a page that stays open all day takes no more memory.

import { useMemo, useRef } from 'preact/hooks';
import type { Series } from '../parts/chart.tsx';
import type { Resource } from './resource.ts';
import type { Pool } from './shapes.ts';

const READINGS = 600;

interface Reading {
  readonly at: number;
  /** Kind -> part in use, in percent. */
  readonly parts: ReadonlyMap<string, number>;
}

/** Kept across visits of the page, for the tab. */
const readings: Reading[] = [];

export function usedOverTime({ value, at }: Resource<readonly Pool[]>) {
  const noted = useRef<number | null>(null);
  if (value !== null && at !== null && noted.current !== at) {
    noted.current = at;
    note(readings, { at: at / 1000, parts: partsOf(value) });
  }
  return useMemo(
    () => ({
      times: readings.map((reading) => reading.at),
      series: (kinds: readonly string[]): Series[] =>
        [...new Set(kinds)].sort().map((kind) => ({
          label: kind,
          values: readings.map(({ parts }) => parts.get(kind) ?? null),
        })),
    }),
    [noted.current],
  );
}

export function note(kept: Reading[], reading: Reading): void {
  if ((kept.at(-1)?.at ?? 0) >= reading.at) return;
  kept.push(reading);
  if (kept.length > READINGS) kept.shift();
}

function partsOf(pools: readonly Pool[]): Map<string, number> {
  const sums = new Map<string, { used: number; capacity: number }>();
  for (const { kind, used, capacity } of pools) {
    const sum = sums.get(kind) ?? { used: 0, capacity: 0 };
    sums.set(kind, { used: sum.used + used, capacity: sum.capacity + capacity });
  }
  return new Map(
    [...sums].map(([kind, { used, capacity }]) => [kind, capacity > 0 ? (100 * used) / capacity : 0]),
  );
}
