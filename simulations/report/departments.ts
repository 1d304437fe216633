// Departments in a report: one colour each through all charts, and who waited how long, beside its quota. Called by page.ts and the charts.

import type { QuotaLimit } from '../baselines/greedy.ts';
import type { RunResult } from '../compare.ts';
import type { Capacity } from '../job.ts';
import { spreadOf } from './comparison.ts';
import { escapeText, spanText } from './svg.ts';
import { table } from './tables.ts';

/** Of those beyond the ones that have a colour of their own. */
export const OTHERS = 7;
const SHOWN_MOST = 12;

/** Department -> colour of the page, the largest first. */
export type DepartmentColours = ReadonlyMap<string, number>;

export function departmentColours(runs: readonly RunResult[]): DepartmentColours {
  const names = runs.flatMap(({ picture }) => picture.shares.map(({ name }) => name));
  return new Map([...new Set(names)].map((name, place) => [name, Math.min(OTHERS, place)]));
}

/** What quotas allow a department of its dominant kind. */
export function shareLimits(
  { pools }: Capacity,
  quotas: readonly QuotaLimit[],
): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {};
  for (const { department, kind, most } of quotas) {
    const units = pools.reduce((sum, pool) => sum + (pool.kind === kind ? pool.capacity : 0), 0);
    if (units > 0) limits[department] = Math.max(limits[department] ?? 0, most / units);
  }
  return limits;
}

/** Rows are departments, columns schedulers. Empty where there is one department alone. */
export function departmentTable(
  results: readonly RunResult[],
  limits: Readonly<Record<string, number>>,
): string {
  const schedulers = [...new Set(results.map(({ scheduler }) => scheduler))];
  const names = [...departmentColours(results).keys()].slice(0, SHOWN_MOST);
  if (names.length < 2) return '';
  const meanOf = (name: string, scheduler: string, what: 'waitMeanSeconds' | 'waitP95Seconds'): string => {
    const own = results.filter((result) => result.scheduler === scheduler);
    return spanText(spreadOf(own.map(({ metrics }) => metrics.departments[name]?.[what] ?? 0)).mean);
  };
  const rows = names.map((name) => {
    const cells = schedulers.map(
      (scheduler) =>
        `<td>${meanOf(name, scheduler, 'waitMeanSeconds')}<small>p95 ${meanOf(name, scheduler, 'waitP95Seconds')}</small></td>`,
    );
    const quota = limits[name] === undefined ? '–' : `${(limits[name] * 100).toFixed(1)} %`;
    return `<tr><th scope="row">${escapeText(name)}</th>${cells.join('')}<td>${quota}</td></tr>`;
  });
  const heads = schedulers.map((scheduler) => `Wait, ${scheduler}`);
  return table(['Department', ...heads, 'Quota'], rows);
}
