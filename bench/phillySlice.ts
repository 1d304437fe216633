// The slice of Philly's log that the study of docs/business-case.md is about, with the dimensions that the log does not have: estimates, dataset
// seats, reviewers and budgets are derived from a hash of the job's name by the rules here. Invariant: the same log gives the same jobs.
// Called by philly.ts.
import { createHash } from 'node:crypto';
import type { Capacity, Job, JobClaim } from '../simulations/index.ts';

/** The clusters of the published FIFO table, with the GPUs to which it cut them: 432 together. Here they share. */
const CLUSTER_GPUS = { '6214e9': 96, '11cb48': 40, ee9e8c: 192, '2869ce': 72, '103959': 32 } as const;
const PUBLISHED_GPUS = Object.values(CLUSTER_GPUS).reduce<number>((sum, gpus) => sum + gpus, 0);
const DAY_MS = 86_400_000;
/** Submitted in the two weeks from Monday, 23 October 2017. */
export const SLICE_MS = 14 * DAY_MS;
const FROM = Date.UTC(2017, 9, 23);
/** A GPU for an hour, in minor units; what it is multiplied by does not matter for any comparison. */
const PRICE_MINOR = 100;
/** Of what the log's own run times cost, what a cluster has for them. */
const BUDGET_PER_CENT = 90;

/** What people say beside how long it runs, each as often: users of batch systems ask for several times what they need. */
const ESTIMATE_PER_CENT = [100, 150, 200, 300, 500, 1000] as const;
/** Of 256 hashes: half of the jobs read the first dataset, a quarter the second, an eighth each of the others; a seat as long as they run. */
const DATASETS = [
  { kind: 'dataset-a', below: 128 },
  { kind: 'dataset-b', below: 192 },
  { kind: 'dataset-c', below: 224 },
  { kind: 'dataset-d', below: 256 },
] as const;
/** Who runs on a whole node or more has a reviewer at hand meanwhile. */
const REVIEWED_GPUS = 8;
/** Seats and reviewers, of what is asked for on average: they bind at times, and the GPUs, of which there are fewer, more often. */
const SEATS_PER_CENT = 200;

export interface Slice {
  readonly jobs: readonly Job[];
  readonly gpuHours: number;
  readonly meanRunSeconds: number;
  readonly budgets: readonly { readonly department: string; readonly minor: number }[];
}

/**
 * @param epoch instant of the log's time 0
 * @param estimates `derived` by the rule above; `exact`: everybody knows how long it runs
 */
export function sliceOf(
  log: readonly Job[],
  { epoch, estimates }: { readonly epoch: number; readonly estimates: 'derived' | 'exact' },
): Slice {
  const shapes = new Map<string, number>();
  const shapeOf = (claims: readonly JobClaim[]): number => {
    const key = JSON.stringify(claims);
    const shape = shapes.get(key) ?? shapes.size;
    shapes.set(key, shape);
    return shape;
  };
  const startMs = FROM - epoch;
  const jobs = log
    .filter(({ department, submitMs }) => {
      return department in CLUSTER_GPUS && submitMs >= startMs && submitMs < startMs + SLICE_MS;
    })
    .map((job, index): Job => {
      const hash = createHash('sha256').update(job.name).digest();
      const claims = claimsOf(job, hash);
      const perCent = estimates === 'exact' ? 100 : ESTIMATE_PER_CENT[hash[1]! % ESTIMATE_PER_CENT.length]!;
      return {
        ...job,
        index,
        claims,
        shape: shapeOf(claims),
        submitMs: job.submitMs - startMs,
        estimateMs: Math.ceil((job.runMs * perCent) / 100),
      };
    });
  const spent = new Map<string, number>();
  for (const job of jobs) spent.set(job.department, (spent.get(job.department) ?? 0) + gpuHoursOf(job));
  return {
    jobs,
    gpuHours: jobs.reduce((sum, job) => sum + gpuHoursOf(job), 0),
    meanRunSeconds: jobs.reduce((sum, { runMs }) => sum + runMs, 0) / jobs.length / 1000,
    budgets: [...spent].sort().map(([department, hours]) => {
      return { department, minor: Math.round((hours * PRICE_MINOR * BUDGET_PER_CENT) / 100) };
    }),
  };
}

/** Beside the GPUs everything stays as it is. */
export function capacityOf({ jobs }: Pick<Slice, 'jobs'>, gpus: number): Capacity {
  const asked = new Map<string, number>();
  for (const { claims, runMs } of jobs)
    for (const { kind, quantity } of claims.slice(1))
      asked.set(kind, (asked.get(kind) ?? 0) + (quantity * runMs) / SLICE_MS);
  const seats = [...asked].sort().map(([kind, mean]) => {
    return { id: kind, kind, capacity: Math.ceil((mean * SEATS_PER_CENT) / 100) };
  });
  return { pools: [{ id: 'gpu', kind: 'gpu', capacity: gpus, priceMinor: PRICE_MINOR }, ...seats] };
}

/** Each cluster the part of the GPUs that it has in the published table. */
export function quotasOf(gpus: number): { department: string; kind: string; most: number }[] {
  return Object.entries(CLUSTER_GPUS).map(([department, own]) => {
    return { department, kind: 'gpu', most: Math.round((own * gpus) / PUBLISHED_GPUS) };
  });
}

function claimsOf({ claims: [gpu] }: Job, hash: Buffer): JobClaim[] {
  const { kind } = DATASETS.find(({ below }) => hash[0]! < below)!;
  const claims = [gpu!, { kind, quantity: 1 }];
  return gpu!.quantity >= REVIEWED_GPUS ? [...claims, { kind: 'review', quantity: 1 }] : claims;
}

function gpuHoursOf({ claims, runMs }: Job): number {
  return (claims[0]!.quantity * runMs) / 3_600_000;
}
