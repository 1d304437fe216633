// The door of the Kafka adapter. Imported by composition roots.

export type { KafkaLog, KafkaLogLevel } from './logger.ts';
export { createKafkaPublisher, type KafkaPublisher, type KafkaPublisherOptions } from './publisher.ts';
