// The charts of a report: use over time, waits, shares. Called by page.ts.

import type { RunResult } from '../compare.ts';
import type { Curve } from '../metrics/picture.ts';
import { titleOf } from './comparison.ts';
import { type DepartmentColours, OTHERS } from './departments.ts';
import { type Axis, type Line, lineChart, spanText, ticksOf, timeAxis } from './svg.ts';

const COLOURS = 8;

/** Of each scheduler its first run. */
export function firstRuns(results: readonly RunResult[]): RunResult[] {
  return results.filter((one, i) => results.findIndex((other) => titleOf(other) === titleOf(one)) === i);
}

/** An organisation has more pools than anybody looks through: the busiest of the first run. */
const POOLS_MOST = 8;

export function busiestPools([first]: readonly RunResult[]): string[] {
  const pools = Object.entries(first?.metrics.utilisationByPool ?? {});
  if (pools.length <= POOLS_MOST) return pools.map(([name]) => name);
  return pools
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, POOLS_MOST)
    .map(([name]) => name);
}

export function utilisationCharts(runs: readonly RunResult[]): string {
  return busiestPools(runs)
    .map((pool) => {
      const lines = runs.map(({ picture, ...run }, colour) =>
        curve(titleOf(run), picture.utilisation.find(({ name }) => name === pool)!, colour),
      );
      return lineChart(`In use of ${pool}, over time`, lines, { x: timeOf(runs), y: percentAxis(1) });
    })
    .join('');
}

/** The wait that so many in a hundred do not exceed, on a scale of powers of ten: most wait nothing, some for days. */
export function waitChart(runs: readonly RunResult[]): string {
  const longest = Math.max(10, ...runs.map(({ picture }) => picture.waitQuantiles.at(-1) ?? 0));
  const scale = (seconds: number): number => Math.log10(1 + seconds);
  const marks = [0, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000];
  const y: Axis = {
    label: 'wait',
    ticks: marks
      .filter((seconds) => seconds <= longest)
      .map((seconds) => ({ at: scale(seconds), text: spanText(seconds) })),
    most: scale(longest),
  };
  const x: Axis = { label: 'per cent of the jobs', ticks: ticksOf(100, (value) => `${value}`), most: 100 };
  const lines = runs.map(
    ({ picture, ...run }, colour): Line => ({
      name: titleOf(run),
      colour: colour % COLOURS,
      points: picture.waitQuantiles.map((seconds, i) => [i, scale(seconds)] as const),
    }),
  );
  return lineChart('Waits: what so many per cent of the jobs did not exceed', lines, { x, y });
}

/** Dashed: what quotas allow. */
export function shareCharts(
  runs: readonly RunResult[],
  { colours, limits }: { colours: DepartmentColours; limits: Readonly<Record<string, number>> },
): string {
  const x = timeOf(runs);
  return runs
    .map(({ picture, ...run }) => {
      const shown = picture.shares.slice(0, OTHERS);
      const colourOf = (name: string): number => colours.get(name) ?? OTHERS;
      const lines = shown.map((one) => curve(one.name, one, colourOf(one.name)));
      const dashed = shown.flatMap(({ name }) => {
        const limit = limits[name];
        return limit === undefined ? [] : [limitOf(name, limit, { colour: colourOf(name), mostMs: x.most })];
      });
      const most = Math.max(0.01, ...[...lines, ...dashed].flatMap(({ points }) => points.map(([, y]) => y)));
      const title = `Dominant shares under ${titleOf(run)}, largest departments${dashed.length > 0 ? '; dashed: their quotas' : ''}`;
      return lineChart(title, [...lines, ...dashed], { x, y: percentAxis(most) });
    })
    .join('');
}

function curve(name: string, { widthMs, values }: Curve, colour: number): Line {
  const points = values.flatMap((value, i) => [
    [i * widthMs, value] as const,
    [(i + 1) * widthMs, value] as const,
  ]);
  return { name, colour: colour % COLOURS, points };
}

/** Level from the beginning to the end. */
function limitOf(name: string, value: number, { colour, mostMs }: { colour: number; mostMs: number }): Line {
  return {
    name,
    colour,
    isLimit: true,
    points: [
      [0, value],
      [mostMs, value],
    ],
  };
}

export function timeOf(runs: readonly RunResult[]): Axis {
  return timeAxis(
    Math.max(
      1,
      ...runs.flatMap(({ picture }) =>
        picture.utilisation.map(({ widthMs, values }) => widthMs * values.length),
      ),
    ),
  );
}

function percentAxis(most: number): Axis {
  return {
    label: '%',
    ticks: ticksOf(most * 100, (value) => `${Math.round(value * 10) / 10}`).map(({ at, text }) => ({
      at: at / 100,
      text,
    })),
    most,
  };
}
