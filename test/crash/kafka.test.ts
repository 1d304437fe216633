// The rig of killed brokers, small: one of three is lost while events flow. kafka.long.ts runs it whole. And its judge finds planted breaches.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anEvent, events } from '../support/relay.ts';
import { clusterAbsence, type LentKafka, lendKafka } from '../support/sharedKafka.ts';
import { judge, runKafkaRig, settled } from './kafkaRig.ts';

const absent = clusterAbsence('alone');

describe.skipIf(absent)(absent ?? 'a broker that is killed', () => {
  let kafka: LentKafka;
  // Starting three brokers on busy cores, or waiting for others to be done with them.
  beforeAll(async () => {
    kafka = await lendKafka();
  }, 180_000);
  afterAll(() => kafka.leave());

  it('loses no event, and has none applied twice or out of order', { timeout: 180_000 }, async () => {
    const report = await runKafkaRig(kafka, { events: 3000, kills: 1, client: 'kafkajs', seed: 1 });
    expect(report).toMatchObject({ lost: 0, appliedTwice: 0, outOfOrder: 0 });
    expect(report.killed).toEqual([{ nodes: [expect.any(Number)], controller: true }]);
    expect(report.counts.applied).toBe(3000);
  });
});

describe('waiting in the rig', () => {
  const patience = { looksMax: 5, pauseMs: 0 };

  it('goes on for as long as something moves, and ends when it is met', async () => {
    let looked = 0;
    expect(
      await settled(
        () => ++looked === 40,
        () => looked,
        patience,
      ),
    ).toBe(true);
    expect(looked).toBe(40);
  });

  it('ends where nothing moves any more: a lost event is reported, and hangs nothing', async () => {
    let looked = 0;
    const stuck = () => Math.min(looked, 10);
    expect(await settled(() => ++looked > 100, stuck, patience)).toBe(false);
    expect(looked).toBeLessThan(20);
  });
});

describe('the judge of the rig', () => {
  const log = events(9);
  const all = log.map(({ id, request }) => ({ id: id as string, request: request as string }));

  it('finds nothing where all is well, whatever requests overtake each other', () => {
    const byRequest = all.toSorted((a, b) => (a.request < b.request ? -1 : a.request > b.request ? 1 : 0));
    expect(judge(log, byRequest)).toEqual({ lost: 0, appliedTwice: 0, outOfOrder: 0 });
  });

  it('finds an event that is lost', () => {
    expect(judge(log, all.slice(1))).toMatchObject({ lost: 1, appliedTwice: 0, outOfOrder: 1 });
  });

  it('finds an event that is applied twice', () => {
    expect(judge(log, [...all, all[0]!])).toEqual({ lost: 0, appliedTwice: 1, outOfOrder: 0 });
  });

  it('finds two of one request in the wrong order', () => {
    const [first, second] = [anEvent(1), anEvent(2)];
    expect(judge([first, second], [second, first])).toEqual({ lost: 0, appliedTwice: 0, outOfOrder: 1 });
  });
});
