// The door of the Kafka adapter. Imported by composition roots.

export {
  type IncomingRecord,
  KAFKA_CLIENTS,
  type KafkaClient,
  type KafkaClientName,
  type KafkaClientOptions,
  type OutgoingRecord,
  type RecordSource,
} from './client.ts';
export { createKafkaClient } from './clients.ts';
export type { KafkaLog, KafkaLogLevel } from './logger.ts';
export { createKafkaPublisher, type KafkaPublisher, type KafkaPublisherOptions } from './publisher.ts';
export { RestartingSender } from './restartingSender.ts';
export {
  auditTopic,
  deadLettersTopic,
  deadRequestsTopic,
  decisionsTopic,
  requestsTopic,
  requestTopicsOf,
  type TopicShape,
  topicsOf,
} from './topics.ts';
