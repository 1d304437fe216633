// kafkajs's own lines, as one call each of the logger that is passed in.
// Invariant: nothing of a record's value is in a line; kafkajs logs names and errors only. Called by publisher.ts.

import { type LogEntry, logLevel } from 'kafkajs';

export type KafkaLogLevel = 'error' | 'warn' | 'info' | 'debug';

export type KafkaLog = (
  level: KafkaLogLevel,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/**
 * Where kafkajs writes an error for each of its own attempts: 18 lines for one send to a dead broker. They are `info` here, since what
 * it gives up on reaches the caller as a rejection, and the relay reports that once.
 */
const ATTEMPTS: ReadonlySet<string> = new Set(['Connection', 'BrokerPool', 'Cluster', 'Producer']);

export function logCreator(log: KafkaLog): () => (entry: LogEntry) => void {
  return () => (entry) => {
    const { message, timestamp: _timestamp, logger: library, ...fields } = entry.log;
    log(levelOf(entry), message, { library, namespace: entry.namespace, ...fields });
  };
}

function levelOf({ level, namespace }: LogEntry): KafkaLogLevel {
  switch (level) {
    case logLevel.NOTHING:
    case logLevel.ERROR:
      return ATTEMPTS.has(namespace) ? 'info' : 'error';
    case logLevel.WARN:
      return 'warn';
    case logLevel.INFO:
      return 'info';
    case logLevel.DEBUG:
      return 'debug';
    default: {
      const never: never = level;
      throw new Error(`unknown level ${never}`);
    }
  }
}
