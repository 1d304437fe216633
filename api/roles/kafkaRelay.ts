// The outbox relay to Kafka, when brokers are named; nothing otherwise. Of all processes with the role one at a time publishes: the elected one.
// Invariant: Kafka being down never holds up a tick; a relay that lost its seat moves no cursor any more.

import { createKafkaPublisher } from '../../adapters/kafka/index.ts';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import type { Metrics } from '../../adapters/telemetry/metrics.ts';
import {
  type CommitObserver,
  type Epoch,
  type Leadership,
  type Relay,
  type RelayEvent,
  type RelayLag,
  startRelay,
  type Timers,
} from '../../scheduler/index.ts';
import type { Background } from './background.ts';
import { whileElected } from './elected.ts';
import type { ServerOptions } from './serverOptions.ts';

export interface KafkaRelay extends CommitObserver {
  /** A hint that something was committed elsewhere. */
  wake(): void;
  stop(): Promise<void>;
}

export interface KafkaRelayParts {
  readonly options: Pick<ServerOptions, 'cell' | 'kafkaBrokers' | 'kafkaClient' | 'kafkaTopics'>;
  readonly adapter: PostgresAdapter;
  readonly leadership: Leadership;
  readonly metrics: Metrics;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

const SINK = 'kafka';
/** One request of 500 events of about 1 KB stays under Kafka's own limit of 1 MB a batch. */
const BATCH_MAX = 500;
/** Fewer replicas where there are fewer brokers. */
const DEVELOPMENT_TOPICS = { partitions: 3, replicas: 3 };
/**
 * The brokers are asked once a turn, and their replicas fetch after each: a turn for each of forty ticks a second keeps them busier than the
 * events do. With the rest there are twenty, and no event waits longer for it than that.
 */
const PACE = { pollMs: 500, restMs: 25, backoffMs: 250, backoffMaxMs: 10_000 };
/** While another process relays, it is the one that knows. */
const ELSEWHERE: RelayLag = { cursor: 0, behind: 0, oldestAt: null };

export function startKafkaRelay(parts: KafkaRelayParts): KafkaRelay | null {
  const { options, leadership, metrics, timers, log } = parts;
  const { cell, kafkaBrokers } = options;
  if (kafkaBrokers.length === 0) return null;
  let relay: Relay | null = null;
  const wake = (): void => relay?.wake();
  metrics.watchRelay({ sink: SINK, lag: () => relay?.lag() ?? ELSEWHERE, now });
  const seat = { leadership, name: `${SINK}:${cell}`, timers, log };
  const elected = whileElected(seat, (epoch) => {
    const working = relaying(parts, epoch);
    relay = working.relay;
    return {
      async stop() {
        relay = null;
        await working.stop();
      },
    };
  });
  return { committed: wake, wake, stop: () => elected.stop() };
}

function relaying(
  { options, adapter, metrics, timers, log }: KafkaRelayParts,
  epoch: Epoch,
): Background & { readonly relay: Relay } {
  const { cell, kafkaBrokers, kafkaClient = 'kafkajs', kafkaTopics = 'given' } = options;
  const publisher = createKafkaPublisher({
    client: kafkaClient,
    brokers: kafkaBrokers,
    cell,
    ...(kafkaTopics === 'create' && { topics: DEVELOPMENT_TOPICS }),
    log: (level, message) => {
      if (level === 'error' || level === 'warn') log(`kafka: ${message}`);
    },
  });
  const ports = { log: adapter.logs, cursor: adapter.relayCursors.under(epoch), publisher, timers };
  const report = (event: RelayEvent): void => {
    metrics.observeRelay(event);
    if (event.type === 'failure') log(`kafka relay: ${event.error}; again in ${event.retryMs} ms`);
    if (event.type === 'buried')
      log(`kafka relay: ${event.event.id} went to the dead letters: ${event.reason}`);
  };
  const relay = startRelay(ports, { cell, sink: SINK, batchMax: BATCH_MAX, ...PACE }, report);
  return {
    relay,
    async stop() {
      await relay.stop();
      await publisher.close();
    },
  };
}
