// What Annona asks of a Kafka client, and the two that answer: records sent with the acknowledgement of all replicas in sync, records
// handled one after the other and committed after that, topics created. Nothing else of Kafka is used.
// Invariant: both put a key on the same partition, so that the client can be changed under a running stream.
// Called by publisher.ts, and by composition roots through the door.

import type { KafkaLog } from './logger.ts';

export const KAFKA_CLIENTS = ['kafkajs', 'platformatic'] as const;
export type KafkaClientName = (typeof KAFKA_CLIENTS)[number];

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  /** A 64-bit number as text. */
  readonly offset: string;
  /** Empty where the record has none. */
  readonly key: string;
  readonly value: string;
  /** The value as it came: a text hides bytes that are no UTF-8. */
  readonly bytes: Buffer;
  /** The last one of a name that comes twice. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RecordSender {
  connect(): Promise<void>;
  /** Resolves when all are acknowledged by all replicas in sync. Those of one key keep their order. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface SourceOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** For this long a member that is silent keeps its partitions. */
  readonly sessionTimeoutMs?: number;
  /** Told of what was lost and begun again: a broker, a group, a record that could not be handled. */
  readonly interrupted?: (error: unknown) => void;
}

export interface RecordSource {
  /**
   * From what the group has committed, else from the beginning. Those of one partition are handled one after the other, and committed when
   * `handle` has resolved; where it rejects they come again. Resolves when stopped.
   */
  run(handle: (record: IncomingRecord) => Promise<void>): Promise<void>;
  /** The record that is being handled is handled to its end, and committed. */
  stop(): Promise<void>;
}

export interface TopicToCreate {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Kafka's own settings of a topic, as `retention.ms`. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface KafkaClient {
  readonly name: KafkaClientName;
  sender(): RecordSender;
  source(options: SourceOptions): RecordSource;
  /** Leaves those alone that exist. Answers the names of those that are new. */
  createTopics(topics: readonly TopicToCreate[]): Promise<string[]>;
  /** How many brokers there are. */
  brokerCount(): Promise<number>;
}

export interface KafkaClientOptions {
  /** "host:port", any of the cluster. */
  readonly brokers: readonly string[];
  readonly log: KafkaLog;
  /** For the answer of a broker, and for its connection. */
  readonly requestTimeoutMs?: number;
}

/** kafkajs's 30 s would hide a dead broker for a minute, and hold up a stop for as long. */
export const REQUEST_TIMEOUT_MS = 3000;
/** A group that has lost a member waits this long for it: Kafka's own default is 45 s. */
export const SESSION_TIMEOUT_MS = 10_000;
/** Records that are handled between two commits, at most: bounds what comes again after a crash. */
export const COMMIT_EVERY = 100;

/** Before a source that has failed begins again. */
export const AGAIN_MS = 500;

/** Ends early with the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise.finally(() => clearTimeout(timer));
}

/** Brokers hear of a new topic one by one, a few hundred milliseconds after the controller has made it. */
const KNOWN_TRIES = 50;
const KNOWN_PAUSE_MS = 100;

/** Until a broker describes what was created. @throws what it says when it does not come to know it. */
export async function untilKnown(describe: () => Promise<unknown>): Promise<void> {
  for (let left = KNOWN_TRIES; ; left -= 1) {
    try {
      await describe();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, KNOWN_PAUSE_MS));
    }
  }
}
