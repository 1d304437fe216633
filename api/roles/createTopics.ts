// Creates the topics of a cell on the cluster that KAFKA_BROKERS names, for `annona topics create`.
// Invariant: what exists is left as it is, also where it has other partitions or settings. Called by api/cli/topics.ts.

import { createKafkaClient, type TopicShape, topicsOf } from '../../adapters/kafka/index.ts';
import type { Config } from '../config.ts';

export interface CreatedTopics {
  readonly created: readonly string[];
  readonly present: readonly string[];
}

export async function createTopics(
  { kafkaBrokers, kafkaClient }: Pick<Config, 'kafkaBrokers' | 'kafkaClient'>,
  of: { readonly cell: string; readonly departments: readonly string[] },
  shape: TopicShape,
): Promise<CreatedTopics> {
  const client = createKafkaClient(kafkaClient, { brokers: kafkaBrokers, log: () => {} });
  const topics = topicsOf(of.cell, of.departments, shape);
  const created = new Set(await client.createTopics(topics));
  const names = topics.map(({ name }) => name);
  return {
    created: names.filter((name) => created.has(name)),
    present: names.filter((name) => !created.has(name)),
  };
}
