// A report as one page that needs nothing else: no script, no network, no font. Invariant: the same results give the same bytes; light and dark
// follow the reader's system, paper is light. Called by api/cli/simulate and by side jobs.

import type { QuotaLimit } from '../baselines/greedy.ts';
import type { RunResult } from '../compare.ts';
import type { Capacity } from '../job.ts';
import { busiestPools, firstRuns, shareCharts, utilisationCharts, waitChart } from './charts.ts';
import type { Comparison } from './comparison.ts';
import { departmentColours, departmentTable, shareLimits } from './departments.ts';
import { ganttChart } from './gantt.ts';
import { impactSection } from './impact.ts';
import { moneyCharts } from './money.ts';
import { STYLE } from './style.ts';
import { escapeText } from './svg.ts';
import { budgetTable, comparisonTable, digestTable, fairnessTable } from './tables.ts';

export interface ReportInput {
  readonly comparison: Comparison;
  readonly results: readonly RunResult[];
  /** Which is not in the results. */
  readonly capacity: Capacity;
  readonly quotas: readonly QuotaLimit[];
  /** That makes it again. */
  readonly command: string;
  /** Files that the command reads. */
  readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
}

/** More are many pages of bars. */
const GANTT_POOLS_MOST = 4;

export function renderReport({
  comparison,
  results,
  capacity,
  quotas,
  command,
  inputs,
}: ReportInput): string {
  const runs = firstRuns(results);
  const colours = departmentColours(runs);
  const limits = shareLimits(capacity, quotas);
  const pools = busiestPools(runs);
  const gantt = runs.flatMap((run) =>
    pools.slice(0, GANTT_POOLS_MOST).map((pool) => ganttChart(run, pool, colours)),
  );
  const spending = moneyCharts(runs, colours);
  const title = `Simulation of ${nameOf(comparison.trace)}`;
  const files = inputs.map(({ name, sha256 }) => `${name}  SHA-256 ${sha256}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escapeText(title)}</h1>
<p class="lead">${comparison.jobs.toLocaleString('en')} jobs (${escapeText(comparison.format)}) on ${escapeText(capacityText(comparison))}.${comparison.complete ? '' : ' <strong>Partial: it was stopped before the end.</strong>'}</p>
<section><h2>Comparison</h2>${comparisonTable(comparison)}<p class="note">${noteOf(comparison)}</p></section>
${impactSection(comparison.policies ?? [])}
<section><h2>Waits</h2>${waitChart(runs)}${departmentTable(results, limits)}</section>
<section><h2>Use</h2>${utilisationCharts(runs)}</section>
<section><h2>Fairness</h2>${fairnessTable(comparison)}${shareCharts(runs, { colours, limits })}</section>
${spending === '' ? '' : `<section><h2>Money</h2>${budgetTable(comparison)}${spending}</section>`}
<section><h2>Leases</h2>${gantt.join('')}</section>
<section><h2>How it was made</h2><pre>${escapeText([command, ...files].join('\n'))}</pre>${digestTable(comparison)}</section>
</main></body></html>
`;
}

function nameOf(path: string): string {
  return path.split('/').at(-1)!;
}

/** An organisation's pools would fill the page. */
const POOLS_MOST = 12;

function capacityText({ capacity }: Comparison): string {
  const pools = Object.entries(capacity);
  if (pools.length > POOLS_MOST) return `${pools.length} pools`;
  return pools.map(([pool, units]) => `${units.toLocaleString('en')} ${pool}`).join(', ');
}

function noteOf({ schedulers, dropped, format }: Comparison): string {
  const runs = Math.max(...schedulers.map((one) => one.runs));
  const lost = Object.entries(dropped).map(([why, count]) => `${count} jobs left out: ${escapeText(why)}.`);
  const seeds =
    format === 'generated' ? 'other requests with each seed' : 'each submit moved by up to a minute';
  const spread =
    runs > 1
      ? `Means of ${runs} runs, ${seeds}; ± is half of the 95 % confidence interval. Charts are of each scheduler's first run.`
      : 'One run a scheduler.';
  return [spread, 'Slowdown is bounded at 10 s.', ...lost].join(' ');
}
