// The single process put together: database, scheduling, relay, HTTP edge. Starts in order, stops in the reverse order.
// Invariant: whatever was started before a failure is stopped again. Called by `annona start`, `annona serve` and serverProcess.ts.

import { NoConfigurationError, type PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import { createMetrics, type Metrics } from '../../adapters/telemetry/metrics.ts';
import {
  bandOfRecord,
  type CommitObserver,
  type Configuration,
  madeImpossible,
  openRequestsOf,
  type Runner,
  type RunnerEvent,
} from '../../scheduler/index.ts';
import { engineAbsence } from '../../solver/node.ts';
import type { TickFiles } from '../ports.ts';
import type { Background } from './background.ts';
import { ConfigurationFollower } from './configurationFollower.ts';
import { openDatabase } from './database.ts';
import { hubOf, type LeaderMemory, openEdge } from './edge.ts';
import { type ApartParts, edgeApart } from './edgeApart.ts';
import { establish } from './establishConfiguration.ts';
import { type EstimateBook, startEstimates } from './estimates.ts';
import { startKafkaRelay } from './kafkaRelay.ts';
import { type LookAtLeader, liveExplanation, liveReasons } from './liveReasons.ts';
import { startRenewal } from './renewal.ts';
import { type Scheduling, startScheduling, timers } from './scheduling.ts';
import { DEFAULT_TICK_FILES, type ServerOptions, type ServerStats } from './serverOptions.ts';
import { StartRefused } from './startRefused.ts';
import { keepConfiguration } from './storedConfiguration.ts';
import { createTally } from './tally.ts';
import { keepTickFiles } from './tickFiles.ts';
import { startUpkeep } from './upkeep.ts';

export interface RunningServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly databasePid: number | null;
  /** Of the process that serves HTTP, where it is another than this one. */
  readonly edgePid: () => number | null;
  readonly data: 'created' | 'kept' | 'external';
  readonly configuration: Configuration;
  stats(): ServerStats;
  stop(): Promise<void>;
}

export interface ServerContext {
  readonly log: (line: string) => void;
  readonly version: string;
  /** Told of every commit beside SSE, relay and metrics. */
  readonly observers?: readonly CommitObserver[];
}

export async function startServer(options: ServerOptions, context: ServerContext): Promise<RunningServer> {
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    // One part that fails to stop must not leave the others, and least the database, running.
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the server did not stop in order');
  };
  try {
    const closing = (close: () => Promise<void> | void): void => void closers.push(close);
    return { ...(await compose(options, context, closing)), stop };
  } catch (error) {
    // What could not be stopped either is told; the failure to start is the one that counts.
    await stop().catch((fault: AggregateError) =>
      fault.errors.map((each) => context.log(`stopping: ${each}`)),
    );
    throw error;
  }
}

type Closing = (close: () => Promise<void> | void) => void;

async function compose(
  options: ServerOptions,
  context: ServerContext,
  closing: Closing,
): Promise<Omit<RunningServer, 'stop'>> {
  const { log } = context;
  const absence = await engineAbsence(options.engine);
  if (absence !== null) throw new StartRefused('engine', absence);
  let wake = (): void => {};
  const database = await openDatabase({ ...options, log, onIntakeWritten: () => wake() });
  closing(() => database.close());
  const { adapter } = database;
  const configuration = await bringIntoForce(adapter, options, log);
  await keepConfiguration(options.directory, configuration);
  const follower = followerOf({ options, adapter, configuration, log });
  closing(() => follower.stop());

  const role = options.edge === 'process' ? 'scheduler' : 'single';
  const metrics = createMetrics({ bandOf: bandOfRecord, version: context.version, role });
  const tally = createTally();
  const tickFiles = keepTickFiles(options.tickFiles ?? DEFAULT_TICK_FILES);
  closing(() => tally.close());
  const hub = hubOf({ cell: options.cell, adapter, log });
  const observers: CommitObserver[] = [
    { committed: (commit) => hub.publish(commit.events) },
    metrics,
    tally,
    follower,
    tickFiles,
    ...(context.observers ?? []),
  ];
  const scheduling = await startScheduling({
    options,
    configuration,
    adapter,
    observers: () => observers,
    log,
    report: reportTo(metrics, log),
  });
  const { runner, look } = scheduling;
  closing(scheduling.stop);
  wake = () => runner.wake();
  metrics.watchState({ state: () => runner.state(), now });
  const relay = startKafkaRelay({ options, adapter, metrics, timers, log });
  if (relay) {
    observers.push(relay);
    closing(() => relay.stop());
  }
  const estimates = estimating({ look, observers, log }, closing);
  follower.start();
  const renewal = renewing({ options, adapter, follower, log });
  closing(() => renewal?.stop());
  const upkeep = startUpkeep({ cell: options.cell, store: adapter.upkeep, timers, log });
  closing(() => upkeep.stop());
  const memory = leaderMemory({ scheduling, adapter, estimates, tickFiles });
  const registry = metrics.registry;
  const parts = { options, follower, adapter, hub, memory, log };
  const edge = await serving({ ...parts, registry, runner, observers, database: database.url }, closing);
  return {
    url: edge.url,
    edgePid: edge.pid,
    databaseUrl: database.url,
    databasePid: database.pid,
    data: database.data,
    configuration,
    stats: () => tally.stats(),
  };
}

/** In this process, or apart from it. */
async function serving(
  parts: ApartParts,
  closing: Closing,
): Promise<{ readonly url: string; readonly pid: () => number | null }> {
  if (parts.options.edge === 'process') return edgeApart(parts, closing);
  return { url: await openEdge(parts, closing), pid: () => null };
}

function estimating(
  { look, observers, log }: { look: LookAtLeader; observers: CommitObserver[]; log: (line: string) => void },
  closing: Closing,
): EstimateBook {
  const estimates = startEstimates({ look, now, timers, log });
  observers.push(estimates);
  closing(() => estimates.stop());
  return estimates;
}

function reportTo(metrics: Metrics, log: (line: string) => void): (event: RunnerEvent) => void {
  return (event) => {
    metrics.observeRunner(event);
    if (event.type === 'failure')
      log(`scheduler: ${event.error instanceof Error ? event.error.stack : event.error}`);
  };
}

function filesOf({ configuration, organisationTexts }: ServerOptions): string {
  return organisationTexts === undefined
    ? (configuration?.revision ?? '')
    : sha256([JSON.stringify(organisationTexts)]);
}

async function bringIntoForce(
  adapter: PostgresAdapter,
  options: ServerOptions,
  log: (line: string) => void,
): Promise<Configuration> {
  const { configuration: base, cell } = options;
  if (base === undefined) return storedIn(adapter, cell);
  const store = adapter.configuration;
  return establish({ store, base, files: filesOf(options), digest: sha256, log });
}

function followerOf(parts: {
  readonly options: ServerOptions;
  readonly adapter: PostgresAdapter;
  readonly configuration: Configuration;
  readonly log: (line: string) => void;
}): ConfigurationFollower {
  const { options, adapter, configuration: held, log } = parts;
  // One write after the other: two at once would leave a file that is half of each.
  let kept: Promise<void> = Promise.resolve();
  return new ConfigurationFollower({
    store: adapter.configuration,
    held,
    timers,
    onTaken(taken) {
      kept = kept
        .then(() => keepConfiguration(options.directory, taken))
        .catch((error: unknown) => log(`configuration: ${error}`));
    },
    log,
  });
}

function renewing(parts: {
  readonly options: ServerOptions;
  readonly adapter: PostgresAdapter;
  readonly follower: ConfigurationFollower;
  readonly log: (line: string) => void;
}): Background | null {
  const { options, adapter, follower, log } = parts;
  const { organisationTexts: texts } = options;
  if (texts === undefined) return null;
  const { adopt } = follower;
  const store = adapter.configuration;
  return startRenewal({ texts, files: filesOf(options), store, digest: sha256, now, timers, adopt, log });
}

async function storedIn(adapter: PostgresAdapter, cell: string): Promise<Configuration> {
  try {
    return await adapter.configuration.current(cell);
  } catch (error) {
    if (!(error instanceof NoConfigurationError)) throw error;
    throw new StartRefused('organisation', `${error.message}; load one with --organisation`);
  }
}

function leaderMemory(parts: {
  readonly scheduling: Pick<Scheduling, 'runner' | 'dryRuns' | 'offering' | 'look' | 'policies'>;
  readonly adapter: PostgresAdapter;
  readonly estimates: EstimateBook;
  readonly tickFiles: TickFiles;
}): LeaderMemory {
  const { scheduling, adapter, estimates, tickFiles } = parts;
  const { runner, dryRuns, offering, look, policies } = scheduling;
  return {
    impossibleUnder(next) {
      const state = runner.state();
      return state === null ? null : madeImpossible(state, next);
    },
    readiness: { failing: () => failingChecks(adapter, runner) },
    explainWaiting: liveReasons(runner, now, look),
    explanation: liveExplanation(look),
    estimate: (request) => estimates.of(request),
    dryRuns,
    offering,
    tickFiles,
    policies: policies.keeper,
    decisions: policies.decisions,
    openRequests: (agent) => {
      const state = runner.state();
      return state === null ? null : openRequestsOf(state, agent);
    },
    liveLease: (lease) => runner.state()?.leases.get(lease) ?? null,
  };
}

async function failingChecks(
  adapter: PostgresAdapter,
  runner: Runner,
): Promise<{ check: string; detail: string }[]> {
  const failing: { check: string; detail: string }[] = [];
  await adapter.ping().catch((error: Error) => failing.push({ check: 'database', detail: error.message }));
  if (runner.state() === null) {
    failing.push({
      check: 'leader',
      detail: 'this process does not lead the cell; if it stays so, its log says why',
    });
  }
  return failing;
}
