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

export interface KafkaPublisherOptions extends PublisherLimits {
  /** "host:port", any of the cluster. */
  readonly brokers: readonly string[];
  readonly log: KafkaLog;
}

export interface PublisherLimits {
  readonly cell: string;
  /** Largest record that is tried: at most the topics' `max.message.bytes`. */
  readonly recordBytesMax?: number;
  /** Sent as one request at most: kafkajs makes one batch of all that goes to a partition, and a batch is what the broker measures. */
  readonly requestBytesMax?: number;
  /** For the answer of a broker, and for its connection. */
  readonly requestTimeoutMs?: number;
}

export interface KafkaPublisher extends Publisher {
  close(): Promise<void>;
}

const ACKNOWLEDGED_BY_ALL = -1;
/** Kafka's own default limit is 1,048,588 with the batch's envelope. */
const RECORD_BYTES_MAX = 1_000_000;
const REQUEST_BYTES_MAX = 512 * 1024;
/** The relay waits and tries again, for as long as it takes, and reports it; here only what a change of leader needs. */
const RETRY = { retries: 1, initialRetryTime: 50, maxRetryTime: 500 };
/** kafkajs's 30 s would hide a dead broker for a minute, and hold up a stop for as long. */
const REQUEST_TIMEOUT_MS = 3000;

export function createKafkaPublisher(options: KafkaPublisherOptions): KafkaPublisher {
  repairRequestQueue();
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const newProducer = () => {
    const kafka = new Kafka({
      clientId: 'annona',
      brokers: [...options.brokers],
      logCreator: logCreator(options.log),
      retry: RETRY,
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
    });
    const createPartitioner = Partitioners.DefaultPartitioner;
    return kafka.producer({ createPartitioner, maxInFlightRequests: 1, retry: RETRY });
  };
  return new ProducerPublisher(newProducer, { ...options, requestTimeoutMs });
}

/** The part of kafkajs's producer that is used. */
export type RecordProducer = Pick<Producer, 'connect' | 'disconnect' | 'sendBatch'>;

interface Addressed {
  readonly topic: string;
  readonly record: StreamRecord;
  readonly bytes: number;
}

export class ProducerPublisher implements KafkaPublisher {
  readonly #newProducer: () => RecordProducer;
  readonly #limits: Required<PublisherLimits>;
  #producer: Promise<RecordProducer> | null = null;

  constructor(newProducer: () => RecordProducer, limits: PublisherLimits) {
    this.#newProducer = newProducer;
    this.#limits = {
      recordBytesMax: RECORD_BYTES_MAX,
      requestBytesMax: REQUEST_BYTES_MAX,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      ...limits,
    };
  }

  async publish(events: readonly DomainEvent[]): Promise<Publication> {
    const { cell, recordBytesMax, requestBytesMax } = this.#limits;
    const addressed = events.map((event) =>
      addressedTo(decisionsTopic(cell, event.department), cloudEvent(event, cell)),
    );
    const tooLarge = addressed.find(({ bytes }) => bytes > recordBytesMax);
    if (tooLarge) {
      return { type: 'refused', reason: `${tooLarge.bytes} bytes are over the limit of ${recordBytesMax}` };
    }
    try {
      // One request after the other: a second in flight could be stored before a first that is repeated.
      for (const request of requestsOf(addressed, requestBytesMax)) await this.#send(request);
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === null) throw error;
      return { type: 'refused', reason };
    }
    return { type: 'acknowledged' };
  }

  /** Without the value when its size may be what was refused. The event stands in the log, under its sequence. */
  async bury(event: DomainEvent, reason: string): Promise<void> {
    const { cell, requestBytesMax } = this.#limits;
    const { key, value, headers } = cloudEvent(event, cell);
    const kept = Buffer.byteLength(value) <= requestBytesMax ? value : '';
    const marks = { annona_reason: reason, annona_value: kept === '' ? 'left out' : 'kept' };
    const letter = { key, value: kept, headers: { ...headers, ...marks } };
    await this.#send([addressedTo(deadLettersTopic(cell, event.department), letter)]);
  }

  async close(): Promise<void> {
    const starting = this.#producer;
    this.#producer = null;
    // One that could not start has nothing to end, and whoever waited for it was told.
    const producer = await starting?.catch(() => null);
    await producer?.disconnect();
  }

  async #send(request: readonly Addressed[]): Promise<void> {
    const messages = Map.groupBy(request, ({ topic }) => topic);
    const topicMessages: TopicMessages[] = [...messages].map(([topic, addressed]) => ({
      topic,
      messages: addressed.map(({ record }) => ({ ...record, headers: { ...record.headers } })),
    }));
    try {
      const producer = await this.#connected();
      await producer.sendBatch({
        topicMessages,
        acks: ACKNOWLEDGED_BY_ALL,
        compression: CompressionTypes.None,
        timeout: this.#limits.requestTimeoutMs,
      });
    } catch (error) {
      if (refusalOf(error) === null) await this.#startOver();
      throw error;
    }
  }

  /** Not when made: a broker that is down then is like one that dies later. */
  #connected(): Promise<RecordProducer> {
    this.#producer ??= this.#start();
    return this.#producer;
  }

  async #start(): Promise<RecordProducer> {
    const producer = this.#newProducer();
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /**
   * A producer that has failed is thrown away. kafkajs can stay in "Broker not connected" for good when a broker accepted its connection
   * and did not answer the first request: the pool counts the connection and never asks again.
   */
  async #startOver(): Promise<void> {
    await this.close().catch(() => undefined);
  }
}

function addressedTo(topic: string, record: StreamRecord): Addressed {
  let bytes = Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
  for (const [name, text] of Object.entries(record.headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return { topic, record, bytes };
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
