// What every simulation is fed: jobs with a submit time, a run time and an estimate of it, and the capacity they run on.
// Invariant: times are whole milliseconds of virtual time; jobs come in the order of their submits. Written by traces/ and scenarios/.

import type { Classification } from '../scheduler/index.ts';
import type { OpenbMachine } from './traces/openbNodes.ts';
import type { CapacityPlan } from './world/timeline.ts';

export interface JobClaim {
  readonly kind: string;
  readonly quantity: number;
  /** Label -> the value that the pool must have. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a request says beside its claims, where the workload knows it. */
export interface JobTerms {
  readonly class?: string;
  readonly classification?: Classification;
  readonly purpose?: string;
  readonly preemptible?: boolean;
}

export interface Job {
  /** Position in the order of submits, from 0. */
  readonly index: number;
  readonly name: string;
  readonly submitMs: number;
  /** How long it runs, whatever was said of it. */
  readonly runMs: number;
  /** What a scheduler is told; at least `runMs`, as a lease ends at its declared end. */
  readonly estimateMs: number;
  readonly claims: readonly JobClaim[];
  /** Values of the label `model`, any of which serves; empty: any pool. */
  readonly models: readonly string[];
  readonly department: string;
  readonly agent: string;
  /** 0 is served first by schedulers that know classes. */
  readonly rank: number;
  /** Must have ended by then to be in time. */
  readonly deadlineMs?: number;
  readonly terms?: JobTerms;
  /** Jobs with equal claims and models have equal shapes, from 0. */
  readonly shape: number;
}

/** What a reader says of a job; order and shape are the list's. */
export type JobDraft = Omit<Job, 'index' | 'shape'>;

export interface SimulatedPool {
  readonly id: string;
  readonly kind: string;
  readonly capacity: number;
  /** Of its units; absent: none, and only jobs that name no model take it. */
  readonly model?: string;
  /** Minor units of currency for `pricePer` units and one hour; absent: free. */
  readonly priceMinor?: number;
  readonly pricePer?: number;
  /** It is equal nodes of so many units, and a job takes as few of them as hold it; absent: where units lie does not matter. */
  readonly unitsPerNode?: number;
  /** Of its units, beside the model. */
  readonly labels?: Readonly<Record<string, string | readonly string[]>>;
}

/** Pools, or machines whose jobs sit on one of them whole. */
export interface Capacity {
  readonly pools: readonly SimulatedPool[];
  readonly machines?: readonly OpenbMachine[];
  /** How the pools' capacities change; absent: they do not. */
  readonly plan?: CapacityPlan;
}

export const TRACE_FORMATS = ['swf', 'openb', 'philly', 'gavel', 'annona'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

export interface Trace {
  readonly format: TraceFormat;
  readonly jobs: readonly Job[];
  /** Reason -> how many lines were left out. */
  readonly dropped: ReadonlyMap<string, number>;
  /** What the file says of its machine; null: nothing. */
  readonly capacity: Capacity | null;
}

/** Gives drafts their order (submit, then the order of the file), the first submit the time 0, and equal ones one shape. */
export class JobList {
  readonly #drafts: JobDraft[] = [];
  readonly #dropped = new Map<string, number>();

  add(draft: JobDraft): void {
    this.#drafts.push(draft);
  }

  drop(why: string): void {
    this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1);
  }

  trace(format: TraceFormat, capacity: Capacity | null): Trace {
    const shapes = new Shapes();
    const inOrder = this.#drafts.toSorted((a, b) => a.submitMs - b.submitMs);
    const firstMs = inOrder[0]?.submitMs ?? 0;
    const jobs = inOrder.map((draft, index): Job => {
      const { submitMs, deadlineMs } = draft;
      const deadline = deadlineMs === undefined ? {} : { deadlineMs: deadlineMs - firstMs };
      return { ...draft, ...deadline, submitMs: submitMs - firstMs, index, shape: shapes.of(draft) };
    });
    return { format, jobs, dropped: this.#dropped, capacity };
  }
}

/** Numbers for equal claims and models. */
export class Shapes {
  readonly #known = new Map<string, number>();

  of({ claims, models }: Pick<Job, 'claims' | 'models'>): number {
    const key = JSON.stringify([claims, models]);
    const known = this.#known.get(key) ?? this.#known.size;
    this.#known.set(key, known);
    return known;
  }
}

/** Machines, and beside them their sums as pools, one a kind: what shares and utilisation are counted of. */
export function capacityOfMachines(machines: readonly OpenbMachine[]): Capacity {
  const sum = (of: (machine: OpenbMachine) => number): number =>
    machines.reduce((total, machine) => total + of(machine), 0);
  return {
    machines,
    pools: [
      { id: 'gpu-nodes', kind: 'gpu', capacity: sum(({ gpus }) => gpus * 1000) },
      { id: 'cpu-nodes', kind: 'cpu', capacity: sum(({ cpuMilli }) => cpuMilli) },
      { id: 'memory-nodes', kind: 'memory', capacity: sum(({ memoryMiB }) => memoryMiB) },
    ],
  };
}
