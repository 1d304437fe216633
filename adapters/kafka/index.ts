// The door of the Kafka adapter. Imported by composition roots.

export { createKafkaPublisher, type KafkaPublisher, type KafkaPublisherOptions } from './publisher.ts';
export type { KafkaLog, KafkaLogLevel } from './logger.ts';
