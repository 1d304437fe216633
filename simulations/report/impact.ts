// The section of a report on policies that were compared: by department who gains and loses, and by which rule. Called by page.ts.

import type { ImpactCounts, PolicyImpact } from '../metrics/policyImpact.ts';
import { escapeText, spanText } from './svg.ts';
import { table } from './tables.ts';

/** Further lines are in the answer of `--json`. */
const RULES_MOST = 30;

/** Empty where nothing was compared. */
export function impactSection(impacts: readonly PolicyImpact[]): string {
  if (impacts.length === 0) return '';
  const parts = impacts.map((impact) => {
    const rows = [...Object.entries(impact.departments), ['all', impact.all] as const].map(departmentRow);
    const rules = impact.rules
      .slice(0, RULES_MOST)
      .map(
        ({ department, impact: kind, rules: codes, requests, example }) =>
          `<tr><th scope="row">${escapeText(department)}</th><td>${kind}</td><td>${escapeText(codes.join(' ') || 'others’ rules')}</td><td>${requests}</td><td>${escapeText(example)}</td></tr>`,
      );
    const seed = impact.seed === null ? '' : `, seed ${impact.seed}`;
    return `<h3>${escapeText(impact.after)} instead of ${escapeText(impact.before)}${seed}</h3>${table(
      ['', 'Requests', 'Newly granted', 'No longer', 'Sooner', 'Later', 'Mean wait before', 'after'],
      rows,
    )}${rules.length === 0 ? '' : table(['', 'What', 'Rules', 'Requests', 'Example'], rules)}`;
  });
  return `<section><h2>Policies</h2>${parts.join('')}</section>`;
}

function departmentRow([name, counts]: readonly [string, ImpactCounts]): string {
  const { requests, granted, lost, sooner, later } = counts;
  const cells = [requests, granted, lost, sooner, later].map((count) => `<td>${count}</td>`).join('');
  const waits = [counts.waitMeanSecondsBefore, counts.waitMeanSecondsAfter];
  return `<tr><th scope="row">${escapeText(name)}</th>${cells}${waits.map((seconds) => `<td>${spanText(seconds)}</td>`).join('')}</tr>`;
}
