// The relay's stream on Kafka: plain sends, acknowledged by all replicas in sync, one request after the other.
// Invariant: resolves only when every record is acknowledged, and records of one request are sent in order. Made by a composition root.

import type { DomainEvent, Publication, Publisher } from '../../scheduler/index.ts';
import type {
  KafkaClient,
  KafkaClientName,
  KafkaClientOptions,
  OutgoingRecord,
  RecordSender,
} from './client.ts';
import { createKafkaClient } from './clients.ts';
import { cloudEvent, type StreamRecord } from './cloudEvent.ts';
import { refusalOf } from './refusal.ts';
import { RestartingSender } from './restartingSender.ts';
import { auditTopic, deadLettersTopic, decisionsTopic, type TopicShape, topicsOf } from './topics.ts';

export interface KafkaPublisherOptions extends PublisherLimits, KafkaClientOptions {
  readonly client: KafkaClientName;
  /** Creates topics when the first record is for them; absent: an operator creates them. */
  readonly topics?: TopicShape;
}

export interface PublisherLimits {
  readonly cell: string;
  /** Largest record that is tried: at most the topics' `max.message.bytes`. */
  readonly recordBytesMax?: number;
  /** Sent as one request at most: a client makes one batch of all that goes to a partition, and a batch is what the broker measures. */
  readonly requestBytesMax?: number;
}

export interface KafkaPublisher extends Publisher {
  close(): Promise<void>;
}

/** Kafka's own default limit is 1,048,588 with the batch's envelope. */
const RECORD_BYTES_MAX = 1_000_000;
const REQUEST_BYTES_MAX = 512 * 1024;

export function createKafkaPublisher(options: KafkaPublisherOptions): KafkaPublisher {
  const client = createKafkaClient(options.client, options);
  const { topics } = options;
  return new SenderPublisher(() => client.sender(), {
    ...options,
    ...(topics !== undefined && { ensure: ensurerOf(client, options.cell, topics) }),
  });
}

/** Creates a department's topics before its first record, once a process; one call after the other. */
function ensurerOf(client: KafkaClient, cell: string, shape: TopicShape): Ensure {
  const ensured = new Set<string>();
  let before: Promise<void> = Promise.resolve();
  const ensure = async (departments: readonly string[]) => {
    const fresh = [...new Set(departments)].filter((department) => !ensured.has(department));
    if (fresh.length === 0) return;
    const replicas = Math.min(shape.replicas, await client.brokerCount());
    await client.createTopics(topicsOf(cell, fresh, { ...shape, replicas }));
    for (const department of fresh) ensured.add(department);
  };
  return (departments) => {
    const now = before.catch(() => undefined).then(() => ensure(departments));
    before = now;
    return now;
  };
}

type Ensure = (departments: readonly string[]) => Promise<void>;

interface Addressed {
  readonly record: OutgoingRecord;
  readonly bytes: number;
}

export class SenderPublisher implements KafkaPublisher {
  readonly #sender: RestartingSender;
  readonly #limits: Required<PublisherLimits>;
  readonly #ensure: Ensure;

  constructor(newSender: () => RecordSender, limits: PublisherLimits & { readonly ensure?: Ensure }) {
    this.#sender = new RestartingSender(newSender);
    this.#ensure = limits.ensure ?? (async () => {});
    this.#limits = { recordBytesMax: RECORD_BYTES_MAX, requestBytesMax: REQUEST_BYTES_MAX, ...limits };
  }

  async publish(events: readonly DomainEvent[]): Promise<Publication> {
    const { cell, recordBytesMax, requestBytesMax } = this.#limits;
    const addressed = events.flatMap((event) => {
      const record = cloudEvent(event, cell);
      return [decisionsTopic(cell, event.department), auditTopic(cell)].map((topic) =>
        addressedTo(topic, record),
      );
    });
    const tooLarge = addressed.find(({ bytes }) => bytes > recordBytesMax);
    if (tooLarge) {
      return { type: 'refused', reason: `${tooLarge.bytes} bytes are over the limit of ${recordBytesMax}` };
    }
    await this.#ensure(events.map(({ department }) => department));
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
    await this.#ensure([event.department]);
    await this.#send([addressedTo(deadLettersTopic(cell, event.department), letter)]);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  #send(request: readonly Addressed[]): Promise<void> {
    return this.#sender.send(request.map(({ record }) => record));
  }
}

function addressedTo(topic: string, record: StreamRecord): Addressed {
  let bytes = Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
  for (const [name, text] of Object.entries(record.headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return { record: { topic, ...record }, bytes };
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
