// What a comparison says: per scheduler the mean of its seeds with a confidence interval. Invariant: it depends on inputs and seeds alone.
// Called by api/cli/simulate; page.ts draws it.

import type { RunResult, SchedulerName } from '../compare.ts';
import type { Capacity } from '../job.ts';
import { type Metrics, rounded } from '../metrics/metrics.ts';
import { type PolicyImpact, policyImpacts } from '../metrics/policyImpact.ts';

/** Figures that are compared. */
export const COMPARED = [
  'waitMeanSeconds',
  'waitP50Seconds',
  'waitP95Seconds',
  'waitP99Seconds',
  'waitMaxSeconds',
  'boundedSlowdownMean',
  'utilisation',
  'makespanSeconds',
  'jainIndex',
  'costMinor',
] as const satisfies readonly (keyof Metrics)[];
export type ComparedName = (typeof COMPARED)[number];

export interface Spread {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval of the mean (Student); absent: one run. */
  readonly plusMinus?: number;
}

/** Counts beside the compared figures. */
const COUNTED = ['jobs', 'dropped'] as const satisfies readonly (keyof Metrics)[];

/** The means of all figures by name, and what is compared once more with its interval. */
export interface SchedulerSummary extends Readonly<Record<ComparedName | (typeof COUNTED)[number], number>> {
  readonly scheduler: SchedulerName;
  /** That it ran under; absent: the scheduler knows none. */
  readonly policies?: string;
  readonly runs: number;
  readonly figures: Readonly<Record<ComparedName, Spread>>;
}

export interface Comparison {
  readonly trace: string;
  readonly format: string;
  readonly jobs: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly capacity: Readonly<Record<string, number>>;
  /** What of a sweep it is; absent: nothing is swept. */
  readonly point?: Readonly<Record<string, number | string | boolean>>;
  /** The first policies against each of the others; absent: there are not several. */
  readonly policies?: readonly PolicyImpact[];
  /** False: stopped before all runs had ended. */
  readonly complete: boolean;
  readonly schedulers: readonly SchedulerSummary[];
  readonly runs: readonly (Metrics & {
    readonly scheduler: SchedulerName;
    readonly policies?: string;
    readonly seed: number | null;
    readonly digest: string;
  })[];
}

/** As tables name it: the scheduler, and the policies it ran under where there are several. */
export function titleOf({ scheduler, policies }: Pick<SchedulerSummary, 'scheduler' | 'policies'>): string {
  return policies === undefined ? scheduler : `${scheduler} (${policies})`;
}

export interface ComparisonInput {
  /** As the user named it. */
  readonly trace: string;
  readonly format: string;
  readonly jobs: number;
  readonly dropped: ReadonlyMap<string, number>;
  readonly capacity: Capacity;
  readonly results: readonly RunResult[];
  /** Runs that were wanted. */
  readonly planned: number;
  readonly point?: Comparison['point'];
}

export function comparisonOf(input: ComparisonInput): Comparison {
  const { trace, format, jobs, dropped, capacity, results, planned } = input;
  const policies = policyImpacts(results);
  const titles = [...new Set(results.map(titleOf))];
  return {
    trace,
    format,
    jobs,
    dropped: Object.fromEntries(dropped),
    capacity: Object.fromEntries(capacity.pools.map(({ id, capacity: units }) => [id, units])),
    complete: results.length === planned && results.every(({ metrics }) => metrics.end !== 'stopped'),
    ...(input.point !== undefined && { point: input.point }),
    ...(policies.length > 0 && { policies }),
    schedulers: titles.map((title) => summaryOf(results.filter((one) => titleOf(one) === title))),
    runs: results.map(({ scheduler, policies, seed, digest, metrics }) => {
      return { scheduler, ...(policies !== undefined && { policies }), seed, digest, ...metrics };
    }),
  };
}

function summaryOf(results: readonly RunResult[]): SchedulerSummary {
  const { scheduler, policies } = results[0]!;
  const spreads = [...COUNTED, ...COMPARED].map(
    (name) => [name, spreadOf(results.map(({ metrics }) => metrics[name]))] as const,
  );
  const { jobs: _, dropped: __, ...figures } = Object.fromEntries(spreads);
  const means = Object.fromEntries(spreads.map(([name, { mean }]) => [name, mean]));
  return {
    scheduler,
    ...(policies !== undefined && { policies }),
    runs: results.length,
    ...(means as Record<(typeof spreads)[number][0], number>),
    figures: figures as Record<ComparedName, Spread>,
  };
}

/** 97.5 % points of Student's distribution for 1 to 30 degrees of freedom; beyond them the normal one's. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.96;

export function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean: rounded(mean) };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const plusMinus = (STUDENT[count - 2] ?? NORMAL) * Math.sqrt(variance / count);
  return { mean: rounded(mean), plusMinus: rounded(plusMinus) };
}
