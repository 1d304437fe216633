// The rig of killed brokers, whole: 20 kills (leader of the controllers, followers, two at once) under 20,000 events, by either client.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KAFKA_CLIENTS } from '../../adapters/kafka/client.ts';
import { clusterAbsence, type LentKafka, lendKafka } from '../support/sharedKafka.ts';
import { runKafkaRig } from './kafkaRig.ts';

const absent = clusterAbsence('alone');

describe.skipIf(absent)(absent ?? 'brokers that are killed', () => {
  let kafka: LentKafka;
  beforeAll(async () => {
    kafka = await lendKafka();
  });
  afterAll(() => kafka.leave());

  it.each(KAFKA_CLIENTS)('lose no event through %s, and have none applied twice', async (client) => {
    const report = await runKafkaRig(kafka, { events: 20_000, kills: 20, client, seed: 1 });
    console.log(JSON.stringify(report));
    expect(report).toMatchObject({ lost: 0, appliedTwice: 0, outOfOrder: 0 });
    expect(report.killed).toHaveLength(20);
    expect(report.counts.applied).toBe(20_000);
  });
});
