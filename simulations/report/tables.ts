// The tables of a report: figures of schedulers as means over their seeds, with confidence intervals. Called by page.ts.

import type { Metrics } from '../metrics/metrics.ts';
import { type ComparedName, type Comparison, type Spread, spreadOf, titleOf } from './comparison.ts';
import { escapeText, spanText } from './svg.ts';

type Text = (value: number) => string;

const percent: Text = (value) => `${(value * 100).toFixed(1)} %`;
const money: Text = (value) => Math.round(value).toLocaleString('en');
const whole: Text = (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(1));

const COMPARED: readonly { name: ComparedName; title: string; text: Text }[] = [
  { name: 'waitMeanSeconds', title: 'Mean wait', text: spanText },
  { name: 'waitP50Seconds', title: 'p50', text: spanText },
  { name: 'waitP95Seconds', title: 'p95', text: spanText },
  { name: 'waitP99Seconds', title: 'p99', text: spanText },
  { name: 'waitMaxSeconds', title: 'Longest', text: spanText },
  { name: 'boundedSlowdownMean', title: 'Slowdown', text: (value) => value.toFixed(2) },
  { name: 'utilisation', title: 'In use', text: percent },
  { name: 'makespanSeconds', title: 'Makespan', text: spanText },
];

export function comparisonTable({ schedulers }: Comparison): string {
  const rows = schedulers.map(({ figures, ...summary }) =>
    row(
      titleOf(summary),
      COMPARED.map(({ name, text }) => cell(figures[name], text)),
    ),
  );
  return table(['', ...COMPARED.map(({ title }) => title)], rows);
}

const FAIRNESS = [
  { name: 'jainIndex', title: 'Jain index of shares', text: (value: number) => value.toFixed(3) },
  { name: 'leastOfMostShare', title: 'Least of largest share', text: percent },
  { name: 'starvationAgeSeconds', title: 'Longest age', text: spanText },
  { name: 'preemptions', title: 'Taken back', text: whole },
  { name: 'dropped', title: 'Dropped', text: whole },
] as const satisfies readonly { name: keyof Metrics; title: string; text: Text }[];

export function fairnessTable({ schedulers, runs }: Comparison): string {
  const rows = schedulers.map((summary) => {
    const own = runs.filter((run) => titleOf(run) === titleOf(summary));
    return row(
      titleOf(summary),
      FAIRNESS.map(({ name, text }) => cell(spreadOf(own.map((run) => run[name])), text)),
    );
  });
  return table(['', ...FAIRNESS.map(({ title }) => title)], rows);
}

/** Empty without budgets. */
export function budgetTable({ schedulers, runs }: Comparison): string {
  const rows = schedulers.flatMap((summary) => {
    const own = runs.filter((run) => titleOf(run) === titleOf(summary));
    return Object.entries(own[0]?.budgets ?? {}).map(([department, { budgetMinor }]) => {
      const all = own.map(({ budgets }) => budgets[department]!);
      const spent = cell(spreadOf(all.map(({ spentMinor }) => spentMinor)), money);
      const ends = all.flatMap(({ runOutSeconds }) => (runOutSeconds === null ? [] : [runOutSeconds]));
      const lasted = ends.length === 0 ? 'lasted' : `after ${spanText(spreadOf(ends).mean)}`;
      const some =
        ends.length > 0 && ends.length < all.length
          ? `<small>in ${ends.length} of ${all.length} runs</small>`
          : '';
      return row(titleOf(summary), [
        `<td>${escapeText(department)}</td><td>${money(budgetMinor)}</td>`,
        spent,
        `<td>${lasted}${some}</td>`,
      ]);
    });
  });
  return rows.length === 0 ? '' : table(['', 'Department', 'Budget', 'Spent', 'Run out'], rows);
}

export function digestTable({ runs }: Comparison): string {
  const rows = runs.map(({ seed, end, digest, ...run }) =>
    row(titleOf(run), [`<td>${seed ?? '–'}</td><td>${end}</td><td><code>${digest}</code></td>`]),
  );
  return table(['', 'Seed', 'End', 'Digest'], rows);
}

export function table(head: readonly string[], rows: readonly string[]): string {
  const titles = head.map((title) => `<th scope="col">${escapeText(title)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function row(name: string, cells: readonly string[]): string {
  return `<tr><th scope="row">${escapeText(name)}</th>${cells.join('')}</tr>`;
}

function cell({ mean, plusMinus }: Spread, text: Text): string {
  const spread = plusMinus === undefined ? '' : `<small>± ${text(plusMinus)}</small>`;
  return `<td title="${mean}">${text(mean)}${spread}</td>`;
}
