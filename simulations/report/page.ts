// A report as one page that needs nothing else: no script, no network, no font. Invariant: the same results give the same bytes; light and dark
// follow the reader's system, paper is light. Called by api/cli/simulate.

import type { RunResult } from '../compare.ts';
import { firstRuns, shareCharts, spendingCharts, utilisationCharts, waitChart } from './charts.ts';
import type { ComparedName, Comparison, SchedulerSummary } from './comparison.ts';
import { ganttChart } from './gantt.ts';
import { STYLE } from './style.ts';
import { escapeText, spanText } from './svg.ts';

export interface ReportInput {
  readonly comparison: Comparison;
  readonly results: readonly RunResult[];
  /** That makes it again. */
  readonly command: string;
}

export function renderReport({ comparison, results, command }: ReportInput): string {
  const runs = firstRuns(results);
  const pools = runs[0]?.picture.utilisation.map(({ name }) => name) ?? [];
  const gantt = runs.flatMap((run) => pools.slice(0, 4).map((pool) => ganttChart(run, pool)));
  const spending = spendingCharts(runs);
  const title = `Simulation of ${nameOf(comparison.trace)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escapeText(title)}</h1>
<p class="lead">${comparison.jobs.toLocaleString('en')} jobs (${escapeText(comparison.format)}) on ${escapeText(capacityText(comparison))}.${comparison.complete ? '' : ' <strong>Partial: it was stopped before the end.</strong>'}</p>
<section><h2>Comparison</h2>${comparisonTable(comparison)}<p class="note">${noteOf(comparison)}</p></section>
<section><h2>Waits</h2>${waitChart(runs)}</section>
<section><h2>Use</h2>${utilisationCharts(runs)}</section>
<section><h2>Fairness</h2>${fairnessTable(comparison)}${shareCharts(runs)}</section>
${spending === '' ? '' : `<section><h2>Spending</h2>${budgetTable(comparison)}${spending}</section>`}
<section><h2>Leases</h2>${gantt.join('')}</section>
<section><h2>How it was made</h2><pre>${escapeText(command)}</pre>${digestTable(comparison)}</section>
</main></body></html>
`;
}

function nameOf(path: string): string {
  return path.split('/').at(-1)!;
}

function capacityText({ capacity }: Comparison): string {
  return Object.entries(capacity)
    .map(([pool, units]) => `${units.toLocaleString('en')} ${pool}`)
    .join(', ');
}

function noteOf({ schedulers, dropped }: Comparison): string {
  const runs = Math.max(...schedulers.map((one) => one.runs));
  const lost = Object.entries(dropped).map(([why, count]) => `${count} jobs left out: ${escapeText(why)}.`);
  const spread =
    runs > 1
      ? `Means of ${runs} runs, each submit moved by up to a minute; ± is the 95 % confidence interval.`
      : 'One run a scheduler.';
  return [spread, 'Slowdown is bounded at 10 s.', ...lost].join(' ');
}

const COLUMNS: readonly { name: ComparedName; title: string; text: (value: number) => string }[] = [
  { name: 'waitMeanSeconds', title: 'Mean wait', text: spanText },
  { name: 'waitP50Seconds', title: 'p50', text: spanText },
  { name: 'waitP95Seconds', title: 'p95', text: spanText },
  { name: 'waitP99Seconds', title: 'p99', text: spanText },
  { name: 'waitMaxSeconds', title: 'Longest', text: spanText },
  { name: 'boundedSlowdownMean', title: 'Slowdown', text: (value) => value.toFixed(2) },
  { name: 'utilisation', title: 'In use', text: (value) => `${(value * 100).toFixed(1)} %` },
  { name: 'makespanSeconds', title: 'Makespan', text: spanText },
];

function comparisonTable({ schedulers }: Comparison): string {
  const cell = (summary: SchedulerSummary, { name, text }: (typeof COLUMNS)[number]): string => {
    const { mean, plusMinus } = summary.figures[name];
    const spread = plusMinus === undefined ? '' : `<small> ± ${text(plusMinus)}</small>`;
    return `<td title="${mean}">${text(mean)}${spread}</td>`;
  };
  const rows = schedulers.map(
    (summary) =>
      `<tr><th scope="row">${summary.scheduler}</th>${COLUMNS.map((column) => cell(summary, column)).join('')}</tr>`,
  );
  return table(['', ...COLUMNS.map(({ title }) => title)], rows);
}

function fairnessTable({ runs }: Comparison): string {
  const rows = runs.map(
    ({ scheduler, seed, jainIndex, leastOfMostShare, starvationAgeSeconds, preemptions, dropped }) =>
      `<tr><th scope="row">${scheduler}${seed === null ? '' : `, seed ${seed}`}</th><td>${jainIndex.toFixed(3)}</td><td>${(leastOfMostShare * 100).toFixed(1)} %</td><td>${spanText(starvationAgeSeconds)}</td><td>${preemptions}</td><td>${dropped}</td></tr>`,
  );
  return table(['', 'Jain index', 'Least of largest share', 'Longest age', 'Taken back', 'Dropped'], rows);
}

/** Empty without budgets. */
function budgetTable({ runs }: Comparison): string {
  const rows = runs.flatMap(({ scheduler, seed, budgets }) =>
    Object.entries(budgets).map(([department, { budgetMinor, spentMinor, runOutSeconds }]) => {
      const lasted = runOutSeconds === null ? 'lasted' : `after ${spanText(runOutSeconds)}`;
      return `<tr><th scope="row">${scheduler}${seed === null ? '' : `, seed ${seed}`}</th><td>${escapeText(department)}</td><td>${budgetMinor}</td><td>${spentMinor}</td><td>${lasted}</td></tr>`;
    }),
  );
  return rows.length === 0 ? '' : table(['', 'Department', 'Budget', 'Spent', 'Run out'], rows);
}

function digestTable({ runs }: Comparison): string {
  const rows = runs.map(
    ({ scheduler, seed, end, digest }) =>
      `<tr><th scope="row">${scheduler}</th><td>${seed ?? '–'}</td><td>${end}</td><td><code>${digest}</code></td></tr>`,
  );
  return table(['', 'Seed', 'End', 'Digest'], rows);
}

function table(head: readonly string[], rows: readonly string[]): string {
  const titles = head.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
