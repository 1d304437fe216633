// kafkajs's own lines, as one call each of the logger that is passed in.
// Invariant: nothing of a record's value is in a line; kafkajs logs names and errors only. Called by publisher.ts.

import { type LogEntry, logLevel } from 'kafkajs';

export type KafkaLogLevel = 'error' | 'warn' | 'info' | 'debug';

/** As pino's methods: what is known, then the sentence. */
export type KafkaLog = (level: KafkaLogLevel, fields: Readonly<Record<string, unknown>>, message: string) => void;

export function logCreator(log: KafkaLog): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) =>
      log(levelOf(level), { library: 'kafkajs', namespace, ...fields }, message);
}

function levelOf(level: logLevel): KafkaLogLevel {
  switch (level) {
    case logLevel.ERROR:
    case logLevel.NOTHING:
      return 'error';
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
