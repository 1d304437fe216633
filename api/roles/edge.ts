// The edge of a process: the HTTP server over the database's ports and whatever the process knows of the leader's memory.
// Invariant: nothing here leads or decides. Opened by server.ts, inside the process that leads, and by edgeProcess.ts, outside of it.

import { readFile } from 'node:fs/promises';
import type { Registry } from 'prom-client';
import { loadHeadSigner } from '../../adapters/identity/headSigner.ts';
import { loadOrCreateSigningKey } from '../../adapters/identity/signingKey.ts';
import { createVerifier } from '../../adapters/identity/verifier.ts';
import { refusalOfUrl } from '../../adapters/notify/guardedPost.ts';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import { watchEventLoop } from '../../adapters/system/eventLoop.ts';
import { createEdgeSystem } from '../../adapters/system/ids.ts';
import { createLogger } from '../../adapters/system/logger.ts';
import { traceCalls, traceIntake } from '../../adapters/telemetry/tracing.ts';
import { EventHub } from '../http/hub.ts';
import type { ServerOptions as HttpOptions } from '../http/options.ts';
import { buildServer } from '../http/server.ts';
import type { ConfigurationFollower } from './configurationFollower.ts';
import { type KafkaIntakeOptions, startKafkaIntake } from './kafkaIntake.ts';
import { closeServer, listen } from './listen.ts';
import type { OpenTelemetry } from './openTelemetry.ts';
import type { Shared } from './redis.ts';
import { timers } from './scheduling.ts';
import { placeOfWebhook, secretBoxOf } from './secrets.ts';
import { DEFAULT_LIMITS, type ServerOptions } from './serverOptions.ts';

/** What only the process that leads can answer; elsewhere each says that it does not know. */
export type LeaderMemory = Pick<
  HttpOptions,
  | 'impossibleUnder'
  | 'readiness'
  | 'explainWaiting'
  | 'explanation'
  | 'estimate'
  | 'dryRuns'
  | 'offering'
  | 'tickFiles'
  | 'policies'
  | 'decisions'
  | 'openRequests'
  | 'liveLease'
>;

export type EdgeSettings = Pick<
  ServerOptions,
  | 'directory'
  | 'host'
  | 'port'
  | 'portBusy'
  | 'issuer'
  | 'audience'
  | 'keySet'
  | 'signIn'
  | 'limits'
  | 'logLevel'
  | 'redisUrl'
  | 'intakeQueueItems'
  | 'webhookLoopback'
  | 'secretKeys'
  | 'otlpUrl'
> &
  KafkaIntakeOptions;

export interface EdgeParts {
  readonly options: EdgeSettings;
  readonly follower: Pick<ConfigurationFollower, 'current' | 'adopt'>;
  readonly adapter: PostgresAdapter;
  readonly registry: Registry;
  readonly hub: EventHub;
  readonly memory: LeaderMemory;
  readonly shared: Shared;
  readonly jobAdded: () => void;
  readonly telemetry: OpenTelemetry | null;
  readonly log: (line: string) => void;
  /** Of one that never leads, or stands by. */
  readonly leader?: HttpOptions['leader'];
  /** Of one that other processes ask. */
  readonly inner?: HttpOptions['inner'];
}

/** Answers the URL. Told how to close again, also when it fails half-way. */
export async function openEdge(
  parts: EdgeParts,
  closing: (close: () => Promise<void> | void) => void,
): Promise<string> {
  const { options, adapter, leader, inner, telemetry } = parts;
  const { current: configuration, adopt } = parts.follower;
  const secretBox = secretBoxOf(options.secretKeys ?? []);
  const eventLoop = watchEventLoop();
  closing(() => eventLoop.close());
  const http: HttpOptions = {
    configuration,
    identity: await createVerifier({ ...options, keys: await keysOf(options), configuration, now }),
    intake: telemetry === null ? adapter.intakeWriter : traceIntake(adapter.intakeWriter, telemetry.tracer),
    tracing: telemetry === null ? undefined : traceCalls(telemetry.tracer),
    heartbeats: adapter.heartbeatWriter,
    requests: adapter.readers,
    leases: adapter.readers,
    extensions: adapter.readers,
    approvals: adapter.approvals,
    poolUse: adapter.logs,
    heldUnits: adapter.logs,
    agentHeartbeats: adapter.agentHeartbeats,
    configurations: adapter.configuration,
    adopt,
    ticks: adapter.logs,
    accounts: adapter.accounts,
    usage: adapter.usage,
    queue: adapter.readers,
    eventPages: adapter.readers,
    history: adapter.history,
    audit: adapter.audit,
    headSigner: await loadHeadSigner(options.directory),
    calls: adapter.calls,
    sideJobs: adapter.sideJobs,
    jobAdded: parts.jobAdded,
    webhooks: adapter.webhooks,
    sealWebhookSecret: secretBox && ((id, secret) => secretBox.seal(secret, placeOfWebhook(id))),
    refusalOfWebhook: (url) => refusalOfUrl(url, { allowLoopback: options.webhookLoopback === true }),
    system: createEdgeSystem(),
    digest: sha256,
    metrics: parts.registry,
    hub: parts.hub,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    rateLimiter: parts.shared.rateLimiter,
    presence: parts.shared.presence,
    lagMs: () => eventLoop.lagMs(),
    logger: createLogger({
      level: options.logLevel ?? 'warn',
      role: leader === undefined || leader.leadsHere !== undefined ? 'single' : 'api',
      destination: process.stderr,
    }),
    ...(options.signIn && {
      signIn: { issuer: options.issuer, audience: options.audience, ...options.signIn },
    }),
    ...parts.memory,
    ...(leader === undefined ? {} : { leader }),
    ...(inner === undefined ? {} : { inner }),
  };
  const server = buildServer(http);
  closing(() => closeServer(server));
  const url = await listen(server, options);
  // One that other processes ask is no edge for agents, on Kafka either.
  if (inner === undefined) {
    const { log } = parts;
    const records = startKafkaIntake({ options, ports: http, registry: parts.registry, timers, log });
    closing(() => records?.stop());
  }
  return url;
}

export function hubOf(parts: {
  cell: string;
  adapter: PostgresAdapter;
  log: (line: string) => void;
}): EventHub {
  const { cell, adapter, log } = parts;
  return new EventHub({ cell, log: adapter.logs, now, onError: (error) => log(`events: ${error}`) });
}

async function keysOf(options: EdgeSettings) {
  if (options.keySet !== undefined) return JSON.parse(await readFile(options.keySet, 'utf8'));
  return (await loadOrCreateSigningKey(options.directory)).keys;
}
