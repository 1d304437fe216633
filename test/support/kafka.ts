// A Kafka for tests: the cluster that KAFKA_BROKERS names, else librdkafka's mock cluster inside a kcat of our own.
// Invariant: what was started is killed by its pid; what a test writes goes to topics of a cell of its own.
// The mock holds everything in memory: a killed one is an empty one. It knows no TLS, no SASL and no creation of topics.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { repairRequestQueue } from '../../adapters/kafka/requestQueue.ts';
import { absenceOf, requireProgram } from './services.ts';

export interface TestBroker {
  readonly brokers: readonly string[];
  /** Nothing is acknowledged until `resume`; connections stay open. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Null where Kafka tests can run; else the reason for the one skip. With CI set an absent broker is a failure. */
export function kafkaAbsence(what: 'any' | 'mock' = 'any'): string | null {
  return absenceOf('kcat', { own: what === 'mock' });
}

/** The named cluster, else a mock. */
export async function startTestBroker(): Promise<TestBroker> {
  const named = process.env.KAFKA_BROKERS;
  if (!named) return startMockBroker();
  const refuse = () => {
    throw new Error('a named cluster is not ours to pause');
  };
  return { brokers: named.split(','), pause: refuse, resume: refuse, stop: async () => {} };
}

/** Always the mock: for tests that pause or kill it. */
export async function startMockBroker(): Promise<TestBroker> {
  const { path, env } = requireProgram('kcat');
  // A producer that waits for lines which never come: it lives until it is killed, and it has a mock cluster inside.
  const args = ['-P', '-b', 'mock', '-t', 'unused', '-X', 'test.mock.num.brokers=1', '-d', 'mock'];
  const child = spawn(path, args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  const address = await addressOf(child);
  return {
    brokers: [address],
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function aCellName(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** What the topics hold now, in order per partition. A topic that does not exist holds nothing. */
export async function readTopics(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<StoredRecord[]> {
  repairRequestQueue();
  const kafka = new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const known = await admin.listTopics();
    const present = topics.filter((topic) => known.includes(topic));
    let wanted = 0;
    for (const topic of present) {
      for (const { low, high } of await admin.fetchTopicOffsets(topic)) wanted += Number(high) - Number(low);
    }
    return wanted === 0 ? [] : await consume(kafka, { topics: present, wanted });
  } finally {
    await admin.disconnect();
  }
}

/** By a consumer group, as agents read. Joining one takes the mock three seconds. */
async function consume(
  kafka: Kafka,
  { topics, wanted }: { topics: readonly string[]; wanted: number },
): Promise<StoredRecord[]> {
  const consumer = kafka.consumer({
    groupId: aCellName(),
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
    maxWaitTimeInMs: 200,
  });
  const records: StoredRecord[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, text]) => [name, String(text)]);
        records.push({
          topic,
          partition,
          key: String(message.key),
          value: String(message.value),
          headers: Object.fromEntries(headers),
        });
        if (records.length === wanted) resolve();
      },
    });
    await promise;
  } finally {
    await consumer.disconnect();
  }
  return records;
}

/** It prints where it listens, and then a line for each request: all are read, so that it never blocks on a full pipe. */
async function addressOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  child.once('exit', (code, signal) => reject(new Error(`kcat ended with ${code ?? signal}: ${said}`)));
  child.once('error', reject);
  child.stderr!.on('data', (chunk: Buffer) => {
    if (said.length > 10_000) return;
    said += chunk;
    const address = /bootstrap\.servers=(\S+)/.exec(said)?.[1];
    if (address) resolve(address);
  });
  return promise;
}
