// The outbox on its way out: committed events after the cursor, published in order, the cursor moved behind what was acknowledged.
// Invariant: at least once, first arrivals in order per request; the cursor never passes an event that is neither acknowledged nor
// buried with its reason. Started by the composition root, one per sink and cell; relays of one sink may overlap while one replaces another.

import type { DomainEvent } from './domain/event.ts';
import type { Instant } from './domain/quantity.ts';
import type { CommittedEvents, Publisher, RelayCursor, Timers } from './ports.ts';

export interface RelayPorts {
  readonly log: CommittedEvents;
  readonly cursor: RelayCursor;
  readonly publisher: Publisher;
}

export interface RelayRoute {
  readonly cell: string;
  /** Name of the stream in the cursor's store: "kafka". */
  readonly sink: string;
  /** Events read and published at once: bounds the memory, and what a crash repeats. */
  readonly batchMax: number;
}

export interface BuriedEvent {
  readonly event: DomainEvent;
  readonly reason: string;
}

export interface RelayStep {
  /** Sequence of the last event that this sink has been given. */
  readonly cursor: number;
  readonly published: number;
  readonly buried: readonly BuriedEvent[];
  /** The batch was full: there is probably more. */
  readonly full: boolean;
}

/** The log lost events before they were streamed, or numbers them with gaps: going on would hide it. */
export class RelayGapError extends Error {
  override name = 'RelayGapError';
}

/** One turn. `seen` is told of what was read before anything is published, for the lag while a stream is down. */
export async function relayOnce(
  { log, cursor, publisher }: RelayPorts,
  { cell, sink, batchMax }: RelayRoute,
  seen: (events: readonly DomainEvent[]) => void = () => {},
): Promise<RelayStep> {
  const from = await cursor.read(sink, cell);
  const events = await log.read(cell, from, batchMax);
  assertGapless(events, from);
  seen(events);
  if (events.length === 0) return { cursor: from, published: 0, buried: [], full: false };
  const buried = await deliver(publisher, events);
  const last = from + events.length;
  await cursor.advance(sink, cell, last);
  return { cursor: last, published: events.length - buried.length, buried, full: events.length === batchMax };
}

/** A refused batch is halved until the event that is refused stands alone: log2 of the batch more calls, and its neighbours arrive. */
async function deliver(publisher: Publisher, events: readonly DomainEvent[]): Promise<BuriedEvent[]> {
  const publication = await publisher.publish(events);
  if (publication.type === 'acknowledged') return [];
  const [event] = events;
  if (events.length === 1 && event) {
    await publisher.bury(event, publication.reason);
    return [{ event, reason: publication.reason }];
  }
  const half = Math.ceil(events.length / 2);
  const before = await deliver(publisher, events.slice(0, half));
  return [...before, ...(await deliver(publisher, events.slice(half)))];
}

function assertGapless(events: readonly DomainEvent[], from: number): void {
  events.forEach((event, i) => {
    const want = from + i + 1;
    if (event.sequence !== want)
      throw new RelayGapError(`event ${want} is missing from the log: ${event.sequence} follows ${want - 1}`);
  });
}

export interface RelaySettings extends RelayRoute {
  /** Wait between looks at the log when nobody wakes us: bounds the delay of a lost wake-up. */
  readonly pollMs: number;
  /**
   * Wait after a turn that published all there was, whoever wakes us: what is committed meanwhile goes together with the next. The first event
   * after a silence is not held up. Absent: none.
   */
  readonly restMs?: number;
  /** First pause after a failure; doubled after each further one, up to the longest. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

export interface RelayLag {
  readonly cursor: number;
  /** Events committed and not acknowledged, as far as this relay has seen. */
  readonly behind: number;
  /** When the oldest of them was committed; null when there is none. */
  readonly oldestAt: Instant | null;
}

export type RelayEvent =
  | { readonly type: 'relayed'; readonly sink: string; readonly cursor: number; readonly published: number }
  | { readonly type: 'buried'; readonly sink: string; readonly event: DomainEvent; readonly reason: string }
  | { readonly type: 'failure'; readonly sink: string; readonly error: unknown; readonly retryMs: number };

export interface Relay {
  /** A hint that there is something to send; losing it costs at most `pollMs`. */
  wake(): void;
  lag(): RelayLag;
  /** Resolves when the turn that runs has ended. */
  stop(): Promise<void>;
}

export function startRelay(
  ports: RelayPorts & { readonly timers: Timers },
  settings: RelaySettings,
  report: (event: RelayEvent) => void,
): Relay {
  const loop = new RelayLoop(ports, settings, report);
  const done = loop.run();
  return {
    wake: () => loop.wake(),
    lag: () => loop.lag,
    stop: async () => {
      loop.halt();
      await done;
    },
  };
}

class RelayLoop {
  lag: RelayLag = { cursor: 0, behind: 0, oldestAt: null };
  readonly #ports: RelayPorts & { readonly timers: Timers };
  readonly #settings: RelaySettings;
  readonly #report: (event: RelayEvent) => void;
  readonly #stopping = new AbortController();
  #woken = false;
  #pause = new AbortController();

  constructor(
    ports: RelayPorts & { readonly timers: Timers },
    settings: RelaySettings,
    report: (event: RelayEvent) => void,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#report = report;
  }

  wake(): void {
    this.#woken = true;
    // With a reason of its own: the default one is an exception, and its stack costs as much as a small commit.
    this.#pause.abort('woken');
  }

  halt(): void {
    this.#stopping.abort();
    this.#pause.abort();
  }

  async run(): Promise<void> {
    const { sink, backoffMs, backoffMaxMs } = this.#settings;
    let retryMs = backoffMs;
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      try {
        const { published, behind } = await this.#turn();
        retryMs = backoffMs;
        if (behind === 0) await this.#pauseAfter(published);
      } catch (error) {
        this.#report({ type: 'failure', sink, error, retryMs });
        // Not cut short by `wake`: commits go on while a stream is down, and must not become attempts.
        await this.#ports.timers.sleep(retryMs, this.#stopping.signal);
        retryMs = Math.min(retryMs * 2, backoffMaxMs);
      }
    }
  }

  async #turn(): Promise<{ readonly published: number; readonly behind: number }> {
    const { sink, cell } = this.#settings;
    const step = await relayOnce(this.#ports, this.#settings, (events) => this.#look(events));
    for (const { event, reason } of step.buried) this.#report({ type: 'buried', sink, event, reason });
    const { cursor, published } = step;
    if (published > 0) this.#report({ type: 'relayed', sink, cursor, published });
    // Only a full batch asks: one query less in the usual turn, whose log is at its end.
    const behind = step.full ? Math.max(0, (await this.#ports.log.last(cell)) - cursor) : 0;
    this.lag = { cursor, behind, oldestAt: behind > 0 ? this.lag.oldestAt : null };
    return { published, behind };
  }

  async #pauseAfter(published: number): Promise<void> {
    const { pollMs, restMs = 0 } = this.#settings;
    if (published > 0 && restMs > 0) await this.#ports.timers.sleep(restMs, this.#stopping.signal);
    await this.#sleep(pollMs);
  }

  #look(events: readonly DomainEvent[]): void {
    const [first] = events;
    const cursor = first ? first.sequence - 1 : this.lag.cursor;
    this.lag = { cursor, behind: Math.max(events.length, this.lag.behind), oldestAt: first?.at ?? null };
  }

  async #sleep(ms: number): Promise<void> {
    this.#pause = new AbortController();
    if (this.#woken || this.#stopping.signal.aborted) return;
    await this.#ports.timers.sleep(ms, this.#pause.signal);
  }
}
