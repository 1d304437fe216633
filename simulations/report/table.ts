// The runs as comma-separated values, one line a run: what a spreadsheet or another program reads. Called by api/cli/simulate and side jobs.

import type { RunResult } from '../compare.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { titleOf } from './comparison.ts';

const COLUMNS = [
  'end',
  'jobs',
  'finished',
  'unfinished',
  'dropped',
  'waitMeanSeconds',
  'waitP50Seconds',
  'waitP95Seconds',
  'waitP99Seconds',
  'waitMaxSeconds',
  'boundedSlowdownMean',
  'boundedSlowdownP95',
  'utilisation',
  'makespanSeconds',
  'deadlineMisses',
  'preemptions',
  'workLostSeconds',
  'costMinor',
  'jainIndex',
  'leastOfMostShare',
  'starvationAgeSeconds',
] as const satisfies readonly (keyof Metrics)[];

export function tableOf(results: readonly RunResult[]): string {
  const lines = results.map(({ seed, digest, metrics, ...run }) =>
    [quoted(titleOf(run)), seed ?? '', ...COLUMNS.map((name) => metrics[name]), digest].join(','),
  );
  return `${[['scheduler', 'seed', ...COLUMNS, 'digest'].join(','), ...lines].join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
