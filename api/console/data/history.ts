// How full pools were, as lines over time: one a kind, or one a pool of a chosen kind. Pure.
// Invariant: a reading that a pool is missing from is a gap in its line; a pool without a capacity of its own has none.

import type { Series } from '../parts/series.ts';

/** What GET /v1/pool-use answers. */
export interface PoolUse {
  readonly everySeconds: number;
  readonly at: readonly string[];
  readonly pools: readonly {
    readonly id: string;
    readonly kind: string;
    readonly capacity: number;
    readonly used: readonly (number | null)[];
  }[];
}

export function timesOf({ at }: PoolUse): number[] {
  return at.map((text) => Date.parse(text) / 1000);
}

/** In percent. `kind` empty: one line a kind; else one a pool of it, the fullest first. */
export function linesOf({ at, pools }: PoolUse, kind: string, most: number): Series[] {
  const counted = pools.filter(({ capacity }) => capacity > 0);
  const groups =
    kind === ''
      ? Map.groupBy(counted, (pool) => pool.kind)
      : Map.groupBy(
          counted.filter((pool) => pool.kind === kind),
          (pool) => pool.id,
        );
  const lines = [...groups].map(([label, members]) => ({
    label,
    values: at.map((_, index) => partOf(members, index)),
  }));
  const highest = ({ values }: Series): number => Math.max(0, ...values.map((value) => value ?? 0));
  return lines.toSorted((a, b) => highest(b) - highest(a) || (a.label < b.label ? -1 : 1)).slice(0, most);
}

function partOf(pools: PoolUse['pools'], index: number): number | null {
  const there = pools.filter(({ used }) => used[index] !== null && used[index] !== undefined);
  if (there.length === 0) return null;
  const used = there.reduce((sum, pool) => sum + (pool.used[index] ?? 0), 0);
  return (100 * used) / there.reduce((sum, { capacity }) => sum + capacity, 0);
}
