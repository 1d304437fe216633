// A comparison as a table on a terminal. Called by simulate.ts.

import type { ComparedName, Comparison, SchedulerSummary } from '../../../simulations/index.ts';
import type { CommandIo } from '../io.ts';

export function printComparison(comparison: Comparison, io: CommandIo): void {
  const head = ['scheduler', 'wait s', 'p50', 'p95', 'p99', 'max', 'slowdown', 'used', 'makespan s', 'end'];
  const rows = comparison.schedulers.map((summary) => rowOf(summary, comparison));
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  io.out(line(head));
  for (const row of rows) io.out(line(row));
  for (const { scheduler, seed, droppedBy, digest } of comparison.runs) {
    const lost = Object.entries(droppedBy).map(([why, count]) => `, ${count} dropped: ${why}`);
    io.out(
      `${scheduler}${seed === null ? '' : ` seed ${seed}`}: digest ${digest.slice(0, 16)}${lost.join('')}`,
    );
  }
  if (!comparison.complete) io.out('partial: stopped before the end');
}

function rowOf({ scheduler, figures }: SchedulerSummary, { runs }: Comparison): string[] {
  const said = (name: ComparedName, digits: number): string => {
    const { mean, plusMinus } = figures[name];
    const text = mean.toFixed(digits);
    return plusMinus === undefined ? text : `${text} ± ${plusMinus.toFixed(digits)}`;
  };
  const ends = new Set(runs.filter((run) => run.scheduler === scheduler).map(({ end }) => end));
  return [
    scheduler,
    said('waitMeanSeconds', 1),
    said('waitP50Seconds', 0),
    said('waitP95Seconds', 0),
    said('waitP99Seconds', 0),
    said('waitMaxSeconds', 0),
    said('boundedSlowdownMean', 3),
    said('utilisation', 3),
    said('makespanSeconds', 0),
    [...ends].join(', '),
  ];
}
