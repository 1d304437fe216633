// The relay's loop, with time in the test's hands: when it turns, how long it waits after failures, what it says of its lag.
import { describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../../adapters/memory/publisher.ts';
import { type Publisher, type Relay, type RelayEvent, startRelay } from '../../scheduler/index.ts';
import { anEvent, events, TestCursor, TestLog } from '../support/relay.ts';

const SETTINGS = {
  cell: 'main',
  sink: 'stream',
  batchMax: 4,
  pollMs: 500,
  backoffMs: 100,
  backoffMaxMs: 1000,
};

/** Sleeps that the test ends, one after the other; each is announced. */
class Sleeps {
  readonly lengths: number[] = [];
  #wake: (() => void) | null = null;
  #announce: (() => void) | null = null;

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lengths.push(ms);
    this.#wake = resolve;
    signal?.addEventListener('abort', () => resolve());
    if (signal?.aborted) resolve();
    this.#announce?.();
    return promise;
  };

  /** Until the relay sleeps for the `count`-th time. */
  async until(count: number): Promise<void> {
    while (this.lengths.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#announce = resolve;
      await promise;
    }
  }

  end(): void {
    this.#wake?.();
  }
}

interface Rig {
  readonly log: TestLog;
  readonly cursor: TestCursor;
  readonly stream: MemoryPublisher;
  readonly sleeps: Sleeps;
  readonly told: RelayEvent[];
  readonly relay: Relay;
}

function start(committed: number, wrap: (stream: Publisher) => Publisher = (stream) => stream): Rig {
  const [log, cursor, sleeps] = [new TestLog('main', events(committed)), new TestCursor(), new Sleeps()];
  const stream = new MemoryPublisher({ refuses: ({ sequence }) => (sequence === 3 ? 'poison' : null) });
  const told: RelayEvent[] = [];
  const ports = { log, cursor, publisher: wrap(stream), timers: sleeps };
  const relay = startRelay(ports, SETTINGS, (event) => told.push(event));
  return { log, cursor, stream, sleeps, told, relay };
}

/** Down until told otherwise. */
function anOutage(): { wrap: (stream: Publisher) => Publisher; over: () => void } {
  let down = true;
  const wrap = (stream: Publisher): Publisher => ({
    publish: (batch) => (down ? Promise.reject(new Error('down')) : stream.publish(batch)),
    bury: (event, reason) => stream.bury(event, reason),
  });
  return {
    wrap,
    over: () => {
      down = false;
    },
  };
}

describe('the relay', () => {
  it('takes one full batch after the other, then waits for the next', async () => {
    const { relay, sleeps, stream, told } = start(10);
    await sleeps.until(1);
    // 1 and 2 arrived with the batch that was refused for 3, and again with the half before it.
    expect(stream.arrived.map(({ sequence }) => sequence)).toEqual([1, 2, 1, 2, 4, 5, 6, 7, 8, 9, 10]);
    expect(told).toMatchObject([
      { type: 'buried', reason: 'poison', event: { sequence: 3 } },
      { type: 'relayed', cursor: 4, published: 3 },
      { type: 'relayed', cursor: 8, published: 4 },
      { type: 'relayed', cursor: 10, published: 2 },
    ]);
    expect(relay.lag()).toEqual({ cursor: 10, behind: 0, oldestAt: null });
    expect(sleeps.lengths).toEqual([500]);
    await relay.stop();
  });

  it('turns at once when it is woken', async () => {
    const { relay, log, sleeps, stream } = start(1);
    await sleeps.until(1);
    log.events.push(anEvent(2));
    relay.wake();
    await sleeps.until(2);
    expect(stream.arrived.map(({ sequence }) => sequence)).toEqual([1, 2]);
    await relay.stop();
  });

  it('rests after what it published, though it is woken, so that what is committed meanwhile goes together', async () => {
    const [log, stream, sleeps] = [new TestLog('main', events(1)), new MemoryPublisher(), new Sleeps()];
    const ports = { log, cursor: new TestCursor(), publisher: stream, timers: sleeps };
    const told: RelayEvent[] = [];
    const relay = startRelay(ports, { ...SETTINGS, restMs: 40 }, (event) => told.push(event));
    await sleeps.until(1);
    for (const number of [2, 3]) {
      log.events.push(anEvent(number));
      relay.wake();
    }
    expect(stream.arrived).toHaveLength(1);
    sleeps.end();
    await sleeps.until(2);
    sleeps.end();
    await sleeps.until(3);
    expect(told).toMatchObject([
      { type: 'relayed', cursor: 1, published: 1 },
      { type: 'relayed', cursor: 3, published: 2 },
    ]);
    expect(sleeps.lengths).toEqual([40, 40, 500]);
    await relay.stop();
  });

  it('does not wait when it was woken while it published', async () => {
    const log = new TestLog('main', events(1));
    const [sleeps, stream] = [new Sleeps(), new MemoryPublisher()];
    const publisher: Publisher = {
      publish(batch) {
        if (log.events.length === 1) {
          log.events.push(anEvent(2));
          relay.wake();
        }
        return stream.publish(batch);
      },
      bury: (event, reason) => stream.bury(event, reason),
    };
    const ports = { log, cursor: new TestCursor(), publisher, timers: sleeps };
    const relay: Relay = startRelay(ports, SETTINGS, () => {});
    await sleeps.until(1);
    expect(stream.arrived.map(({ sequence }) => sequence)).toEqual([1, 2]);
    await relay.stop();
  });

  it('finds what nobody woke it for when its wait ends', async () => {
    const { relay, log, sleeps, stream } = start(1);
    await sleeps.until(1);
    log.events.push(anEvent(2));
    sleeps.end();
    await sleeps.until(2);
    expect(stream.arrived).toHaveLength(2);
    await relay.stop();
  });

  it('waits twice as long after each failure, up to the longest, and starts anew after a success', async () => {
    const outage = anOutage();
    const { relay, log, sleeps, told } = start(2, outage.wrap);
    for (let failure = 1; failure <= 6; failure++) {
      await sleeps.until(failure);
      if (failure === 6) outage.over();
      sleeps.end();
    }
    await sleeps.until(7);
    expect(sleeps.lengths).toEqual([100, 200, 400, 800, 1000, 1000, 500]);
    const retries = told.flatMap((event) => (event.type === 'failure' ? [event.retryMs] : []));
    expect(retries).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(relay.lag()).toEqual({ cursor: 2, behind: 0, oldestAt: null });
    log.events.push(anEvent(4));
    relay.wake();
    await sleeps.until(8);
    expect(told.at(-1)).toMatchObject({ type: 'failure', retryMs: 100, error: { name: 'RelayGapError' } });
    await relay.stop();
  });

  it('says how far it is behind while the stream is down, and is not hurried by commits', async () => {
    const outage = anOutage();
    const { relay, log, sleeps } = start(2, outage.wrap);
    await sleeps.until(1);
    expect(relay.lag()).toEqual({ cursor: 0, behind: 2, oldestAt: log.events[0]!.at });
    log.events.push(anEvent(3));
    relay.wake();
    expect(sleeps.lengths).toEqual([100]);
    sleeps.end();
    await sleeps.until(2);
    expect(relay.lag()).toEqual({ cursor: 0, behind: 3, oldestAt: log.events[0]!.at });
    await relay.stop();
  });

  it.each([
    ['while it waits', 2],
    ['while the stream is down', 0],
  ])('stops %s', async (_when, wantArrived) => {
    const outage = anOutage();
    if (wantArrived > 0) outage.over();
    const { relay, sleeps, stream } = start(2, outage.wrap);
    await sleeps.until(1);
    await relay.stop();
    expect(stream.arrived).toHaveLength(wantArrived);
  });

  it('ends the turn that runs before it has stopped', async () => {
    const reached = Promise.withResolvers<void>();
    const acknowledge = Promise.withResolvers<void>();
    const { relay, cursor } = start(2, (stream) => ({
      publish: async (batch) => {
        reached.resolve();
        await acknowledge.promise;
        return stream.publish(batch);
      },
      bury: (event, reason) => stream.bury(event, reason),
    }));
    await reached.promise;
    const stopped = relay.stop();
    acknowledge.resolve();
    await stopped;
    expect(cursor.at('stream', 'main')).toBe(2);
  });
});
