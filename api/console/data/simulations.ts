// Simulations as the page shows them: what is asked for, how far a job is, and the figures of several results in one table. Pure.
// Invariant: a figure is compared with the same figure of the first result, and says by itself whether more of it is better.

import type { View } from '../../client/shapes.ts';
import type { Pool } from './shapes.ts';

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
  /** What generated requests ask for; '' before the pools are known. */
  readonly kind: string;
  readonly schedulers: readonly string[];
  readonly seeds: string;
}

export const ASKED: Asked = {
  workload: 'generate',
  hours: '24',
  requests: '1000',
  kind: '',
  schedulers: ['fcfs', 'annona'],
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
export function faultOf({ workload, hours, requests, kind, schedulers, seeds }: Asked): string | null {
  if (workload === 'history' && !WHOLE.test(hours)) return 'Hours are a whole number, 1 or more.';
  if (workload === 'generate' && !WHOLE.test(requests)) return 'Requests are a whole number, 1 or more.';
  if (workload === 'generate' && kind === '') return 'There is no pool of units that come back.';
  if (!WHOLE.test(seeds) || Number(seeds) > SEEDS_MOST)
    return `Seeds are a whole number from 1 to ${SEEDS_MOST}.`;
  return schedulers.length === 0 ? 'Choose at least one scheduler.' : null;
}

export interface KindCapacity {
  readonly kind: string;
  readonly capacity: number;
  /** Of its largest pool: nothing that asks for more can start. */
  readonly largest: number;
}

/** Kinds that come back, the largest first; agents and windows are no pools of units. */
export function kindsOf(
  pools: readonly Pick<Pool, 'kind' | 'capacity' | 'consumable'>[],
): readonly KindCapacity[] {
  const kinds = new Map<string, KindCapacity>();
  for (const { kind, capacity, consumable } of pools) {
    if (consumable || kind === 'agent' || capacity === 0) continue;
    const known = kinds.get(kind) ?? { kind, capacity: 0, largest: 0 };
    kinds.set(kind, {
      kind,
      capacity: known.capacity + capacity,
      largest: Math.max(known.largest, capacity),
    });
  }
  return [...kinds.values()].sort((a, b) =>
    a.kind === 'gpu' ? -1 : b.kind === 'gpu' ? 1 : b.capacity - a.capacity,
  );
}

/** So much of the kind is asked for as comes back: the queue neither empties nor grows without an end. */
const LOAD = 0.95;
/** Small, medium and large, by weight: units as a part of the largest pool, seconds that they run. */
const SIZES = [
  { weight: 6, part: 0, least: 300, most: 7200 },
  { weight: 3, part: 1 / 32, least: 600, most: 14_400 },
  { weight: 1, part: 1 / 8, least: 1800, most: 28_800 },
] as const;

function generated(requests: number, { kind, capacity, largest }: KindCapacity) {
  const mix = SIZES.map(({ weight, part, least, most }, rank) => ({
    weight,
    claims: { [kind]: Math.max(1, Math.floor(largest * part)) },
    runSeconds: { least, most },
    estimatePercent: 150,
    rank,
  }));
  const weights = mix.reduce((sum, { weight }) => sum + weight, 0);
  const unitSeconds = mix.reduce(
    (sum, { weight, claims, runSeconds: { least, most } }) =>
      sum + (weight * (claims[kind] ?? 0) * (least + most)) / 2,
    0,
  );
  const between = Math.round((1000 * unitSeconds) / weights / (LOAD * capacity));
  return {
    requests,
    agents: 200,
    departments: 12,
    meanMillisecondsBetween: Math.max(1, Math.min(86_400_000, between)),
    mix,
  };
}

/** The scenario. `kind`: what generated requests ask for. */
export function bodyOf(
  { workload, hours, requests, schedulers, seeds }: Asked,
  kind: KindCapacity | null,
): View {
  const source =
    workload === 'history' || kind === null
      ? { history: { hours: Number(hours) } }
      : { generate: generated(Number(requests), kind) };
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
