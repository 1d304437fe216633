// Requests from Kafka, where that is wanted: each process with an edge is a member of one group, and takes the records of its partitions.
// Invariant: a record is committed when its request is in the intake, or when it lies with its reason among the dead letters; Kafka being
// away holds up nothing else. Called by edge.ts.

import type { Registry } from 'prom-client';
import {
  createKafkaClient,
  type IncomingRecord,
  type KafkaClient,
  RestartingSender,
  requestsTopic,
  requestTopicsOf,
  type TopicShape,
} from '../../adapters/kafka/index.ts';
import { countRecords, type RecordOutcome } from '../../adapters/telemetry/intakeTopic.ts';
import type { Timers } from '../../scheduler/index.ts';
import { type RecordPorts, takeRecord } from '../http/intakeRecord.ts';
import { type Background, inBackground } from './background.ts';
import { deadRequest } from './deadRequest.ts';
import type { ServerOptions } from './serverOptions.ts';

export type KafkaIntakeOptions = Pick<
  ServerOptions,
  'cell' | 'kafkaBrokers' | 'kafkaClient' | 'kafkaTopics' | 'kafkaIntake'
>;

export interface KafkaIntakeParts {
  readonly options: KafkaIntakeOptions;
  readonly ports: RecordPorts;
  readonly registry: Registry;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

/** A record that has to wait is asked about so often in its place; after that it comes again, and the group knows that its member lives. */
const WAITS_MAX = 5;
/** Five of them stay well under the time after which a silent member loses its partitions. */
const WAIT_MS_MAX = 1000;
const AGAIN_MS = 1000;
/** Of `annona start`; fewer replicas where there are fewer brokers. */
const DEVELOPMENT_TOPICS: TopicShape = { partitions: 3, replicas: 3 };

/** Null where it is not wanted. */
export function startKafkaIntake(parts: KafkaIntakeParts): Background | null {
  const { options } = parts;
  if (options.kafkaIntake !== true || options.kafkaBrokers.length === 0) return null;
  const log = onChange(parts.log);
  const count = countRecords(parts.registry);
  return inBackground(async (signal) => {
    while (!signal.aborted) {
      try {
        await taking({ ...parts, log, count }, signal);
      } catch (error) {
        log(`${error}`);
        await parts.timers.sleep(AGAIN_MS, signal);
      }
    }
  });
}

interface Taking extends KafkaIntakeParts {
  readonly count: (outcome: RecordOutcome) => void;
}

async function taking(parts: Taking, signal: AbortSignal): Promise<void> {
  const { options, log } = parts;
  const { cell, kafkaBrokers, kafkaClient = 'kafkajs' } = options;
  const client = createKafkaClient(kafkaClient, {
    brokers: kafkaBrokers,
    log: (level, message) => {
      if (level === 'error') log(message);
    },
  });
  if (options.kafkaTopics === 'create') await createTopics(client, parts, signal);
  if (signal.aborted) return;
  const topic = requestsTopic(cell);
  const letters = new RestartingSender(() => client.sender());
  const source = client.source({ group: topic, topics: [topic], interrupted: (error) => log(`${error}`) });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= source.stop().catch((error: unknown) => log(`${error}`));
    return stopping;
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await source.run(handler(parts, letters, signal));
  } finally {
    signal.removeEventListener('abort', stop);
    await stop();
    await letters.close();
  }
}

/** One process after the other may find that they are there. */
async function createTopics(
  client: KafkaClient,
  { options, timers, log }: KafkaIntakeParts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const replicas = Math.min(DEVELOPMENT_TOPICS.replicas, await client.brokerCount());
      await client.createTopics(requestTopicsOf(options.cell, { ...DEVELOPMENT_TOPICS, replicas }));
      return;
    } catch (error) {
      log(`${error}`);
      await timers.sleep(AGAIN_MS, signal);
    }
  }
}

function handler(
  { options, ports, count, timers }: Taking,
  letters: RestartingSender,
  signal: AbortSignal,
): (record: IncomingRecord) => Promise<void> {
  return async (record) => {
    for (let waits = 0; ; waits += 1) {
      const taken = await takeRecord(ports, record);
      if (taken.type === 'submitted') return count(taken.replayed ? 'replayed' : 'accepted');
      if (taken.type === 'refused') {
        const call = { cell: options.cell, requestId: ports.system.newCallId() };
        await letters.send([deadRequest(record, taken.problem, call)]);
        return count('refused');
      }
      if (signal.aborted || waits === WAITS_MAX)
        throw new Error(`${record.topic}/${record.partition}/${record.offset} has to wait`);
      await timers.sleep(Math.min(taken.afterSeconds * 1000, WAIT_MS_MAX), signal);
    }
  };
}

/** A cluster that is away says the same with every attempt. */
function onChange(log: (line: string) => void): (line: string) => void {
  let said = '';
  return (line) => {
    if (line === said) return;
    said = line;
    log(`kafka intake: ${line}`);
  };
}
