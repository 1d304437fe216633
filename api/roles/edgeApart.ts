// The edge in a process of its own beside the one that decides: forked, fed with every commit, forked again when it dies.
// Invariant: callers keep their URL; what the edge cannot answer it hands back to a second, inner edge where other processes ask too. Called by serving.ts.

import { Registry } from 'prom-client';
import { sameSecret } from '../../adapters/system/secret.ts';
import type { CommitObserver, Runner } from '../../scheduler/index.ts';
import { crowdedOf } from './crowding.ts';
import { type EdgeParts, openEdge } from './edge.ts';
import type { Metrics } from './edgeMessages.ts';
import { type ForkedEdge, forkEdge } from './forkEdge.ts';
import { timers } from './scheduling.ts';
import { DEFAULT_INTERNAL, type ServerOptions } from './serverOptions.ts';

export interface ApartParts extends EdgeParts {
  readonly options: ServerOptions;
  readonly runner: Pick<Runner, 'state'>;
  readonly wake: () => void;
  /** Shown by the edge, and by other processes, to be let in at the inner edge. */
  readonly secret: string;
  readonly observers: CommitObserver[];
  readonly database: string;
  readonly log: (line: string) => void;
}

/** How old the counts of open requests may be at the edge. */
const COUNTS_MS = 250;
const AGAIN_MS = 500;

export interface EdgeApart {
  readonly url: string;
  /** Where other processes ask this one. */
  readonly innerUrl: string;
  readonly pid: () => number | null;
  /** Another process has committed. */
  readonly look: () => void;
}

export async function edgeApart(
  parts: ApartParts,
  closing: (close: () => Promise<void> | void) => void,
): Promise<EdgeApart> {
  const { options, database, observers, secret } = parts;
  // Figures of calls are the outer edge's; what the inner one would add counts each of them twice.
  const { host, port } = options.internal ?? DEFAULT_INTERNAL;
  const inside = { ...options, host, port, portBusy: 'fail' as const };
  const inner = {
    lets: (shown: string) => sameSecret(shown, secret),
    crowded: () => crowdedOf(parts.runner.state(), options),
  };
  const innerUrl = await openEdge(
    // Spans of calls, likewise.
    { ...parts, options: inside, registry: new Registry(), telemetry: null, inner },
    closing,
  );
  const keeper = new EdgeKeeper(parts, {
    ...edgeSettings(options),
    databaseUrl: database,
    leaderUrl: innerUrl,
    leaderSecret: secret,
  });
  closing(() => keeper.stop());
  const url = await keeper.start();
  observers.push(keeper);
  return { url, innerUrl, pid: () => keeper.pid(), look: () => keeper.look() };
}

function edgeSettings(options: ServerOptions) {
  const { directory, cell, host, port, portBusy, issuer, audience } = options;
  const {
    keySet,
    signIn,
    limits,
    logLevel,
    redisUrl,
    intakeQueueItems,
    webhookLoopback,
    secretKeys,
    otlpUrl,
  } = options;
  return {
    ...{ directory, cell, host, port, portBusy, issuer, audience },
    ...(keySet === undefined ? {} : { keySet }),
    ...(signIn === undefined ? {} : { signIn }),
    ...(limits === undefined ? {} : { limits }),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(intakeQueueItems === undefined ? {} : { intakeQueueItems }),
    ...(otlpUrl === undefined ? {} : { otlpUrl }),
    ...(webhookLoopback === undefined ? {} : { webhookLoopback }),
    ...(secretKeys === undefined ? {} : { secretKeys }),
    ...kafkaSettings(options),
  };
}

function kafkaSettings({ kafkaBrokers, kafkaClient, kafkaTopics, kafkaIntake }: ServerOptions) {
  return {
    kafkaBrokers,
    ...(kafkaClient === undefined ? {} : { kafkaClient }),
    ...(kafkaTopics === undefined ? {} : { kafkaTopics }),
    ...(kafkaIntake === undefined ? {} : { kafkaIntake }),
  };
}

class EdgeKeeper implements CommitObserver {
  readonly #parts: ApartParts;
  #options: Parameters<typeof forkEdge>[0];
  readonly #stopping = new AbortController();
  #edge: ForkedEdge | null = null;
  #keeping: Promise<void> = Promise.resolve();
  #counting: NodeJS.Timeout | undefined;

  constructor(parts: ApartParts, options: Parameters<typeof forkEdge>[0]) {
    this.#parts = parts;
    this.#options = options;
  }

  async start(): Promise<string> {
    const edge = await this.#fork();
    this.#edge = edge;
    // Whoever takes its place listens where it listened.
    this.#options = { ...this.#options, port: Number(new URL(edge.url).port), portBusy: 'fail' };
    this.#keeping = this.#keep(edge);
    this.#counting = setInterval(() => this.#count(), COUNTS_MS);
    this.#counting.unref();
    return edge.url;
  }

  committed({ events, record }: Parameters<CommitObserver['committed']>[0]): void {
    const { configurationRevision } = record;
    this.#edge?.tell({ type: 'committed', configurationRevision, events });
  }

  pid(): number | null {
    return this.#edge?.pid ?? null;
  }

  look(): void {
    this.#edge?.tell({ type: 'look' });
  }

  async stop(): Promise<void> {
    clearInterval(this.#counting);
    this.#stopping.abort();
    await this.#edge?.stop();
    await this.#keeping;
  }

  #fork(): Promise<ForkedEdge> {
    const { wake, jobAdded, registry } = this.#parts;
    return forkEdge(this.#options, {
      wake,
      jobAdded,
      metrics: () => registry.getMetricsAsJSON() as Promise<Metrics>,
    });
  }

  async #keep(first: ForkedEdge): Promise<void> {
    const { signal } = this.#stopping;
    const { log } = this.#parts;
    for (let edge: ForkedEdge | null = first; !signal.aborted; ) {
      const ended = await edge?.gone;
      if (signal.aborted) return;
      if (edge !== null) log(`the edge process ended with ${ended}; starting it again`);
      this.#edge = null;
      edge = await this.#fork().catch((error: Error) => {
        log(`the edge process does not start: ${error.message}`);
        return null;
      });
      this.#edge = edge;
      if (edge === null) await timers.sleep(AGAIN_MS, signal);
      else if (signal.aborted) await edge.stop();
    }
  }

  #count(): void {
    const state = this.#parts.runner.state();
    if (state === null) return;
    this.#edge?.tell({ type: 'crowded', agents: crowdedOf(state, this.#parts.options) });
  }
}
