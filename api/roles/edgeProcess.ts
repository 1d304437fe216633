// The edge as a process of its own, told over IPC whom to serve: HTTP and event streams away from the event loop that decides.
// Invariant: it leads nothing and holds nothing that is not in the database; it ends when its parent asks or is gone. Forked by forkEdge.ts.

import { Registry } from 'prom-client';
import { openPostgres } from '../../adapters/postgres/index.ts';
import { collectProcessMetrics } from '../../adapters/telemetry/process.ts';
import type { AgentId, LeaseId } from '../../scheduler/index.ts';
import type { EventHub } from '../http/hub.ts';
import type { HeldLease } from '../http/options.ts';
import { packageVersion } from '../version.ts';
import { ConfigurationFollower } from './configurationFollower.ts';
import { hubOf, openEdge } from './edge.ts';
import type { EdgeOptions, FromEdge, Metrics, ToEdge } from './edgeMessages.ts';
import { forkedProcess } from './forkedProcess.ts';
import { HeldLeases } from './heldLeases.ts';
import { notLeading } from './notLeading.ts';
import { openTelemetry } from './openTelemetry.ts';
import { openShared } from './redis.ts';
import { timers } from './scheduling.ts';
import { StartRefused } from './startRefused.ts';

const parent = forkedProcess<EdgeOptions, ToEdge, FromEdge>('edge');
const { closing, log, tell } = parent;

async function serve(options: EdgeOptions): Promise<void> {
  const adapter = await openPostgres({
    url: options.databaseUrl,
    ...(options.intakeQueueItems === undefined ? {} : { intakeQueueItemsMax: options.intakeQueueItems }),
    onIntakeWritten: wakeOnce(),
    onConnectionError: (error) => log(`database connection: ${error.message}`),
  });
  closing(() => adapter.close());
  const follower = new ConfigurationFollower({
    store: adapter.configuration,
    held: await adapter.configuration.current(options.cell),
    timers,
    onTaken: () => {},
    log,
  });
  closing(() => follower.stop());
  const hub = hubOf({ cell: options.cell, adapter, log });
  const registry = new Registry();
  collectProcessMetrics(registry, 'api');
  const shared = await openShared({ redisUrl: options.redisUrl, registry, log });
  closing(() => shared.close());
  const telemetry = await openTelemetry(options.otlpUrl, { role: 'api', version: packageVersion() });
  closing(() => telemetry?.close());
  const link = new Link(hub, follower);
  parent.hear((message) => link.hear(message));
  follower.start();
  const url = await openEdge(
    {
      options,
      follower,
      adapter,
      hub,
      registry,
      memory: {
        ...notLeading(),
        openRequests: (agent) => link.openRequests(agent),
        liveLease: (lease) => link.liveLease(lease),
      },
      shared,
      telemetry,
      log,
      jobAdded: () => tell({ type: 'jobAdded' }),
      leader: {
        address: async () => ({ url: options.leaderUrl, secret: options.leaderSecret }),
        forget: () => {},
        readiness: 'leader',
        metrics: () => link.metrics(),
      },
    },
    closing,
  );
  tell({ type: 'ready', url });
}

/** Many groups of one turn of the event loop are one hint. */
function wakeOnce(): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      tell({ type: 'wake' });
    });
  };
}

/** What the parent tells, and what it is asked. */
class Link {
  readonly #hub: EventHub;
  readonly #follower: ConfigurationFollower;
  #crowded: ReadonlyMap<AgentId, number> = new Map();
  readonly #held = new HeldLeases();
  readonly #asked: ((metrics: Metrics | null) => void)[] = [];

  constructor(hub: EventHub, follower: ConfigurationFollower) {
    this.#hub = hub;
    this.#follower = follower;
  }

  hear(message: ToEdge): void {
    if (message.type === 'look') this.#hub.look();
    if (message.type === 'crowded') this.#crowded = new Map(message.agents);
    if (message.type === 'metrics') for (const give of this.#asked.splice(0)) give(message.metrics);
    if (message.type !== 'committed') return;
    this.#hub.publish(message.events);
    this.#held.note(message.events);
    if (message.configurationRevision !== this.#follower.current().revision) void this.#follower.look();
  }

  async metrics(): Promise<Metrics> {
    const told = await new Promise<Metrics | null>((resolve) => {
      if (this.#asked.push(resolve) === 1) tell({ type: 'metrics' });
    });
    if (told === null) throw new Error('the process that decides could not read its metrics');
    return told;
  }

  liveLease(lease: LeaseId): HeldLease | null {
    return this.#held.get(lease);
  }

  openRequests(agent: AgentId): number {
    return this.#crowded.get(agent) ?? 0;
  }
}

parent.run(serve, (error) => ({
  type: 'failed',
  message: error instanceof Error ? error.message : String(error),
  obstacle: error instanceof StartRefused ? error.obstacle : null,
}));
