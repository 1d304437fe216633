// Kafka by kafkajs keeps the contract of publishers, on a real protocol: the named cluster, else librdkafka's mock.
import { describe } from 'vitest';
import { createKafkaPublisher } from '../../../adapters/kafka/index.ts';
import { deadLettersTopic, decisionsTopic } from '../../../adapters/kafka/topics.ts';
import { RECORD_BYTES_MAX, relayContract } from '../../contract/relay.ts';
import { aCellName, kafkaAbsence, readTopics, startTestBroker } from '../../support/kafka.ts';

const absent = kafkaAbsence();

describe.skipIf(absent)(absent ?? 'Kafka', () => {
  relayContract('kafkajs', async () => {
    const broker = await startTestBroker();
    const cell = aCellName();
    const publisher = createKafkaPublisher({
      brokers: broker.brokers,
      cell,
      log: () => {},
      recordBytesMax: RECORD_BYTES_MAX,
    });
    return {
      publisher,
      cell,
      async arrived(department) {
        const records = await readTopics(broker.brokers, [decisionsTopic(cell, department)]);
        return records.map(({ key, headers }) => ({ id: headers.ce_id!, request: key }));
      },
      async deadLetters(department) {
        const records = await readTopics(broker.brokers, [deadLettersTopic(cell, department)]);
        return records.map(({ headers }) => ({ id: headers.ce_id!, reason: headers.annona_reason! }));
      },
      async close() {
        await publisher.close();
        await broker.stop();
      },
    };
  });
});
