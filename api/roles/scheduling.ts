// The deciding half of a server: policy, solver and the runner over the database's ports. Started before the edge, stopped after it.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now, startStopwatch } from '../../adapters/system/clock.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import {
  type CommitObserver,
  type Configuration,
  keepPrograms,
  type Leadership,
  type Runner,
  type RunnerEvent,
  type SchedulerPorts,
  startRunner,
  TICK_BUDGET,
  type Timers,
} from '../../scheduler/index.ts';
import type { EngineName } from '../../solver/index.ts';
import { createSolverProcess } from '../../solver/node.ts';
import type { DryRuns, Offering } from '../ports.ts';
import { createDryRuns } from './dryRuns.ts';
import { dumpTo } from './dump.ts';
import { type LookAtLeader, leaderLook } from './liveReasons.ts';
import { createOffering } from './offering.ts';
import { DEFAULT_POLICY_SETTINGS, type Policies, startPolicies, underWhatIsInForce } from './policies.ts';
import type { ServerOptions } from './serverOptions.ts';

/** GLPK keeps no program alive and its iterations take four times as long: a unit of work on it is about so many of HiGHS's. */
const GLPK_SLOWER = 4;
/** The watchdog ends a solve that the budget should have ended; far from the budget, so that it never shapes an answer. */
export const SOLVER_WATCHDOG_MS = 800;
/** Its child yields to everything else on the machine, so that a sound solve may take long there. */
const DRY_RUN_WATCHDOG_MS = 5000;
const LOOP = {
  intakeRowsMax: 5000,
  pollMs: 100,
  heartbeatPollMs: 500,
  renewMs: 500,
  electionMs: 250,
} as const;

export interface SchedulingParts {
  readonly options: ServerOptions;
  readonly configuration: Configuration;
  readonly adapter: PostgresAdapter;
  readonly leadership: Leadership;
  readonly observers: () => readonly CommitObserver[];
  readonly report: (event: RunnerEvent) => void;
  readonly log: (line: string) => void;
}

export interface Scheduling {
  readonly runner: Runner;
  readonly dryRuns: DryRuns;
  readonly offering: Offering;
  readonly policies: Policies;
  /** Shared by all who explain. */
  readonly look: LookAtLeader;
  stop(): Promise<void>;
}

export const timers: Timers = {
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};

export async function startScheduling(parts: SchedulingParts): Promise<Scheduling> {
  const { options, configuration, adapter } = parts;
  const stopwatch = startStopwatch();
  const policies = await startPolicies({
    settings: options.policies ?? DEFAULT_POLICY_SETTINGS,
    configuration,
    store: adapter.policies,
    now,
    stopwatch,
    timers,
    log: parts.log,
  });
  const solver = await createSolverProcess({ watchdogMs: SOLVER_WATCHDOG_MS, engine: options.engine }).catch(
    async (error: unknown) => {
      await policies.stop();
      throw error;
    },
  );
  const programs = keepPrograms();
  const ports: SchedulerPorts = {
    leadership: parts.leadership,
    stateSource: underWhatIsInForce(policies.keeper, adapter.stateSource),
    ...storePorts(adapter),
    policy: policies.gate,
    solver,
    observer: {
      committed(commit, decided) {
        programs.committed(commit, decided);
        for (const observer of parts.observers()) observer.committed(commit, decided);
      },
    },
    dump: dumpTo(join(options.directory, 'dumps'), parts.log),
    stopwatch,
    timers,
    digest: sha256,
    solveOptions: { engine: options.engine, budget: budgetOf(options.engine) },
  };
  const runner = startRunner(
    ports,
    { cell: options.cell, intervalMs: options.tickIntervalMs, ...LOOP },
    parts.report,
  );
  const dryRuns = createDryRuns({ ports, runner, now, watchdogMs: DRY_RUN_WATCHDOG_MS });
  const look = leaderLook(runner, now);
  const offering = createOffering({ ports, look, programs, now, watchdogMs: DRY_RUN_WATCHDOG_MS });
  return {
    runner,
    dryRuns,
    offering,
    policies,
    look,
    async stop() {
      await runner.stop();
      await dryRuns.close();
      await offering.close();
      await solver.close();
      await policies.stop();
    },
  };
}

function storePorts({
  intake,
  configuration,
  heartbeats,
  store,
  checkpoints,
  sealer,
}: PostgresAdapter): Pick<
  SchedulerPorts,
  'intake' | 'configuration' | 'heartbeats' | 'store' | 'checkpoints' | 'sealer'
> {
  return { intake, configuration, heartbeats, store, checkpoints, sealer };
}

function budgetOf(engine: EngineName): SchedulerPorts['solveOptions']['budget'] {
  return engine === 'glpk' ? { ...TICK_BUDGET, unitsMax: TICK_BUDGET.unitsMax / GLPK_SLOWER } : TICK_BUDGET;
}
