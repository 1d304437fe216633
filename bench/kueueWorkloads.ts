// The baseline of Kueue's scheduler performance test (test/performance/scheduler, kubernetes-sigs/kueue): its organisation, and who asks for what when.
// Invariant: the numbers are Kueue's; a scale below 100 leaves workloads out, in every queue and class alike. Called by kueueRun.ts.

import { sha256 } from '../api/roles/digest.ts';
import {
  type AgentId,
  type CohortId,
  type Configuration,
  type DepartmentId,
  type PoolId,
  revisionOf,
} from '../scheduler/index.ts';

export interface WorkloadClass {
  readonly name: 'small' | 'medium' | 'large';
  /** In every queue. */
  readonly count: number;
  readonly units: number;
  readonly runMs: number;
  /** One every so often, in every queue. */
  readonly everyMs: number;
  /** Kueue's priorities are 50, 100 and 200: strict classes, the highest first. */
  readonly rank: number;
  /** What Kueue takes until it admits one, ms in the mean. */
  readonly kueueMs: number;
}

export interface Workload {
  readonly name: string;
  readonly of: WorkloadClass;
  readonly agent: string;
  readonly atMs: number;
}

export const CLASSES: readonly WorkloadClass[] = [
  { name: 'small', count: 350, units: 1, runMs: 200, everyMs: 100, rank: 2, kueueMs: 215_500 },
  { name: 'medium', count: 100, units: 5, runMs: 500, everyMs: 500, rank: 1, kueueMs: 76_800 },
  { name: 'large', count: 50, units: 20, runMs: 1000, everyMs: 1200, rank: 0, kueueMs: 16_500 },
];
export const KUEUE = { wallSeconds: 351, quotaUse: 0.559, megabytes: 445 };
export const KIND = 'cpu';

const COHORTS = 5;
const QUEUES = 6;
const NOMINAL = 20;
const BORROWING = 100;
export const CAPACITY = COHORTS * QUEUES * NOMINAL;

/** Kueue knows no durations: what is declared is far above what is run, so that no lease ends by itself. */
export const DECLARED_SECONDS = 60;
/** Kueue gives no promised starts and lets nothing age: neither begins within a run. */
const TARGET_WAIT_SECONDS = 600;

/** Taken back as often as it comes: the grace is the shortest there is, and agents acknowledge without using it. */
const PREEMPTION = { graceSeconds: 1, hysteresisPercent: 0, revocationsMost: 100 };
/**
 * Nothing here runs for longer than a second, so that waiting is as good as taking back: who was taken back runs anew. Kueue knows no minimum
 * run; with 0 a quarter of what is held is held for nothing.
 */
export const MINIMUM_RUN_SECONDS = 2;

/** A queue is a department with one agent; the workloads of a queue are its requests. */
export function kueueOrganisation(minimumRunSeconds = MINIMUM_RUN_SECONDS): Configuration {
  const queues = Array.from({ length: COHORTS * QUEUES }, (_, i) => ({
    cohort: `cohort-${Math.floor(i / QUEUES)}` as CohortId,
    department: `queue-${String(i).padStart(2, '0')}` as DepartmentId,
  }));
  const unrevised = {
    cell: 'main',
    organisation: 'kueue-baseline',
    departments: queues.map(({ department }) => ({
      id: department,
      title: department,
      clearanceCeiling: 'internal' as const,
      classes: CLASSES.map(({ name }) => name),
      requestLimits: {},
    })),
    agents: queues.map(({ department }) => ({
      id: agentOf(department) as AgentId,
      department,
      roles: ['agent' as const],
      skills: [],
      clearance: 'internal' as const,
      accounts: [],
    })),
    pools: [
      {
        id: 'cpu' as PoolId,
        kind: KIND,
        unit: 'vCPU',
        capacity: CAPACITY,
        labels: {},
        consumable: false,
        priceMinor: 0,
      },
    ],
    // Kueue without a lending limit lends everything that is idle.
    quotas: queues.map(({ department, cohort }) => ({
      department,
      cohort,
      kind: KIND,
      nominal: NOMINAL,
      borrowingLimit: BORROWING,
      lendingLimit: NOMINAL,
    })),
    cohorts: Array.from({ length: COHORTS }, (_, i) => ({
      id: `cohort-${i}` as CohortId,
      title: `cohort-${i}`,
    })),
    accounts: [],
    classes: CLASSES.map(({ name, rank }) => ({
      name,
      rank,
      targetWaitSeconds: TARGET_WAIT_SECONDS,
      maxDurationSeconds: 3600,
      preemption: { ...PREEMPTION, minimumRunSeconds },
    })),
    leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 60, graceSeconds: 0 },
  };
  return { revision: revisionOf(unrevised, sha256), ...unrevised };
}

/** In order of arrival. `percent` of each class in each queue, one at least. */
export function workloadsOf({ departments }: Configuration, percent: number): Workload[] {
  const workloads = departments.flatMap(({ id }) =>
    CLASSES.flatMap((of) =>
      Array.from({ length: Math.ceil((of.count * percent) / 100) }, (_, i) => ({
        name: `${id}-${of.name}-${i}`,
        of,
        agent: agentOf(id),
        atMs: i * of.everyMs,
      })),
    ),
  );
  return workloads.sort((a, b) => a.atMs - b.atMs);
}

/** No wall can be shorter: all units busy throughout, with `lostUnitMs` run for nothing; and nothing ends before it has come and run. */
export function floorMs(workloads: readonly Workload[], lostUnitMs = 0): number {
  const work = workloads.reduce((sum, { of }) => sum + of.units * of.runMs, lostUnitMs);
  const last = workloads.reduce((most, { atMs, of }) => Math.max(most, atMs + of.runMs), 0);
  return Math.max(work / CAPACITY, last);
}

function agentOf(department: string): string {
  return `${department}-agent`;
}
