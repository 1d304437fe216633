// The charts of a report: use over time, waits, shares, spending. Called by page.ts.

import type { RunResult } from '../compare.ts';
import type { Curve } from '../metrics/picture.ts';
import { type Axis, type Line, lineChart, spanText, ticksOf, timeAxis } from './svg.ts';

const COLOURS = 8;

/** Of each scheduler its first run. */
export function firstRuns(results: readonly RunResult[]): RunResult[] {
  return results.filter((one, i) => results.findIndex(({ scheduler }) => scheduler === one.scheduler) === i);
}

export function utilisationCharts(runs: readonly RunResult[]): string {
  const pools = runs[0]?.picture.utilisation.map(({ name }) => name) ?? [];
  return pools
    .map((pool) => {
      const lines = runs.map(({ scheduler, picture }, colour) =>
        curve(scheduler, picture.utilisation.find(({ name }) => name === pool)!, colour),
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
    ({ scheduler, picture }, colour): Line => ({
      name: scheduler,
      colour: colour % COLOURS,
      points: picture.waitQuantiles.map((seconds, i) => [i, scale(seconds)] as const),
    }),
  );
  return lineChart('Waits: what so many per cent of the jobs did not exceed', lines, { x, y });
}

export function shareCharts(runs: readonly RunResult[]): string {
  return runs
    .map(({ scheduler, picture }) => {
      const most = Math.max(0.01, ...picture.shares.flatMap(({ values }) => values));
      const lines = picture.shares.slice(0, COLOURS).map((one, colour) => curve(one.name, one, colour));
      return lineChart(`Dominant shares under ${scheduler}, largest departments`, lines, {
        x: timeOf(runs),
        y: percentAxis(most),
      });
    })
    .join('');
}

/** Empty where nothing has a price. */
export function spendingCharts(runs: readonly RunResult[]): string {
  return runs
    .filter(({ picture }) => picture.spending.length > 0)
    .map(({ scheduler, picture, metrics }) => {
      const x = timeOf(runs);
      const lines = picture.spending.slice(0, COLOURS).map((one, colour) => summed(one, colour));
      const limits = picture.spending.slice(0, COLOURS).flatMap(({ name }, colour) => {
        const budget = metrics.budgets[name]?.budgetMinor;
        return budget === undefined ? [] : [limitOf(`budget of ${name}`, budget, { colour, mostMs: x.most })];
      });
      const most = Math.max(1, ...[...lines, ...limits].map(({ points }) => points.at(-1)?.[1] ?? 0));
      const y: Axis = { label: 'minor units', ticks: ticksOf(most, shortNumber), most };
      return lineChart(`Spent under ${scheduler}, largest departments`, [...lines, ...limits], { x, y });
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

/** What an hourly rate comes to. */
function summed({ name, widthMs, values }: Curve, colour: number): Line {
  let spent = 0;
  const points = values.map((rate, i) => {
    spent += (rate * widthMs) / 3_600_000;
    return [(i + 1) * widthMs, spent] as const;
  });
  return { name, colour: colour % COLOURS, points: [[0, 0], ...points] };
}

function timeOf(runs: readonly RunResult[]): Axis {
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

function shortNumber(value: number): string {
  if (value >= 1e6) return `${Math.round(value / 1e5) / 10}M`;
  return value >= 1e3 ? `${Math.round(value / 100) / 10}k` : `${value}`;
}
