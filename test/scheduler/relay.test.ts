// The relay step under faults: whatever fails, and wherever, a consumer that drops repetitions sees every event once and in order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../../adapters/memory/publisher.ts';
import { type Publisher, RelayGapError, relayOnce } from '../../scheduler/index.ts';
import {
  anEvent,
  events,
  type FaultKind,
  failing,
  firstArrivals,
  TestCursor,
  TestLog,
} from '../support/relay.ts';

const ROUTE = { cell: 'main', sink: 'stream', batchMax: 4 };
const KINDS: readonly FaultKind[] = ['beforeArrival', 'halfArrived', 'acknowledgementLost'];
const POISON = 6;

/** Event 6 is one that the stream never takes, so that halving and burying are under fault too. */
function aStream(): MemoryPublisher {
  return new MemoryPublisher({ refuses: ({ sequence }) => (sequence === POISON ? 'poison' : null) });
}

/** Refuses a batch before any of it arrives, as Kafka's publisher does with a record that is too large. */
function refusingWhole(stream: MemoryPublisher): Publisher {
  return {
    publish: async (batch) =>
      batch.some(({ sequence }) => sequence === POISON)
        ? { type: 'refused', reason: 'poison' }
        : stream.publish(batch),
    bury: (event, reason) => stream.bury(event, reason),
  };
}

/** Turns until the log is at its end, as often as it takes; answers the number of turns that failed. */
async function relayAll(
  ports: { log: TestLog; cursor: TestCursor; publisher: Publisher },
  turnsMax = 100,
): Promise<number> {
  let failures = 0;
  for (let turn = 0; turn < turnsMax; turn++) {
    try {
      const step = await relayOnce(ports, ROUTE);
      if (!step.full) return failures;
    } catch {
      failures += 1;
    }
  }
  throw new Error(`not at the end after ${turnsMax} turns`);
}

describe('a turn of the relay', () => {
  it('publishes what follows the cursor, in order, and moves the cursor behind it', async () => {
    const [log, cursor, publisher] = [
      new TestLog('main', events(6)),
      new TestCursor(),
      new MemoryPublisher(),
    ];
    await cursor.advance('stream', 'main', 1);
    const step = await relayOnce({ log, cursor, publisher }, ROUTE);
    expect(step).toEqual({ cursor: 5, published: 4, buried: [], full: true });
    expect(publisher.arrived.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5]);
    expect(cursor.at('stream', 'main')).toBe(5);
  });

  it('does nothing at the end of the log', async () => {
    const [log, cursor, publisher] = [new TestLog('main'), new TestCursor(), new MemoryPublisher()];
    const want = { cursor: 0, published: 0, buried: [], full: false };
    expect(await relayOnce({ log, cursor, publisher }, ROUTE)).toEqual(want);
  });

  it('keeps a cursor for each sink', async () => {
    const [log, cursor] = [new TestLog('main', events(3)), new TestCursor()];
    await relayOnce({ log, cursor, publisher: new MemoryPublisher() }, ROUTE);
    const other = new MemoryPublisher();
    await relayOnce({ log, cursor, publisher: other }, { ...ROUTE, sink: 'other' });
    expect(other.arrived).toHaveLength(3);
  });

  it.each([
    ['at the cursor', [anEvent(2), anEvent(3)]],
    ['in the middle', [anEvent(1), anEvent(3)]],
    ['by a repeated number', [anEvent(1), anEvent(1)]],
  ])('stops at a log that has a gap %s', async (_where, committed) => {
    const ports = { log: new TestLog('main', committed), cursor: new TestCursor(), publisher: aStream() };
    await expect(relayOnce(ports, ROUTE)).rejects.toThrow(RelayGapError);
    expect(ports.publisher.arrived).toEqual([]);
    expect(ports.cursor.at('stream', 'main')).toBe(0);
  });
});

describe('a relay whose stream fails', () => {
  const log = new TestLog('main', events(13));
  const want = firstArrivals(log.events.filter(({ sequence }) => sequence !== POISON));

  it.each(KINDS)('loses nothing and keeps the order, at whichever call it fails: %s', async (kind) => {
    const undisturbed = aStream();
    let calls = 0;
    await relayAll({
      log,
      cursor: new TestCursor(),
      publisher: {
        publish: (batch) => undisturbed.publish(batch).finally(() => (calls += 1)),
        bury: (event, reason) => undisturbed.bury(event, reason).finally(() => (calls += 1)),
      },
    });
    expect(calls).toBeGreaterThan(5);
    for (let call = 1; call <= calls; call++) {
      const [cursor, stream] = [new TestCursor(), aStream()];
      const failures = await relayAll({ log, cursor, publisher: failing(stream, new Map([[call, kind]])) });
      expect({ call, failures }).toEqual({ call, failures: 1 });
      expect({ call, arrived: firstArrivals(stream.arrived) }).toEqual({ call, arrived: want });
      expect(new Set(stream.buried.map(({ event }) => event.sequence))).toEqual(new Set([POISON]));
      expect(cursor.at('stream', 'main')).toBe(13);
    }
  });

  it('loses nothing and keeps the order under any pattern of failures', async () => {
    const faults = fc.dictionary(fc.integer({ min: 1, max: 40 }).map(String), fc.constantFrom(...KINDS));
    await fc.assert(
      fc.asyncProperty(faults, fc.integer({ min: 1, max: 30 }), async (drawn, count) => {
        const committed = new TestLog('main', events(count));
        const [cursor, stream] = [new TestCursor(), aStream()];
        const calls = new Map(Object.entries(drawn).map(([call, kind]) => [Number(call), kind]));
        await relayAll({ log: committed, cursor, publisher: failing(stream, calls) });
        const delivered = committed.events.filter(({ sequence }) => sequence !== POISON);
        expect(firstArrivals(stream.arrived)).toEqual(firstArrivals(delivered));
        expect(cursor.at('stream', 'main')).toBe(count);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the order around an event that is refused with its whole batch', async () => {
    const one = new TestLog('main', events(12, 1));
    for (const batchMax of [3, 5, 6, 8, 12]) {
      const [cursor, stream] = [new TestCursor(), new MemoryPublisher()];
      const ports = { log: one, cursor, publisher: refusingWhole(stream) };
      while ((await relayOnce(ports, { ...ROUTE, batchMax })).full);
      expect(stream.arrived.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]);
      expect(stream.buried.map(({ event }) => event.sequence)).toEqual([POISON]);
    }
  });

  it('never moves the cursor past an event that is not acknowledged', async () => {
    const [cursor, stream] = [new TestCursor(), new MemoryPublisher()];
    const publisher = failing(stream, new Map([[2, 'acknowledgementLost']]));
    await relayOnce({ log, cursor, publisher }, ROUTE);
    await expect(relayOnce({ log, cursor, publisher }, ROUTE)).rejects.toThrow('call 2 fails');
    expect(cursor.at('stream', 'main')).toBe(4);
  });

  it('does not pass an event that it could not bury', async () => {
    const cursor = new TestCursor();
    const publisher: Publisher = {
      publish: async () => ({ type: 'refused', reason: 'poison' }),
      bury: async () => {
        throw new Error('dead letters are down');
      },
    };
    await expect(relayOnce({ log, cursor, publisher }, ROUTE)).rejects.toThrow('dead letters are down');
    expect(cursor.at('stream', 'main')).toBe(0);
  });
});

describe('a relay that dies', () => {
  it('repeats what it published without moving the cursor, and nothing else', async () => {
    const [log, cursor, stream] = [new TestLog('main', events(6)), new TestCursor(), new MemoryPublisher()];
    const dying = {
      read: (sink: string, cell: string) => cursor.read(sink, cell),
      advance: async () => {
        throw new Error('killed');
      },
    };
    await expect(relayOnce({ log, cursor: dying, publisher: stream }, ROUTE)).rejects.toThrow('killed');
    await relayAll({ log, cursor, publisher: stream });
    expect(stream.arrived.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]);
  });

  it('leaves the order whole while its successor overlaps it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const [log, cursor, stream] = [
          new TestLog('main', events(9)),
          new TestCursor(),
          new MemoryPublisher(),
        ];
        const publish = scheduler.scheduleFunction((batch: typeof log.events) => stream.publish(batch));
        const relay = async () => {
          for (let turn = 0; turn < 4; turn++) {
            const publisher: Publisher = {
              publish: (batch) => publish([...batch]),
              bury: () => Promise.reject(new Error('nothing is refused here')),
            };
            await relayOnce({ log, cursor, publisher }, ROUTE);
          }
        };
        const both = Promise.all([relay(), relay()]);
        await scheduler.waitFor(both);
        expect(firstArrivals(stream.arrived)).toEqual(firstArrivals(log.events));
        expect(cursor.at('stream', 'main')).toBe(9);
      }),
      { numRuns: 100 },
    );
  });
});
