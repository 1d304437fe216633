// The outbox relay to Kafka inside this process, when brokers are named; nothing otherwise. Kafka being down never holds up a tick.

import { createKafkaPublisher } from '../../adapters/kafka/index.ts';
import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import type { Metrics } from '../../adapters/telemetry/metrics.ts';
import { type CommitObserver, startRelay, type Timers } from '../../scheduler/index.ts';
import type { ServerOptions } from './serverOptions.ts';

export interface KafkaRelay extends CommitObserver {
  stop(): Promise<void>;
}

export interface KafkaRelayParts {
  readonly options: Pick<ServerOptions, 'cell' | 'kafkaBrokers'>;
  readonly adapter: PostgresAdapter;
  readonly metrics: Metrics;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

const SINK = 'kafka';
/** One request of 500 events of about 1 KB stays under Kafka's own limit of 1 MB a batch. */
const BATCH_MAX = 500;
const PACE = { pollMs: 500, backoffMs: 250, backoffMaxMs: 10_000 };

export function startKafkaRelay({
  options,
  adapter,
  metrics,
  timers,
  log,
}: KafkaRelayParts): KafkaRelay | null {
  const { cell, kafkaBrokers } = options;
  if (kafkaBrokers.length === 0) return null;
  const publisher = createKafkaPublisher({
    brokers: kafkaBrokers,
    cell,
    log: (level, message) => {
      if (level === 'error' || level === 'warn') log(`kafka: ${message}`);
    },
  });
  const ports = { log: adapter.logs, cursor: adapter.relayCursor, publisher, timers };
  const relay = startRelay(ports, { cell, sink: SINK, batchMax: BATCH_MAX, ...PACE }, (event) => {
    metrics.observeRelay(event);
    if (event.type === 'failure') log(`kafka relay: ${event.error}; again in ${event.retryMs} ms`);
    if (event.type === 'buried')
      log(`kafka relay: ${event.event.id} went to the dead letters: ${event.reason}`);
  });
  metrics.watchRelay({ sink: SINK, lag: () => relay.lag(), now });
  return {
    committed: () => relay.wake(),
    async stop() {
      await relay.stop();
      await publisher.close();
    },
  };
}
