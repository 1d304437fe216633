// Creates the topics of a cell on the cluster that KAFKA_BROKERS names, for `annona topics create`: those of the relay, and of the intake
// where requests are taken from Kafka.
// Invariant: what exists is left as it is, also where it has other partitions or settings. Called by api/cli/topics.ts.

import { createKafkaClient, requestTopicsOf, type TopicShape, topicsOf } from '../../adapters/kafka/index.ts';
import type { Config } from '../config.ts';

export interface CreatedTopics {
  readonly created: readonly string[];
  readonly present: readonly string[];
}

export async function createTopics(
  { kafkaBrokers, kafkaClient, kafkaIntake }: Pick<Config, 'kafkaBrokers' | 'kafkaClient' | 'kafkaIntake'>,
  of: { readonly cell: string; readonly departments: readonly string[] },
  shape: TopicShape,
): Promise<CreatedTopics> {
  const client = createKafkaClient(kafkaClient, { brokers: kafkaBrokers, log: () => {} });
  const topics = [
    ...topicsOf(of.cell, of.departments, shape),
    ...(kafkaIntake === 'on' ? requestTopicsOf(of.cell, shape) : []),
  ];
  const created = new Set(await client.createTopics(topics));
  const names = topics.map(({ name }) => name);
  return {
    created: names.filter((name) => created.has(name)),
    present: names.filter((name) => !created.has(name)),
  };
}
