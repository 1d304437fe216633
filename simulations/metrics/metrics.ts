// The figures of one run, as they are printed. Invariant: nothing here depends on how long the run took, so that equal inputs give equal bytes;
// numbers are rounded to a millionth. Called by recorder.ts.

import type { RunEnd } from '../baselines/engine.ts';
import { type DepartmentBudget, type DepartmentUse, HOUR_MS } from './departments.ts';
import { jain, leastOfMost } from './fairness.ts';
import type { PoolUse, Recorder } from './recorder.ts';

export interface DepartmentMetrics {
  readonly jobs: number;
  readonly waitMeanSeconds: number;
  readonly waitP95Seconds: number;
  /** Of the whole run: how much of its dominant kind it held. */
  readonly dominantShareMean: number;
  readonly costMinor: number;
  readonly waitMaxSeconds: number;
  readonly dropped: number;
  readonly preemptions: number;
}

export interface BudgetMetrics {
  readonly budgetMinor: number;
  readonly spentMinor: number;
  /** From the first submit until it was spent, as if each run had paid evenly; null: it lasted. */
  readonly runOutSeconds: number | null;
}

/** Of one account and period, all that is below it in the tree counted. */
export interface AccountMetrics {
  /** Currency, whose minor units the numbers are, or seconds of a kind. */
  readonly unit: string;
  readonly parent?: string;
  readonly budget: number;
  readonly spent: number;
  /** Still set aside at the end of the run. */
  readonly reserved: number;
  /** From the start of the run until somebody first had to wait for it; null: nobody had to. */
  readonly exhaustedSeconds: number | null;
  /** At the mean rate of the run, when it is within the period; null: it lasts. */
  readonly runsOutAt: string | null;
}

export interface TickMetrics {
  /** Time-weighted mean of the dual values of the pools' rows: what one more unit was worth, in points of the objective. Dearest first. */
  readonly priceByPool: Readonly<Record<string, number>>;
  readonly ticks: number;
  /** Largest proven relative distance from the best plan, over all ticks and classes. */
  readonly gapMax: number;
  readonly gapMean: number;
}

export interface Metrics {
  /** `drained`: everything ended. Anything else: the figures are of a part. */
  readonly end: RunEnd;
  readonly jobs: number;
  readonly finished: number;
  /** Still running or waiting at the end. */
  readonly unfinished: number;
  readonly dropped: number;
  /** By rule. */
  readonly droppedBy: Readonly<Record<string, number>>;
  readonly waitMeanSeconds: number;
  readonly waitP50Seconds: number;
  readonly waitP95Seconds: number;
  readonly waitP99Seconds: number;
  readonly waitMaxSeconds: number;
  readonly boundedSlowdownMean: number;
  readonly boundedSlowdownP95: number;
  /** Of the kind that was used most, from the first submit to the last end. */
  readonly utilisation: number;
  readonly utilisationByKind: Readonly<Record<string, number>>;
  readonly utilisationByPool: Readonly<Record<string, number>>;
  readonly makespanSeconds: number;
  readonly deadlineMisses: number;
  readonly preemptions: number;
  readonly workLostSeconds: number;
  readonly costMinor: number;
  /** Of departments' mean dominant shares. */
  readonly jainIndex: number;
  readonly leastOfMostShare: number;
  /** Longest wait, those that still wait at the end included. */
  readonly starvationAgeSeconds: number;
  readonly departments: Readonly<Record<string, DepartmentMetrics>>;
  /** By department, of those that have one. */
  readonly budgets: Readonly<Record<string, BudgetMetrics>>;
  /** Of the production tick alone, as is all that follows. */
  readonly solver?: TickMetrics;
  /** Requests that a rule of the policy denied; a request that several denied counts for each. */
  readonly deniedByRule?: Readonly<Record<string, number>>;
  /** By account and period, of an organisation that has some. */
  readonly accounts?: Readonly<Record<string, AccountMetrics>>;
}

export function metricsOf(run: Recorder, end: RunEnd, untilMs: number): Metrics {
  const [p50, p95, p99, max] = run.waits.quantiles(0.5, 0.95, 0.99, 1) as [number, number, number, number];
  const [slowdownP95] = run.slowdowns.quantiles(0.95) as [number];
  const byKind = shareOf(run.pools, ({ pool }) => pool.kind);
  const all = run.departments.all;
  const waiting = [...run.waiting];
  const oldest = waiting.reduce((most, { submitMs }) => Math.max(most, (untilMs - submitMs) / 1000), 0);
  const shares = all.map((use) => (untilMs === 0 ? 0 : use.shareArea / untilMs));
  return {
    end,
    jobs: run.jobs,
    finished: run.finished,
    unfinished: waiting.length + run.running,
    dropped: [...run.refusals.values()].reduce((sum, count) => sum + count, 0),
    droppedBy: Object.fromEntries([...run.refusals].sort(([a], [b]) => (a < b ? -1 : 1))),
    waitMeanSeconds: rounded(run.waits.mean),
    waitP50Seconds: rounded(p50),
    waitP95Seconds: rounded(p95),
    waitP99Seconds: rounded(p99),
    waitMaxSeconds: rounded(max),
    boundedSlowdownMean: rounded(run.slowdowns.mean),
    boundedSlowdownP95: rounded(slowdownP95),
    utilisation: Math.max(0, ...Object.values(byKind)),
    utilisationByKind: byKind,
    utilisationByPool: shareOf(run.pools, ({ pool }) => pool.id),
    makespanSeconds: rounded(untilMs / 1000),
    deadlineMisses:
      run.deadlineMisses + waiting.filter(({ deadlineMs }) => isPast(deadlineMs, untilMs)).length,
    preemptions: run.preemptions,
    workLostSeconds: rounded(run.workLostMs / 1000),
    costMinor: Math.round(run.costMinor),
    jainIndex: rounded(jain(shares)),
    leastOfMostShare: rounded(leastOfMost(shares)),
    starvationAgeSeconds: rounded(Math.max(max, oldest)),
    departments: Object.fromEntries(all.map((use) => [use.name, departmentMetrics(use, untilMs)])),
    budgets: Object.fromEntries(run.budgets.map((budget) => [budget.department, budgetMetrics(budget, all)])),
  };
}

/** Whoever still waits when its time is over has missed it. */
function isPast(deadlineMs: number | undefined, untilMs: number): boolean {
  return deadlineMs !== undefined && deadlineMs <= untilMs;
}

function departmentMetrics(use: DepartmentUse, untilMs: number): DepartmentMetrics {
  const [p95, max] = use.waits.quantiles(0.95, 1) as [number, number];
  return {
    jobs: use.jobs,
    waitMeanSeconds: rounded(use.waits.mean),
    waitP95Seconds: rounded(p95),
    dominantShareMean: rounded(untilMs === 0 ? 0 : use.shareArea / untilMs),
    costMinor: Math.round(use.costMinor),
    waitMaxSeconds: rounded(max),
    dropped: use.dropped,
    preemptions: use.preemptions,
  };
}

function budgetMetrics(
  { department, minor }: DepartmentBudget,
  all: readonly DepartmentUse[],
): BudgetMetrics {
  const use = all.find(({ name }) => name === department);
  const ranOut = use?.spending.passes(minor * HOUR_MS) ?? null;
  return {
    budgetMinor: minor,
    spentMinor: Math.round(use?.costMinor ?? 0),
    runOutSeconds: ranOut === null ? null : Math.round(ranOut / 1000),
  };
}

/** Used units x time as a part of what there was, summed by what `nameOf` says. */
function shareOf(pools: readonly PoolUse[], nameOf: (use: PoolUse) => string): Record<string, number> {
  const sums = new Map<string, { area: number; available: number }>();
  for (const use of pools) {
    const sum = sums.get(nameOf(use)) ?? { area: 0, available: 0 };
    sum.area += use.area;
    sum.available += use.available;
    sums.set(nameOf(use), sum);
  }
  return Object.fromEntries(
    [...sums].map(([name, { area, available }]) => [name, available === 0 ? 0 : rounded(area / available)]),
  );
}

export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
