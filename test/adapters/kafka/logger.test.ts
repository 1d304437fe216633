// kafkajs's lines arrive with their sentence and fields; the errors of its own attempts are no errors yet.
import { logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { type KafkaLogLevel, logCreator } from '../../../adapters/kafka/logger.ts';

function lineOf(
  level: logLevel,
  namespace: string,
): { level: KafkaLogLevel; message: string; fields: object } {
  const lines: { level: KafkaLogLevel; message: string; fields: object }[] = [];
  const write = logCreator((written, message, fields) => lines.push({ level: written, message, fields }))();
  const log = {
    timestamp: '2026-11-23T12:00:00Z',
    logger: 'kafkajs',
    message: 'Connection error',
    broker: 'b:1',
  };
  write({ namespace, level, label: 'ERROR', log });
  return lines[0]!;
}

describe('a line of kafkajs', () => {
  it('is written with its sentence and its fields', () => {
    expect(lineOf(logLevel.WARN, 'RequestQueue')).toEqual({
      level: 'warn',
      message: 'Connection error',
      fields: { library: 'kafkajs', namespace: 'RequestQueue', broker: 'b:1' },
    });
  });

  it.each(['Connection', 'BrokerPool', 'Producer'])(
    'is no error when an attempt of %s failed',
    (namespace) => {
      expect(lineOf(logLevel.ERROR, namespace).level).toBe('info');
    },
  );

  it('is an error when it is one', () => {
    expect(lineOf(logLevel.ERROR, 'Runner').level).toBe('error');
  });
});
