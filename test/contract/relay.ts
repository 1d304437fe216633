// What every publisher must do for the relay. Order is compared per request, by first arrival: repetitions are allowed, gaps are not.
// Run by test/adapters/memory/publisher.test.ts and test/adapters/kafka/contract.test.ts, once per stream.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DomainEvent, type Publisher, relayOnce } from '../../scheduler/index.ts';
import { anEvent, firstArrivals, TestCursor, TestLog } from '../support/relay.ts';

export interface Arrival {
  readonly id: string;
  readonly request: string;
}

export interface DeadLetter {
  readonly id: string;
  readonly reason: string;
}

export interface TestStream {
  readonly publisher: Publisher;
  readonly cell: string;
  /** What a consumer of the department's stream gets, in order per request. */
  arrived(department: string): Promise<readonly Arrival[]>;
  /** What a consumer of the whole cell gets. */
  overseen(): Promise<readonly Arrival[]>;
  deadLetters(department: string): Promise<readonly DeadLetter[]>;
  close(): Promise<void>;
}

/** Streams under test are opened with this limit. */
export const RECORD_BYTES_MAX = 20_000;

export function tooLarge(sequence: number): DomainEvent {
  return anEvent(sequence, { request: 'req_large', data: { text: 'x'.repeat(RECORD_BYTES_MAX) } });
}

export function relayContract(name: string, open: () => Promise<TestStream>): void {
  // Concurrent: each test has departments of its own, and reading a broker is mostly waiting to join a group.
  describe.concurrent(`${name} as the relay's stream`, () => {
    let stream: TestStream;
    // The first that asks for a real stream may have to wait for its brokers to start.
    beforeAll(async () => {
      stream = await open();
    }, 180_000);
    afterAll(() => stream.close());

    const ids = (events: readonly Arrival[]) => events.map(({ id }) => id);
    // A publisher whose acknowledgement was lost sends again: how often something arrives is not promised, that it arrives is.
    const distinct = (events: readonly Arrival[]) => [...new Set(ids(events))].toSorted();

    it('has nothing to do for no events', async () => {
      expect(await stream.publisher.publish([])).toEqual({ type: 'acknowledged' });
    });

    it('gives a department its events, whole and in order per request', async () => {
      const events = Array.from({ length: 60 }, (_, i) =>
        anEvent(i + 1, { department: 'order', request: `req_${i % 7}` }),
      );
      expect(await stream.publisher.publish(events.slice(0, 31))).toEqual({ type: 'acknowledged' });
      expect(await stream.publisher.publish(events.slice(31))).toEqual({ type: 'acknowledged' });
      const arrived = await stream.arrived('order');
      expect(distinct(arrived)).toEqual(ids(events).toSorted());
      expect(firstArrivals(arrived)).toEqual(firstArrivals(events));
    });

    it('keeps departments apart', async () => {
      const events = [7001, 7002, 7003].map((n) =>
        anEvent(n, { department: n === 7002 ? 'apart-b' : 'apart-a' }),
      );
      await stream.publisher.publish(events);
      expect(distinct(await stream.arrived('apart-a'))).toEqual([events[0]!.id, events[2]!.id]);
      expect(distinct(await stream.arrived('apart-b'))).toEqual([events[1]!.id]);
      // The other tests of this suite write to it at the same time.
      expect(distinct(await stream.overseen())).toEqual(expect.arrayContaining(ids(events)));
    });

    it('repeats an event under its id when it is published again', async () => {
      const event = anEvent(1, { department: 'again' });
      await stream.publisher.publish([event]);
      await stream.publisher.publish([event]);
      const arrived = await stream.arrived('again');
      expect(arrived.length).toBeGreaterThanOrEqual(2);
      expect(distinct(arrived)).toEqual([event.id]);
    });

    it('refuses what it will never take, and says why', async () => {
      const want = { type: 'refused', reason: expect.stringMatching(/./) };
      expect(await stream.publisher.publish([tooLarge(1)])).toEqual(want);
    });

    it('buries a refused event with its reason, while its neighbours arrive', async () => {
      const small = (n: number) => anEvent(n, { department: 'refused', request: `req_${n % 3}` });
      const large = { ...tooLarge(5), department: small(1).department };
      const events = Array.from({ length: 9 }, (_, i) => (i === 4 ? large : small(i + 1)));
      const log = new TestLog(stream.cell, events);
      const ports = { log, cursor: new TestCursor(), publisher: stream.publisher };
      const step = await relayOnce(ports, { cell: stream.cell, sink: 'stream', batchMax: 100 });
      expect(step).toMatchObject({ cursor: 9, published: 8, buried: [{ event: { id: large.id } }] });
      const arrived = await stream.arrived('refused');
      expect(firstArrivals(arrived)).toEqual(firstArrivals(events.filter((event) => event !== large)));
      const letters = await stream.deadLetters('refused');
      expect(letters.length).toBeGreaterThan(0);
      for (const letter of letters) expect(letter).toEqual({ id: large.id, reason: step.buried[0]!.reason });
    });
  });
}
