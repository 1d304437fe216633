// The door `annona/client/kafka`: decisions and lease events from Kafka, each applied once, committed after it was applied.
// Invariant: a record is committed when it was applied, repeated, or reported as what it is; one whose `apply` rejects comes again.
// Used by whoever writes an agent or a service that acts on events, in Node.

import {
  auditTopic,
  createKafkaClient,
  decisionsTopic,
  type KafkaClientName,
  type RecordSource,
} from '../../adapters/kafka/index.ts';
import {
  type AppliedEvents,
  createDeliveries,
  type Delivery,
  type DeliveryCounts,
} from '../client/deliveries.ts';
import type { EventDocument } from '../client/index.ts';

export interface SubscribeOptions {
  /** "host:port", any of the cluster. */
  readonly brokers: readonly string[];
  /** Of the consumer: its members share the partitions, and go on where it has committed. */
  readonly group: string;
  /** `main` when absent. */
  readonly cell?: string;
  /** Whose decisions; `all` reads the topic of the auditors. */
  readonly departments: readonly string[] | 'all';
  readonly client?: KafkaClientName;
  /** Rejecting it brings the event again, for as long as it takes. */
  readonly apply: (event: EventDocument) => void | Promise<void>;
  /** In memory when absent: then a crash between applying and committing applies up to 100 events a second time. */
  readonly applied?: AppliedEvents;
  /** Told of all that was not applied, and of interruptions, which end by themselves. */
  readonly report?: (line: string) => void;
  /** For this long a member that is silent keeps its partitions. */
  readonly sessionTimeoutMs?: number;
}

export interface Subscription {
  /** Resolves when stopped; rejects when the stream cannot be read at all. */
  readonly done: Promise<void>;
  counts(): DeliveryCounts;
  /** What is being applied is applied, and committed. */
  stop(): Promise<void>;
}

export function subscribe(options: SubscribeOptions): Subscription {
  const { report = () => {}, apply, applied } = options;
  const deliveries = createDeliveries(apply, applied);
  const source = sourceOf(options, report);
  const done = source.run(async (record) => {
    const line = lineOf(await deliveries.take(record));
    if (line !== null) report(`${record.topic}/${record.partition}@${record.offset}: ${line}`);
  });
  return { done, counts: deliveries.counts, stop: () => source.stop() };
}

function sourceOf(options: SubscribeOptions, report: (line: string) => void): RecordSource {
  const { brokers, group, cell = 'main', departments, client = 'kafkajs', sessionTimeoutMs } = options;
  const topics =
    departments === 'all'
      ? [auditTopic(cell)]
      : departments.map((department) => decisionsTopic(cell, department));
  const kafka = createKafkaClient(client, {
    brokers,
    log: (level, message) => {
      if (level === 'error') report(`kafka: ${message}`);
    },
  });
  return kafka.source({
    group,
    topics,
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    interrupted: (error) => report(`kafka: ${error}`),
  });
}

function lineOf(delivery: Delivery): string | null {
  switch (delivery.type) {
    case 'applied':
    case 'repeated':
      return null;
    case 'stale':
      return `${delivery.event.id} is of epoch ${delivery.event.epoch}, from before ${delivery.epoch}: left out`;
    case 'unknown':
      return `an event of a type or version that is not known here, "${delivery.what}": left out`;
    case 'malformed':
      return `no event (${delivery.what}): left out`;
    default: {
      const never: never = delivery;
      throw new Error(`unknown delivery ${JSON.stringify(never)}`);
    }
  }
}
