// A comparison as a table on a terminal. Called by simulate.ts.

import {
  type ComparedName,
  type Comparison,
  type ImpactCounts,
  type PolicyImpact,
  type SchedulerSummary,
  titleOf,
} from '../../../simulations/index.ts';
import type { CommandIo } from '../io.ts';

export function printComparison(comparison: Comparison, io: CommandIo): void {
  const { point, schedulers, runs } = comparison;
  if (point !== undefined)
    io.out(
      `with ${Object.entries(point)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}`,
    );
  const head = ['scheduler', 'wait s', 'p50', 'p95', 'p99', 'max', 'slowdown', 'used', 'makespan s', 'end'];
  for (const line of table(
    head,
    schedulers.map((summary) => rowOf(summary, comparison)),
  ))
    io.out(line);
  for (const { seed, droppedBy, digest, ...run } of runs) {
    const lost = Object.entries(droppedBy).map(([why, count]) => `, ${count} dropped: ${why}`);
    const which = `${titleOf(run)}${seed === null ? '' : ` seed ${seed}`}`;
    io.out(`${which}: digest ${digest.slice(0, 16)}${lost.join('')}`);
    for (const line of detailsOf(run)) io.out(`  ${line}`);
  }
  for (const impact of comparison.policies ?? []) for (const line of impactLines(impact)) io.out(line);
  if (!comparison.complete) io.out('partial: stopped before the end');
}

const RULES_SHOWN = 20;

/** Who gains and loses when the policies are others. */
function impactLines({ before, after, seed, all, departments, rules }: PolicyImpact): string[] {
  const row = (name: string, counts: ImpactCounts): string[] => [
    name,
    ...[counts.requests, counts.granted, counts.lost, counts.sooner, counts.later].map(String),
    counts.waitMeanSecondsBefore.toFixed(1),
    counts.waitMeanSecondsAfter.toFixed(1),
  ];
  const head = ['department', 'requests', 'newly granted', 'no longer', 'sooner', 'later', 'wait s', 'then'];
  const rows = Object.entries(departments).map(([name, counts]) => row(name, counts));
  const shown = rules.slice(0, RULES_SHOWN).map((one) => {
    const codes = one.rules.length === 0 ? "others' rules" : one.rules.join(' ');
    return [one.department, one.impact, codes, `${one.requests}`, one.example];
  });
  return [
    '',
    `${after} instead of ${before}${seed === null ? '' : `, seed ${seed}`}`,
    ...table(head, [...rows, row('all', all)]),
    ...(shown.length === 0
      ? ['nobody fares otherwise']
      : ['', ...table(['department', 'what', 'rules', 'requests', 'example'], shown)]),
    ...(rules.length > RULES_SHOWN
      ? [`${rules.length - RULES_SHOWN} more lines: --json shows them all`]
      : []),
  ];
}

/** What happened that does not happen in every run. */
function detailsOf(run: Omit<Comparison['runs'][number], 'seed' | 'droppedBy' | 'digest'>): string[] {
  const { preemptions, workLostSeconds, deadlineMisses, unfinished, deniedByRule = {}, accounts = {} } = run;
  const rules = Object.entries(deniedByRule).map(([rule, count]) => `${rule} ${count}`);
  const spent = Object.entries(accounts).filter(([, { exhaustedSeconds }]) => exhaustedSeconds !== null);
  const said = [
    ...(preemptions > 0 ? [`${preemptions} taken back, ${Math.round(workLostSeconds)} s of work lost`] : []),
    ...(deadlineMisses > 0 ? [`${deadlineMisses} deadlines missed`] : []),
    ...(unfinished > 0 ? [`${unfinished} never ended`] : []),
  ];
  return [
    ...(said.length > 0 ? [said.join('; ')] : []),
    ...(rules.length > 0 ? [`denied by ${rules.join(', ')}`] : []),
    ...spent.map(
      ([account, { exhaustedSeconds, spent: sum, budget, unit }]) =>
        `${account}: somebody waits for it from ${exhaustedSeconds} s on; ${sum} of ${budget} ${unit} spent`,
    ),
  ];
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows].map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function rowOf({ figures, ...which }: SchedulerSummary, { runs }: Comparison): string[] {
  const title = titleOf(which);
  const said = (name: ComparedName, digits: number): string => {
    const { mean, plusMinus } = figures[name];
    const text = mean.toFixed(digits);
    return plusMinus === undefined ? text : `${text} ± ${plusMinus.toFixed(digits)}`;
  };
  const ends = new Set(runs.filter((run) => titleOf(run) === title).map(({ end }) => end));
  return [
    title,
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
