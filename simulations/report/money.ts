// The charts of money: what is left of budgets, or, where nobody has one, what was spent. Called by page.ts.

import type { RunResult } from '../compare.ts';
import type { Curve } from '../metrics/picture.ts';
import { timeOf } from './charts.ts';
import { titleOf } from './comparison.ts';
import { type DepartmentColours, OTHERS } from './departments.ts';
import { type Axis, type Line, lineChart, ticksOf } from './svg.ts';

/** Empty where nothing has a price. */
export function moneyCharts(runs: readonly RunResult[], colours: DepartmentColours): string {
  const x = timeOf(runs);
  return runs
    .filter(({ picture }) => picture.spending.length > 0)
    .map(({ picture, metrics, ...run }) => {
      const hasBudgets = Object.keys(metrics.budgets).length > 0;
      const lines = picture.spending.slice(0, OTHERS).flatMap((curve): Line[] => {
        const colour = colours.get(curve.name) ?? OTHERS;
        const budget = metrics.budgets[curve.name]?.budgetMinor;
        if (!hasBudgets) return [{ name: curve.name, colour, points: sums(curve) }];
        return budget === undefined ? [] : [{ name: curve.name, colour, points: left(curve, budget) }];
      });
      const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
      const y: Axis = { label: 'minor units', ticks: ticksOf(most, shortNumber), most };
      const title = hasBudgets
        ? `Left of the budgets under ${titleOf(run)}`
        : `Spent under ${titleOf(run)}, largest departments`;
      return lineChart(title, lines, { x, y });
    })
    .join('');
}

/** What an hourly rate comes to. */
function sums({ widthMs, values }: Curve): (readonly [number, number])[] {
  let spent = 0;
  const points = values.map((rate, i) => {
    spent += (rate * widthMs) / 3_600_000;
    return [(i + 1) * widthMs, spent] as const;
  });
  return [[0, 0], ...points];
}

/** Nothing, once it is spent: by how much it was overspent is in the table. */
function left(curve: Curve, budget: number): (readonly [number, number])[] {
  return sums(curve).map(([at, spent]) => [at, Math.max(0, budget - spent)] as const);
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${Math.round(value / 1e5) / 10}M`;
  return value >= 1e3 ? `${Math.round(value / 100) / 10}k` : `${value}`;
}
