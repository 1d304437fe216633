// The Kafka client of a name. Called by the door, and by publisher.ts.

import type { KafkaClient, KafkaClientName, KafkaClientOptions } from './client.ts';
import { createKafkajsClient } from './kafkajsClient.ts';
import { createPlatformaticClient } from './platformaticClient.ts';

export function createKafkaClient(name: KafkaClientName, options: KafkaClientOptions): KafkaClient {
  return name === 'kafkajs' ? createKafkajsClient(options) : createPlatformaticClient(options);
}
