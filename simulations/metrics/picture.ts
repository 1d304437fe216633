// What a report draws of one run: curves with at most some hundred points, however long the run was. Called by ../compare.ts.

import type { Recorder, ShownRun } from './recorder.ts';

export interface Curve {
  readonly name: string;
  readonly widthMs: number;
  readonly values: readonly number[];
}

export interface RunPicture {
  /** By pool: used units as a part of its capacity. */
  readonly utilisation: readonly Curve[];
  /** By department: dominant share. */
  readonly shares: readonly Curve[];
  /** By department: minor units of currency an hour. */
  readonly spending: readonly Curve[];
  /** Seconds at each hundredth of the sorted waits, 0 to 100. */
  readonly waitQuantiles: readonly number[];
  readonly runs: readonly ShownRun[];
}

/** More are drawn by nobody. */
const DEPARTMENTS_MOST = 12;
const POINTS_MOST = 256;

export function pictureOf(recorder: Recorder): RunPicture {
  const { lastMs } = recorder;
  const largest = recorder.departments.all
    .toSorted((a, b) => b.shareArea - a.shareArea)
    .slice(0, DEPARTMENTS_MOST);
  const hundredths = Array.from({ length: 101 }, (_, i) => i / 100);
  return {
    utilisation: recorder.pools.map(({ pool, series }) =>
      curveOf(pool.id, series.means(lastMs), pool.capacity),
    ),
    shares: largest.map(({ name, shares }) => curveOf(name, shares.means(lastMs), 1)),
    spending: largest
      .filter(({ costMinor }) => costMinor > 0)
      .map(({ name, spending }) => curveOf(name, spending.means(lastMs), 1)),
    waitQuantiles: recorder.waits
      .quantiles(...hundredths)
      .map((seconds) => Math.round(seconds * 1000) / 1000),
    runs: recorder.shown,
  };
}

function curveOf(
  name: string,
  { widthMs, values }: { widthMs: number; values: readonly number[] },
  whole: number,
): Curve {
  const merge = Math.ceil(values.length / POINTS_MOST);
  const merged: number[] = [];
  for (let i = 0; i < values.length; i += merge) {
    const bins = values.slice(i, i + merge);
    const mean = bins.reduce((sum, value) => sum + value, 0) / bins.length;
    merged.push(whole === 0 ? 0 : Math.round((mean / whole) * 1e5) / 1e5);
  }
  return { name, widthMs: widthMs * merge, values: merged };
}
