// A process of a cell put together by its roles: database, scheduling, relay, side work, HTTP edge. Starts in order, stops in the reverse order.
// Invariant: whatever was started before a failure is stopped again. Called by `annona start`, `annona serve` and serverProcess.ts.

import { EtcdLeadership } from '../../adapters/etcd/leadership.ts';
import { NoConfigurationError, openHints, type PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import { newSecret } from '../../adapters/system/secret.ts';
import { createMetrics } from '../../adapters/telemetry/metrics.ts';
import { traceTicks } from '../../adapters/telemetry/tracing.ts';
import { bandOfRecord, type CommitObserver, type Configuration } from '../../scheduler/index.ts';
import { ConfigurationFollower } from './configurationFollower.ts';
import { type Database, openDatabase } from './database.ts';
import { requireEngine, startDeciding } from './deciding.ts';
import { hubOf } from './edge.ts';
import { AllottedElsewhere, establish } from './establishConfiguration.ts';
import { startKafkaRelay } from './kafkaRelay.ts';
import { openTelemetry } from './openTelemetry.ts';
import { openShared } from './redis.ts';
import { startRenewal } from './renewal.ts';
import { type ProcessRole, ROLES, rolesOf } from './role.ts';
import { timers } from './scheduling.ts';
import type { ServerOptions, ServerStats } from './serverOptions.ts';
import type { Closing, ServerParts } from './serverParts.ts';
import { serving } from './serving.ts';
import { StartRefused } from './startRefused.ts';
import { keepConfiguration } from './storedConfiguration.ts';
import { createTally } from './tally.ts';
import { startWorker } from './worker.ts';

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

async function compose(
  options: ServerOptions,
  context: ServerContext,
  closing: Closing,
): Promise<Omit<RunningServer, 'stop'>> {
  const { log } = context;
  const roles = rolesOf(options);
  if (roles.has('scheduler')) await requireEngine(options);
  let wake = (): void => {};
  const database = await openDatabase({ ...options, log, onIntakeWritten: () => wake() });
  closing(() => database.close());
  const parts = await sharedParts({ options, context, database }, closing);
  const tally = createTally();
  closing(() => tally.close());
  parts.observers.push(tally);

  const deciding = roles.has('scheduler') ? await startDeciding(parts, closing) : null;
  wake = deciding?.wake ?? (() => parts.hints.tell('intake', options.cell));
  if (roles.has('relay')) startRelaying(parts, closing);
  if (roles.has('worker')) await startWorker({ ...parts, timers }, closing);
  parts.follower.start();
  if (deciding !== null) startRenewing(parts, closing);
  const served = await serving(parts, deciding, closing);
  return {
    url: served.url,
    edgePid: served.pid,
    databaseUrl: database.url,
    databasePid: database.pid,
    data: database.data,
    configuration: parts.configuration,
    stats: () => tally.stats(),
  };
}

async function sharedParts(
  from: {
    readonly options: ServerOptions;
    readonly context: ServerContext;
    readonly database: Database;
  },
  closing: Closing,
): Promise<ServerParts> {
  const { options, context, database } = from;
  const { log, version } = context;
  const { adapter, url } = database;
  const listening = await openHints({ url, onError: (error) => log(`hints: ${error.message}`) });
  closing(() => listening.close());
  const configuration = await bringIntoForce(adapter, options, log);
  await keepConfiguration(options.directory, configuration);
  const follower = followerOf({ options, adapter, configuration, log });
  closing(() => follower.stop());
  const metrics = createMetrics({ bandOf: bandOfRecord, version, role: figuresOf(options) });
  const shared = await openShared({ redisUrl: options.redisUrl, registry: metrics.registry, log });
  closing(() => shared.close());
  const hints = shared.hintsBefore(listening);
  const hub = hubOf({ cell: options.cell, adapter, log });
  const published: CommitObserver = { committed: (commit) => hub.publish(commit.events) };
  const observers = [published, metrics, follower, ...(context.observers ?? [])];
  const telemetry = await openTelemetry(options.otlpUrl, { role: figuresOf(options), version });
  if (telemetry !== null) {
    closing(() => telemetry.close());
    const onError = (error: unknown): void => log(`traces: ${error}`);
    observers.push(traceTicks({ tracer: telemetry.tracer, traces: adapter.traces, now, onError }));
  }
  const leadership = leadershipOf(options, adapter);
  return {
    ...{ options, configuration, adapter, database: url, leadership, hints, shared, follower },
    ...{ metrics, hub, observers, telemetry, log },
  };
}

/** The epoch that a commit is checked against is PostgreSQL's either way. */
function leadershipOf({ etcd = [] }: ServerOptions, adapter: PostgresAdapter): ServerParts['leadership'] {
  if (etcd.length === 0) return adapter.leadership;
  return new EtcdLeadership({ endpoints: etcd, epochs: adapter.epochs, holder: newSecret() });
}

/** Whose figures of processor, memory and event loop they are. */
function figuresOf(options: ServerOptions): ProcessRole | 'single' {
  const roles = rolesOf(options);
  if (!roles.has('scheduler')) return ROLES.find((role) => roles.has(role)) ?? 'single';
  return roles.has('api') && options.edge !== 'process' ? 'single' : 'scheduler';
}

function startRelaying(
  { options, adapter, leadership, metrics, hints, observers, log }: ServerParts,
  closing: Closing,
): void {
  const relay = startKafkaRelay({ options, adapter, leadership, metrics, timers, log });
  if (relay === null) return;
  observers.push(relay);
  closing(() => relay.stop());
  closing(hints.hear('commit', options.cell, relay.wake));
}

/** New weeks and months come into force by themselves where the organisation's files are. */
function startRenewing({ options, adapter, follower, log }: ServerParts, closing: Closing): void {
  const { organisationTexts: texts } = options;
  if (texts === undefined) return;
  const { adopt } = follower;
  const store = adapter.configuration;
  const renewal = startRenewal({
    texts,
    cell: options.cell,
    files: filesOf(options),
    store,
    digest: sha256,
    now,
    timers,
    adopt,
    log,
  });
  closing(() => renewal.stop());
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
  return establish({ store, base, files: filesOf(options), digest: sha256, timers, log }).catch((error) => {
    throw error instanceof AllottedElsewhere ? new StartRefused('organisation', error.message) : error;
  });
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

async function storedIn(adapter: PostgresAdapter, cell: string): Promise<Configuration> {
  try {
    return await adapter.configuration.current(cell);
  } catch (error) {
    if (!(error instanceof NoConfigurationError)) throw error;
    throw new StartRefused('organisation', `${error.message}; load one with --organisation`);
  }
}
