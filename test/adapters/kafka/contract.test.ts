// Kafka keeps the contracts of publishers and of Kafka clients, on real brokers: by kafkajs and by @platformatic/kafka alike.
import { describe } from 'vitest';
import { KAFKA_CLIENTS } from '../../../adapters/kafka/client.ts';
import { createKafkaClient, createKafkaPublisher } from '../../../adapters/kafka/index.ts';
import { auditTopic, deadLettersTopic, decisionsTopic } from '../../../adapters/kafka/topics.ts';
import { kafkaClientContract } from '../../contract/kafkaClient.ts';
import { RECORD_BYTES_MAX, relayContract } from '../../contract/relay.ts';
import { aCellName, readTopics } from '../../support/kafka.ts';
import { clusterAbsence, shareKafka } from '../../support/sharedKafka.ts';

const absent = clusterAbsence();

describe.skipIf(absent)(absent ?? 'Kafka', () => {
  for (const client of KAFKA_CLIENTS) {
    relayContract(client, async () => {
      const { brokers, leave } = await shareKafka();
      const cell = aCellName();
      const publisher = createKafkaPublisher({
        client,
        brokers,
        cell,
        log: () => {},
        recordBytesMax: RECORD_BYTES_MAX,
        topics: { partitions: 3, replicas: 3 },
      });
      const arrived = async (topic: string) =>
        (await readTopics(brokers, [topic])).map(({ key, headers }) => ({
          id: headers.ce_id!,
          request: key,
        }));
      return {
        publisher,
        cell,
        arrived: (department) => arrived(decisionsTopic(cell, department)),
        overseen: () => arrived(auditTopic(cell)),
        async deadLetters(department) {
          const records = await readTopics(brokers, [deadLettersTopic(cell, department)]);
          return records.map(({ headers }) => ({ id: headers.ce_id!, reason: headers.annona_reason! }));
        },
        async close() {
          await publisher.close();
          await leave();
        },
      };
    });
  }

  kafkaClientContract(
    KAFKA_CLIENTS.map((name) => ({
      name,
      connect: (brokers) => createKafkaClient(name, { brokers, log: () => {} }),
    })),
    shareKafka,
  );
});
