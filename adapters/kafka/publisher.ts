// The relay's stream on Kafka, by kafkajs: plain sends, acknowledged by all replicas in sync, one after the other.
// Invariant: resolves only when every record is acknowledged, and records of one request are sent in order. Made by a composition root.
// Left out on purpose: the idempotent producer and transactions (the outbox and `ce_id` do their work; kafkajs calls the first
// experimental) and the creation of topics (the operator decides on partitions, replicas and retention).

import { CompressionTypes, Kafka, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
import type { DomainEvent, Publication, Publisher } from '../../scheduler/index.ts';
import { cloudEvent, type StreamRecord } from './cloudEvent.ts';
import { type KafkaLog, logCreator } from './logger.ts';
import { refusalOf } from './refusal.ts';
import { repairRequestQueue } from './requestQueue.ts';
import { deadLettersTopic, decisionsTopic } from './topics.ts';

export interface KafkaPublisherOptions {
  /** "host:port", any of the cluster. */
  readonly brokers: readonly string[];
  readonly cell: string;
  readonly log: KafkaLog;
  /** Largest record that is tried: at most the topics' `max.message.bytes`. */
  readonly recordBytesMax?: number;
  /** Sent as one request at most: kafkajs makes one batch of all that goes to a partition, and a batch is what the broker measures. */
  readonly requestBytesMax?: number;
}

export interface KafkaPublisher extends Publisher {
  close(): Promise<void>;
}

const ACKNOWLEDGED_BY_ALL = -1;
/** Kafka's own default limit is 1,048,588 with the batch's envelope. */
const RECORD_BYTES_MAX = 1_000_000;
const REQUEST_BYTES_MAX = 512 * 1024;
/** The relay waits and tries again, for as long as it takes; here only what a change of leader needs. */
const RETRY = { retries: 3, initialRetryTime: 50, maxRetryTime: 500 };
const TIMEOUTS = { connectionTimeout: 2000, requestTimeout: 5000 };

export function createKafkaPublisher(options: KafkaPublisherOptions): KafkaPublisher {
  repairRequestQueue();
  const kafka = new Kafka({
    clientId: 'annona',
    brokers: [...options.brokers],
    logCreator: logCreator(options.log),
    retry: RETRY,
    ...TIMEOUTS,
  });
  const producer = kafka.producer({
    allowAutoTopicCreation: true,
    createPartitioner: Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
    retry: RETRY,
  });
  return new ProducerPublisher(producer, options);
}

interface Addressed {
  readonly topic: string;
  readonly record: StreamRecord;
  readonly bytes: number;
}

/** The part of kafkajs's producer that is used. */
export type RecordProducer = Pick<Producer, 'connect' | 'disconnect' | 'sendBatch'>;

export class ProducerPublisher implements KafkaPublisher {
  readonly #producer: RecordProducer;
  readonly #cell: string;
  readonly #recordBytesMax: number;
  readonly #requestBytesMax: number;
  #connected = false;

  constructor(producer: RecordProducer, options: Omit<KafkaPublisherOptions, 'brokers' | 'log'>) {
    this.#producer = producer;
    this.#cell = options.cell;
    this.#recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_MAX;
    this.#requestBytesMax = options.requestBytesMax ?? REQUEST_BYTES_MAX;
  }

  async publish(events: readonly DomainEvent[]): Promise<Publication> {
    const addressed = events.map((event) =>
      this.#address(decisionsTopic(this.#cell, event.department), cloudEvent(event, this.#cell)),
    );
    const tooLarge = addressed.find(({ bytes }) => bytes > this.#recordBytesMax);
    if (tooLarge)
      return {
        type: 'refused',
        reason: `${tooLarge.bytes} bytes are over the limit of ${this.#recordBytesMax}`,
      };
    await this.#connect();
    try {
      // One request after the other: a second in flight could be stored before a first that is repeated.
      for (const request of requestsOf(addressed, this.#requestBytesMax)) await this.#send(request);
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === null) throw error;
      return { type: 'refused', reason };
    }
    return { type: 'acknowledged' };
  }

  /** Without the value when the value may be what was refused: its size. The event stands in the log, under its sequence. */
  async bury(event: DomainEvent, reason: string): Promise<void> {
    const { key, value, headers } = cloudEvent(event, this.#cell);
    const topic = deadLettersTopic(this.#cell, event.department);
    const kept = Buffer.byteLength(value) <= this.#requestBytesMax ? value : '';
    const marks = { annona_reason: reason, annona_value: kept === '' ? 'left out' : 'kept' };
    await this.#connect();
    await this.#send([this.#address(topic, { key, value: kept, headers: { ...headers, ...marks } })]);
  }

  async close(): Promise<void> {
    this.#connected = false;
    await this.#producer.disconnect();
  }

  #address(topic: string, record: StreamRecord): Addressed {
    return { topic, record, bytes: bytesOf(record) };
  }

  /** Not at the start: a broker that is down then is like one that dies later. */
  async #connect(): Promise<void> {
    if (this.#connected) return;
    await this.#producer.connect();
    this.#connected = true;
  }

  async #send(request: readonly Addressed[]): Promise<void> {
    const messages = Map.groupBy(request, ({ topic }) => topic);
    const topicMessages: TopicMessages[] = [...messages].map(([topic, addressed]) => ({
      topic,
      messages: addressed.map(({ record }) => ({ ...record, headers: { ...record.headers } })),
    }));
    await this.#producer.sendBatch({
      topicMessages,
      acks: ACKNOWLEDGED_BY_ALL,
      compression: CompressionTypes.None,
      timeout: TIMEOUTS.requestTimeout,
    });
  }
}

function bytesOf({ key, value, headers }: StreamRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
  for (const [name, text] of Object.entries(headers))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

/** Runs of records that together stay under the limit; one that does not is a run of its own. */
function requestsOf(addressed: readonly Addressed[], bytesMax: number): Addressed[][] {
  const requests: Addressed[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of addressed) {
    if (bytes + one.bytes > bytesMax) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)!.push(one);
    bytes += one.bytes;
  }
  return requests;
}
