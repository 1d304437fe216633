// Simulations as the page shows them: what is asked for, how far a job is, and the figures of several results in one table. Pure.
// Invariant: a figure is compared with the same figure of the first result, and says by itself whether more of it is better.

import type { View } from '../../client/shapes.ts';

export interface JobFile {
  readonly href: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: number;
}

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly department: string;
  readonly subject: string;
  readonly input: View;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly progress: { readonly done: number; readonly total: number };
  readonly attempts: number;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly result: (JobFile & { readonly files?: readonly JobFile[] }) | null;
  readonly error: string | null;
}

export interface Spread {
  readonly mean: number;
  readonly plusMinus?: number;
}

/** The part of simulations/report/comparison.ts that is shown. */
export interface Comparison {
  readonly jobs?: number;
  readonly complete?: boolean;
  readonly schedulers: readonly {
    readonly scheduler: string;
    readonly runs: number;
    readonly figures: Readonly<Record<string, Spread>>;
  }[];
}

/** What is typed into the form. */
export interface Asked {
  readonly workload: 'history' | 'generate';
  readonly hours: string;
  readonly requests: string;
  readonly schedulers: readonly string[];
  readonly seeds: string;
}

export const ASKED: Asked = {
  workload: 'generate',
  hours: '24',
  requests: '1000',
  schedulers: ['annona', 'fcfs'],
  seeds: '3',
};

export const SCHEDULER_WORDS: Readonly<Record<string, string>> = {
  annona: 'the production tick',
  fcfs: 'first come, first served',
  easy: 'EASY backfill',
  sjf: 'shortest job first',
  priority: 'class, then arrival',
  drf: 'dominant resource fairness',
};

const WHOLE = /^[1-9]\d{0,5}$/;
const SEEDS_MOST = 10;

/** What is wrong with it, in words; null: nothing. */
export function faultOf({ workload, hours, requests, schedulers, seeds }: Asked): string | null {
  if (workload === 'history' && !WHOLE.test(hours)) return 'Hours are a whole number, 1 or more.';
  if (workload === 'generate' && !WHOLE.test(requests)) return 'Requests are a whole number, 1 or more.';
  if (!WHOLE.test(seeds) || Number(seeds) > SEEDS_MOST)
    return `Seeds are a whole number from 1 to ${SEEDS_MOST}.`;
  return schedulers.length === 0 ? 'Choose at least one scheduler.' : null;
}

/** The body of the job. A mix of small and large requests for what the pools hold: half of each run's load asks for one unit. */
export function bodyOf({ workload, hours, requests, schedulers, seeds }: Asked): View {
  const source =
    workload === 'history'
      ? { history: { hours: Number(hours) } }
      : {
          generate: {
            requests: Number(requests),
            agents: 200,
            departments: 12,
            meanMillisecondsBetween: 10_000,
            mix: [
              { weight: 6, claims: { gpu: 1 }, runSeconds: { least: 300, most: 7200 }, estimatePercent: 150 },
              { weight: 3, claims: { gpu: 8 }, runSeconds: { least: 600, most: 14_400 }, rank: 1 },
              { weight: 1, claims: { gpu: 64 }, runSeconds: { least: 1800, most: 28_800 }, rank: 2 },
            ],
          },
        };
  return {
    workload: source,
    schedulers,
    seeds: Array.from({ length: Number(seeds) }, (_, index) => index + 1),
  };
}

/** What a job was asked to do, on one line. */
export function saidOf({ input }: Pick<Job, 'input'>): string {
  const own = (input.input ?? input) as View;
  const workload = (own.workload ?? {}) as Readonly<Record<string, View | undefined>>;
  const names = Array.isArray(own.schedulers) ? own.schedulers.map(String).join(', ') : '';
  const seeds = Array.isArray(own.seeds) ? own.seeds.length : 1;
  const source =
    workload.history !== undefined
      ? `the last ${String(workload.history.hours)} h of this server`
      : workload.generate !== undefined
        ? `${String(workload.generate.requests)} generated requests`
        : workload.trace !== undefined
          ? 'a trace'
          : String(input.runner ?? 'a scenario');
  return names === '' ? source : `${source} under ${names}${seeds > 1 ? `, ${seeds} seeds` : ''}`;
}

/** A result that has nothing to compare answers null. */
export function comparisonOf(result: unknown): Comparison | null {
  const { comparison = result } = (result ?? {}) as { readonly comparison?: unknown };
  const { schedulers } = (comparison ?? {}) as Partial<Comparison>;
  const isOne = Array.isArray(schedulers) && schedulers.every(({ figures }) => typeof figures === 'object');
  return isOne ? (comparison as Comparison) : null;
}

interface FigureWords {
  readonly title: string;
  readonly better: 'less' | 'more';
  readonly unit: 'seconds' | 'part' | 'plain';
}

export const FIGURES: Readonly<Record<string, FigureWords>> = {
  waitMeanSeconds: { title: 'mean wait', better: 'less', unit: 'seconds' },
  waitP50Seconds: { title: 'median wait', better: 'less', unit: 'seconds' },
  waitP95Seconds: { title: '95 % waited at most', better: 'less', unit: 'seconds' },
  waitP99Seconds: { title: '99 % waited at most', better: 'less', unit: 'seconds' },
  waitMaxSeconds: { title: 'longest wait', better: 'less', unit: 'seconds' },
  boundedSlowdownMean: { title: 'mean bounded slowdown', better: 'less', unit: 'plain' },
  utilisation: { title: 'utilisation', better: 'more', unit: 'part' },
  makespanSeconds: { title: 'until all had ended', better: 'less', unit: 'seconds' },
  jainIndex: { title: 'Jain index of shares', better: 'more', unit: 'plain' },
  costMinor: { title: 'cost, minor units', better: 'less', unit: 'plain' },
};

export interface ComparedColumn {
  /** Which result it is of, and which scheduler. */
  readonly job: string;
  readonly scheduler: string;
  readonly runs: number;
}

export interface ComparedCell extends Spread {
  /** Against the first column: -0.2 is a fifth less; null where there is nothing to divide by, and in the first. */
  readonly change: number | null;
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface ComparedRow {
  readonly figure: string;
  readonly words: FigureWords;
  readonly cells: readonly (ComparedCell | null)[];
}

/** Every scheduler of every result beside the others, in the order that they are given. */
export function sideBySide(results: readonly { readonly job: string; readonly comparison: Comparison }[]): {
  readonly columns: readonly ComparedColumn[];
  readonly rows: readonly ComparedRow[];
} {
  const all = results.flatMap(({ job, comparison }) =>
    comparison.schedulers.map((summary) => ({ job, ...summary })),
  );
  const rows = Object.entries(FIGURES).flatMap(([figure, words]): ComparedRow[] => {
    const first = all[0]?.figures[figure];
    const cells = all.map(({ figures }, at) => cellOf(figures[figure], at === 0 ? undefined : first, words));
    return cells.every((cell) => cell === null) ? [] : [{ figure, words, cells }];
  });
  return { columns: all.map(({ job, scheduler, runs }) => ({ job, scheduler, runs })), rows };
}

function cellOf(
  spread: Spread | undefined,
  first: Spread | undefined,
  words: FigureWords,
): ComparedCell | null {
  if (spread === undefined) return null;
  if (first === undefined || first.mean === 0) return { ...spread, change: null, verdict: 'same' };
  const change = spread.mean / first.mean - 1;
  // Within both intervals nobody can tell them apart.
  const apart = Math.abs(spread.mean - first.mean) > (spread.plusMinus ?? 0) + (first.plusMinus ?? 0);
  const isBetter = words.better === 'less' ? change < 0 : change > 0;
  return { ...spread, change, verdict: !apart || change === 0 ? 'same' : isBetter ? 'better' : 'worse' };
}
