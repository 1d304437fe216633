// Kafka by kafkajs: plain sends, one request in flight, and a consumer that commits what was handled.
// Left out on purpose: the idempotent producer and transactions (the outbox and `ce_id` do their work; kafkajs calls the first experimental).
// Invariant: of client.ts. Called by clients.ts.

import {
  CompressionTypes,
  type Consumer,
  type EachBatchPayload,
  Kafka,
  type KafkaMessage,
  Partitioners,
  type Producer,
} from 'kafkajs';
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
import { logCreator } from './logger.ts';
import { repairRequestQueue } from './requestQueue.ts';

const ACKNOWLEDGED_BY_ALL = -1;
/** The relay waits and tries again, for as long as it takes, and reports it; here only what a change of leader or a new topic needs. */
const RETRY = { retries: 2, initialRetryTime: 150, maxRetryTime: 500 };
/** A consumer goes on by itself: after each such round it starts anew. */
const CONSUMER_RETRY = { retries: 3, initialRetryTime: 100, maxRetryTime: 2000 };

export function createKafkajsClient(options: KafkaClientOptions): KafkaClient {
  repairRequestQueue();
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const kafka = () =>
    new Kafka({
      clientId: 'annona',
      brokers: [...options.brokers],
      logCreator: logCreator(options.log),
      retry: RETRY,
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
    });
  return {
    name: 'kafkajs',
    sender: () => new KafkajsSender(kafka(), requestTimeoutMs),
    source: (how) => new KafkajsSource(kafka(), how),
    createTopics: (topics) => createTopics(kafka(), topics),
    async brokerCount() {
      const admin = kafka().admin();
      try {
        await admin.connect();
        return (await admin.describeCluster()).brokers.length;
      } finally {
        await admin.disconnect();
      }
    },
  };
}

class KafkajsSender implements RecordSender {
  readonly #producer: Producer;
  readonly #timeoutMs: number;

  constructor(kafka: Kafka, timeoutMs: number) {
    const createPartitioner = Partitioners.DefaultPartitioner;
    this.#producer = kafka.producer({ createPartitioner, maxInFlightRequests: 1, retry: RETRY });
    this.#timeoutMs = timeoutMs;
  }

  connect(): Promise<void> {
    return this.#producer.connect();
  }

  close(): Promise<void> {
    return this.#producer.disconnect();
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const topicMessages = [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      messages: of.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
    }));
    await this.#producer.sendBatch({
      topicMessages,
      acks: ACKNOWLEDGED_BY_ALL,
      compression: CompressionTypes.None,
      timeout: this.#timeoutMs,
    });
  }
}

class KafkajsSource implements RecordSource {
  readonly #consumer: Consumer;
  readonly #options: SourceOptions;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();

  constructor(kafka: Kafka, options: SourceOptions) {
    const { group, sessionTimeoutMs = SESSION_TIMEOUT_MS, interrupted = () => {} } = options;
    this.#options = options;
    this.#consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.ceil(sessionTimeoutMs / 5),
      maxWaitTimeInMs: 500,
      retry: {
        ...CONSUMER_RETRY,
        // Without this one it ends for good where kafkajs thinks that trying again is of no use: a handler that failed, among others.
        restartOnFailure: async (error) => {
          interrupted(error);
          return !this.#stopping.signal.aborted;
        },
      },
    });
  }

  async run(handle: (record: IncomingRecord) => Promise<void>): Promise<void> {
    if (!(await this.#joined())) return;
    await this.#consumer.run({
      // What is committed is what was resolved below, and that is what was handled.
      eachBatchAutoResolve: false,
      autoCommit: true,
      autoCommitThreshold: COMMIT_EVERY,
      eachBatch: (payload) => this.#eachBatch(payload, handle),
    });
    await this.#stopped.promise;
  }

  /** Waits for brokers that are down, and for topics that are not there yet. False: it was stopped before. */
  async #joined(): Promise<boolean> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#consumer.connect();
        await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
        return !signal.aborted;
      } catch (error) {
        this.#options.interrupted?.(error);
        await pause(AGAIN_MS, signal);
      }
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    try {
      await this.#consumer.stop();
      await this.#consumer.disconnect();
    } finally {
      this.#stopped.resolve();
    }
  }

  async #eachBatch(
    payload: EachBatchPayload,
    handle: (record: IncomingRecord) => Promise<void>,
  ): Promise<void> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    for (const message of batch.messages) {
      if (!isRunning() || isStale()) return;
      try {
        await handle(recordOf(message, { topic, partition }));
      } catch (error) {
        // kafkajs brings it again a few times before it restarts, and tells nobody.
        this.#options.interrupted?.(error);
        throw error;
      }
      resolveOffset(message.offset);
      await heartbeat();
      await commitOffsetsIfNecessary();
    }
  }
}

function recordOf(message: KafkaMessage, from: { topic: string; partition: number }): IncomingRecord {
  const headers = Object.entries(message.headers ?? {}).map(([name, text]) => {
    const last = Array.isArray(text) ? text.at(-1) : text;
    return [name, String(last ?? '')];
  });
  const bytes = message.value ?? Buffer.alloc(0);
  return {
    ...from,
    offset: message.offset,
    key: String(message.key ?? ''),
    value: bytes.toString('utf8'),
    bytes,
    headers: Object.fromEntries(headers),
  };
}

async function createTopics(kafka: Kafka, topics: readonly TopicToCreate[]): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const known = new Set(await admin.listTopics());
    const wanted = topics.filter(({ name }) => !known.has(name));
    if (wanted.length === 0) return [];
    await admin.createTopics({
      // By kafkajs it fails where a broker is asked that has not heard of the topic yet.
      waitForLeaders: false,
      topics: wanted.map(({ name, partitions, replicas, settings }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
      })),
    });
    const names = wanted.map(({ name }) => name);
    await untilKnown(() => admin.fetchTopicMetadata({ topics: names }));
    return names;
  } finally {
    await admin.disconnect();
  }
}
