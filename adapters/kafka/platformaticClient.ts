// Kafka by @platformatic/kafka: the client that is maintained, behind the same port as kafkajs.
// Invariant: of client.ts. Its own default partitioner puts half of the keys elsewhere than Java's clients and kafkajs do: never used.
// Called by clients.ts.

import {
  Admin,
  Consumer,
  compatibilityPartitioner,
  findErrorBy,
  type Message,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import {
  AGAIN_MS,
  COMMIT_EVERY,
  type IncomingRecord,
  type KafkaClient,
  type KafkaClientOptions,
  type OutgoingRecord,
  pause,
  REQUEST_TIMEOUT_MS,
  type RecordSender,
  type RecordSource,
  SESSION_TIMEOUT_MS,
  type SourceOptions,
  type TopicToCreate,
  untilKnown,
} from './client.ts';

/** As of kafkajsClient.ts: the relay tries again by itself, and so does the loop of a source. */
const RETRY = { retries: 3, retryDelay: 200 };

type Connected = ReturnType<typeof baseOf>;
/** A text hides bytes that are no UTF-8. */
const DESERIALIZERS = { ...stringDeserializers, value: (bytes?: Buffer): Buffer => bytes ?? Buffer.alloc(0) };
type Taken = Message<string, Buffer, string, string>;

export function createPlatformaticClient(options: KafkaClientOptions): KafkaClient {
  const base = baseOf(options);
  const withAdmin = async <Answer>(work: (admin: Admin) => Promise<Answer>): Promise<Answer> => {
    const admin = new Admin(base);
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  };
  return {
    name: 'platformatic',
    sender: () => new PlatformaticSender(base),
    source: (how) => new PlatformaticSource(base, how),
    createTopics: (topics) => withAdmin((admin) => createTopics(admin, topics)),
    brokerCount: () => withAdmin(async (admin) => (await admin.metadata({})).brokers.size),
  };
}

function baseOf({ brokers, requestTimeoutMs = REQUEST_TIMEOUT_MS }: KafkaClientOptions) {
  return {
    clientId: 'annona',
    bootstrapBrokers: [...brokers],
    connectTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: requestTimeoutMs,
    autocreateTopics: false,
    ...RETRY,
  };
}

class PlatformaticSender implements RecordSender {
  readonly #producer: Producer<string, string, string, string>;
  #before: Promise<unknown> = Promise.resolve();

  constructor(base: Connected) {
    this.#producer = new Producer({
      ...base,
      serializers: stringSerializers,
      partitioner: compatibilityPartitioner,
      acks: ProduceAcks.ALL,
      // A second request in flight could be stored before a first that is repeated.
      maxInflights: 1,
    });
  }

  /** It connects with the first request. */
  async connect(): Promise<void> {}

  /**
   * One after the other: 2.12.1 answers two calls at once with the metadata of one of them, and then throws out of its own callback because
   * it lacks the other's topic, which no promise ever hears of.
   */
  send(records: readonly OutgoingRecord[]): Promise<void> {
    const messages = records.map(({ topic, key, value, headers }) => ({
      topic,
      key,
      value,
      headers: { ...headers },
    }));
    const sent = this.#before
      .catch(() => undefined)
      .then(async () => void (await this.#producer.send({ messages, acks: ProduceAcks.ALL })));
    this.#before = sent;
    return sent;
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

class PlatformaticSource implements RecordSource {
  readonly #base: Connected;
  readonly #options: SourceOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #endFetching: (() => Promise<void>) | null = null;

  constructor(base: Connected, options: SourceOptions) {
    this.#base = base;
    this.#options = options;
  }

  run(handle: (record: IncomingRecord) => Promise<void>): Promise<void> {
    this.#running = this.#loop(handle);
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#endFetching?.();
    await this.#running;
  }

  /** A consumer that has failed is thrown away, and the next one goes on from what was committed. */
  async #loop(handle: (record: IncomingRecord) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#consume(handle);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.interrupted?.(error);
        await pause(AGAIN_MS, signal);
      }
    }
  }

  async #consume(handle: (record: IncomingRecord) => Promise<void>): Promise<void> {
    const { group, topics, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.#options;
    const consumer = new Consumer({
      ...this.#base,
      groupId: group,
      deserializers: DESERIALIZERS,
      autocommit: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.ceil(sessionTimeoutMs / 5),
      maxWaitTime: 500,
    });
    try {
      const stream = await consumer.consume({
        topics: [...topics],
        mode: 'committed',
        fallbackMode: 'earliest',
      });
      this.#endFetching = () => stream.close().catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      await this.#handleAll(consumer, stream, handle);
    } finally {
      this.#endFetching = null;
      await consumer.close(true).catch(() => undefined);
    }
  }

  async #handleAll(
    consumer: Source,
    stream: Awaited<ReturnType<Source['consume']>>,
    handle: (record: IncomingRecord) => Promise<void>,
  ): Promise<void> {
    const handled = new Map<string, Taken>();
    let count = 0;
    try {
      for await (const message of stream) {
        await handle(recordOf(message));
        handled.set(`${message.topic} ${message.partition}`, message);
        count += 1;
        // At the end of what is there, so that a quiet topic is committed too.
        if (count >= COMMIT_EVERY || stream.readableLength === 0) {
          await commit(consumer, handled);
          count = 0;
        }
        if (this.#stopping.signal.aborted) return;
      }
    } finally {
      // Also of what came before a record that could not be handled, and before a stop, which ends the stream with an error.
      await commit(consumer, handled);
    }
  }
}

type Source = Consumer<string, Buffer, string, string>;

async function commit(consumer: Source, handled: Map<string, Taken>): Promise<void> {
  if (handled.size === 0) return;
  const offsets = [...handled.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
    topic,
    partition,
    // Of the next one.
    offset: offset + 1n,
    leaderEpoch,
  }));
  await consumer.commit({ offsets });
  handled.clear();
}

function recordOf({ topic, partition, offset, key, value: bytes, headers }: Taken): IncomingRecord {
  return {
    topic,
    partition,
    offset: String(offset),
    key: key ?? '',
    value: bytes.toString('utf8'),
    bytes,
    headers: Object.fromEntries(headers),
  };
}

async function createTopics(admin: Admin, topics: readonly TopicToCreate[]): Promise<string[]> {
  const known = new Set(await admin.listTopics());
  const created: string[] = [];
  for (const { name, partitions, replicas, settings } of topics.filter(({ name }) => !known.has(name))) {
    const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    try {
      await admin.createTopics({ topics: [name], partitions, replicas, configs });
      created.push(name);
    } catch (error) {
      // Another process, or a list by a broker that had not heard of it yet.
      if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS') === null) throw error;
    }
  }
  if (created.length > 0) await untilKnown(() => admin.metadata({ topics: created, forceUpdate: true }));
  return created;
}
