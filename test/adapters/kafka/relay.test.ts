// The relay against a broker that is paused, killed and replaced: repetitions, never a gap, order per request.
import { afterEach, describe, expect, it } from 'vitest';
import { createKafkaPublisher, type KafkaPublisher } from '../../../adapters/kafka/index.ts';
import { decisionsTopic } from '../../../adapters/kafka/topics.ts';
import {
  type DomainEvent,
  type Relay,
  type RelayEvent,
  relayOnce,
  startRelay,
} from '../../../scheduler/index.ts';
import {
  aCellName,
  kafkaAbsence,
  readTopics,
  type StoredRecord,
  startMockBroker,
  startTestBroker,
  type TestBroker,
} from '../../support/kafka.ts';
import { anEvent, firstArrivals, TestCursor, TestLog } from '../../support/relay.ts';

const absent = kafkaAbsence();
const absentMock = kafkaAbsence('mock');
const DEPARTMENTS = ['hr', 'legal', 'research'];
const SETTINGS = { sink: 'kafka', batchMax: 500, pollMs: 50, backoffMs: 20, backoffMaxMs: 200 };

/** So that a stall is noticed within the test. */
const IMPATIENT = { requestTimeoutMs: 1000 };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(open: () => Promise<TestBroker>): Promise<TestBroker> {
  const broker = await open();
  closers.push(() => broker.stop());
  return broker;
}

function publisherTo(
  { brokers }: TestBroker,
  cell: string,
  limits: { requestTimeoutMs?: number } = {},
): KafkaPublisher {
  const publisher = createKafkaPublisher({ client: 'kafkajs', brokers, cell, log: () => {}, ...limits });
  closers.push(() => publisher.close());
  return publisher;
}

/** A request has one department: 200 requests over three of them. */
function committed(count: number): DomainEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const request = (i * 7) % 200;
    return anEvent(i + 1, { department: DEPARTMENTS[request % 3]!, request: `req_${request}` });
  });
}

function read({ brokers }: TestBroker, cell: string): Promise<StoredRecord[]> {
  return readTopics(
    brokers,
    DEPARTMENTS.map((department) => decisionsTopic(cell, department)),
  );
}

const arrivals = (records: readonly StoredRecord[]) =>
  records.map(({ key, headers }) => ({ id: headers.ce_id!, request: key }));

/** A relay that runs, and a promise for each state that a test waits for. */
function startRelayTo(
  publisher: KafkaPublisher,
  { cell, log, cursor }: { cell: string; log: TestLog; cursor: TestCursor },
) {
  const waiting: { met: (event: RelayEvent) => boolean; resolve: () => void }[] = [];
  const timers = {
    sleep: (ms: number, signal?: AbortSignal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => resolve());
      return promise.finally(() => clearTimeout(timer));
    },
  };
  const relay: Relay = startRelay({ log, cursor, publisher, timers }, { ...SETTINGS, cell }, (event) => {
    for (const { met, resolve } of waiting) if (met(event)) resolve();
  });
  const told = (met: (event: RelayEvent) => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ met, resolve });
    return promise;
  };
  return { relay, told };
}

describe.skipIf(absent)(absent ?? 'the relay to Kafka', () => {
  it('streams 5,000 events, those of one request in order and on one partition', async () => {
    const broker = await started(startTestBroker);
    const cell = aCellName();
    const [log, cursor] = [new TestLog(cell, committed(5000)), new TestCursor()];
    const ports = { log, cursor, publisher: publisherTo(broker, cell) };
    for (let turn = 0; turn < 10; turn++) await relayOnce(ports, { ...SETTINGS, cell });
    const records = await read(broker, cell);
    expect(firstArrivals(arrivals(records))).toEqual(firstArrivals(log.events));
    const partitionsOf = Map.groupBy(records, ({ key }) => key);
    const spread = [...partitionsOf.values()].map(
      (same) => new Set(same.map(({ partition }) => partition)).size,
    );
    expect(spread).toEqual(Array(200).fill(1));
  });

  it('goes on from its cursor in a new process', async () => {
    const broker = await started(startTestBroker);
    const cell = aCellName();
    const [log, cursor] = [new TestLog(cell, committed(900)), new TestCursor()];
    const turn = () =>
      relayOnce({ log, cursor, publisher: publisherTo(broker, cell) }, { ...SETTINGS, cell });
    expect(await turn()).toMatchObject({ published: 500, cursor: 500 });
    expect(await turn()).toMatchObject({ published: 400, cursor: 900 });
    const records = await read(broker, cell);
    expect(firstArrivals(arrivals(records))).toEqual(firstArrivals(log.events));
  });
});

describe.skipIf(absentMock)(absentMock ?? 'the relay to a broker that fails', () => {
  it('repeats and loses nothing when the broker stalls until requests time out', async () => {
    const broker = await started(startMockBroker);
    const cell = aCellName();
    const [log, cursor] = [new TestLog(cell, committed(600)), new TestCursor()];
    const { relay, told } = startRelayTo(publisherTo(broker, cell, IMPATIENT), { cell, log, cursor });
    closers.push(() => relay.stop());
    await told((event) => event.type === 'relayed' && event.cursor === 600);
    broker.pause();
    log.events.push(...committed(1000).slice(600));
    relay.wake();
    await told((event) => event.type === 'failure');
    expect(cursor.at('kafka', cell)).toBe(600);
    expect(relay.lag()).toEqual({ cursor: 600, behind: 400, oldestAt: log.events[600]!.at });
    broker.resume();
    await told((event) => event.type === 'relayed' && event.cursor === 1000);
    const records = await read(broker, cell);
    expect(firstArrivals(arrivals(records))).toEqual(firstArrivals(log.events));
  });

  it('waits out a dead broker and gives its successor what nobody acknowledged', async () => {
    const [first, second] = [await started(startMockBroker), await started(startMockBroker)];
    const cell = aCellName();
    const [log, cursor] = [new TestLog(cell, committed(700)), new TestCursor()];
    const before = startRelayTo(publisherTo(first, cell, IMPATIENT), { cell, log, cursor });
    closers.push(() => before.relay.stop());
    await before.told((event) => event.type === 'relayed' && event.cursor === 700);
    await first.stop();
    log.events.push(...committed(1200).slice(700));
    before.relay.wake();
    await before.told((event) => event.type === 'failure' && event.retryMs === SETTINGS.backoffMs * 2);
    await before.relay.stop();
    expect(cursor.at('kafka', cell)).toBe(700);
    const after = startRelayTo(publisherTo(second, cell, IMPATIENT), { cell, log, cursor });
    closers.push(() => after.relay.stop());
    await after.told((event) => event.type === 'relayed' && event.cursor === 1200);
    const records = await read(second, cell);
    expect(firstArrivals(arrivals(records))).toEqual(firstArrivals(log.events.slice(700)));
  });

  it('reaches a broker that was down when it started', async () => {
    const broker = await started(startMockBroker);
    broker.pause();
    const cell = aCellName();
    const [log, cursor] = [new TestLog(cell, committed(5)), new TestCursor()];
    const { relay, told } = startRelayTo(publisherTo(broker, cell, IMPATIENT), { cell, log, cursor });
    closers.push(() => relay.stop());
    await told((event) => event.type === 'failure');
    broker.resume();
    await told((event) => event.type === 'relayed');
    expect(cursor.at('kafka', cell)).toBe(5);
  });
});
