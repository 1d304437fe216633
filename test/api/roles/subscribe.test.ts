// The door `annona/client/kafka` on real brokers: once, again after a failure, and not what no consumer of this version can act on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KAFKA_CLIENTS } from '../../../adapters/kafka/client.ts';
import { createKafkaClient, createKafkaPublisher, decisionsTopic } from '../../../adapters/kafka/index.ts';
import { rememberApplied } from '../../../api/client/index.ts';
import { subscribe } from '../../../api/roles/subscribe.ts';
import { aCellName } from '../../support/kafka.ts';
import { anEvent, events } from '../../support/relay.ts';
import { clusterAbsence, type SharedKafka, shareKafka } from '../../support/sharedKafka.ts';

const absent = clusterAbsence();
describe.skipIf(absent)(absent ?? 'a subscription', () => {
  let kafka: SharedKafka;
  beforeAll(async () => {
    kafka = await shareKafka();
  }, 180_000);
  afterAll(() => kafka.leave());

  const publisherOf = (cell: string) =>
    createKafkaPublisher({
      client: 'kafkajs',
      brokers: kafka.brokers,
      cell,
      log: () => {},
      topics: { partitions: 3, replicas: 3 },
    });

  it.each(KAFKA_CLIENTS)('by %s applies each event once, over a restart and a failure', async (client) => {
    const cell = aCellName();
    const publisher = publisherOf(cell);
    const sent = events(60, 7);
    await expect.poll(() => publisher.publish(sent), { timeout: 30_000 }).toEqual({ type: 'acknowledged' });
    await publisher.publish(sent.slice(20, 40));
    const applied: string[] = [];
    const kept = rememberApplied();
    let failed = false;
    const run = async (until: number) => {
      const enough = Promise.withResolvers<void>();
      const subscription = subscribe({
        brokers: kafka.brokers,
        group: cell,
        cell,
        departments: ['research'],
        client,
        applied: kept,
        apply: async ({ id }) => {
          if (!failed && applied.length === 10) {
            failed = true;
            throw new Error('not now');
          }
          applied.push(id);
          if (applied.length === until) enough.resolve();
        },
      });
      await enough.promise;
      await subscription.stop();
      await subscription.done;
    };
    await run(30);
    await run(60);
    expect(applied.toSorted()).toEqual(sent.map(({ id }) => id));
    expect(failed).toBe(true);
    await publisher.close();
  });

  it.each(KAFKA_CLIENTS)('by %s waits for a topic that is not there yet', async (client) => {
    const cell = aCellName();
    const [waited, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const subscription = subscribe({
      brokers: kafka.brokers,
      group: cell,
      cell,
      departments: ['research'],
      client,
      apply: ({ id }) => applied.resolve(id),
      report: () => waited.resolve(),
    });
    await waited.promise;
    const publisher = publisherOf(cell);
    await expect
      .poll(() => publisher.publish([anEvent(1)]), { timeout: 30_000 })
      .toEqual({ type: 'acknowledged' });
    expect(await applied.promise).toBe(anEvent(1).id);
    await subscription.stop();
    await subscription.done;
    await publisher.close();
  });

  it('leaves out, counts and reports an event of a later version and a record that is no event', async () => {
    const cell = aCellName();
    const publisher = publisherOf(cell);
    await expect
      .poll(() => publisher.publish([anEvent(1)]), { timeout: 30_000 })
      .toEqual({ type: 'acknowledged' });
    const topic = decisionsTopic(cell, 'research');
    const sender = createKafkaClient('kafkajs', { brokers: kafka.brokers, log: () => {} }).sender();
    await sender.connect();
    const later = { ce_specversion: '1.0', ce_id: 'evt_9', ce_type: 'annona.request.granted.v2' };
    await sender.send([
      { topic, key: 'req_0', value: '{}', headers: later },
      { topic, key: 'req_0', value: 'poison', headers: {} },
    ]);
    await sender.close();
    await publisher.publish([anEvent(2)]);
    await publisher.close();

    const lines: string[] = [];
    const both = Promise.withResolvers<void>();
    const subscription = subscribe({
      brokers: kafka.brokers,
      group: cell,
      cell,
      departments: ['research'],
      apply: ({ id }) => {
        if (id === anEvent(2).id) both.resolve();
      },
      report: (line) => lines.push(line),
    });
    await both.promise;
    await subscription.stop();
    expect(subscription.counts()).toMatchObject({ unknown: 1, malformed: 1 });
    const left = lines.filter((line) => line.endsWith('left out'));
    expect(left).toEqual([
      expect.stringContaining('"annona.request.granted.v2"'),
      expect.stringContaining('ce_specversion absent'),
    ]);
  });
});
