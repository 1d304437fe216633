// Event streams of this process: one tail of the log, filtered in memory, to thousands of clients.
// Invariant: a stream gets every event that it may see, in order, once; one that cannot keep up is told where to go on, and closed.
// `publish` is called after each commit by the composition root; streams are opened by events.ts.

import type { DomainEvent, EventType, RequestId } from '../../scheduler/index.ts';
import type { EventFilter, EventLog } from '../ports.ts';
import { EventTail } from './eventTail.ts';
import { createLimiter } from './limiter.ts';
import { encodePlace } from './streamId.ts';
import { createStreamIndex, type Stream, type StreamSink } from './streams.ts';
import { formatInstant } from './time.ts';
import { createWaiters, type Waiters } from './waiters.ts';

export interface EventHubOptions {
  readonly cell: string;
  readonly log: EventLog;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Unread bytes of one client before it is sent away. */
  readonly bufferBytesMax?: number;
  readonly streamsMax?: number;
  /** Of one subject: a client that leaks connections must not take the others' places. */
  readonly streamsPerSubjectMax?: number;
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
  readonly keptMax?: number;
}

export interface OpenStream {
  readonly filter: EventFilter;
  readonly subject: string;
  readonly expiresAt: number;
  /** Sequence of the last event that the client has; null: from now on. */
  readonly after: number | null;
  readonly sink: StreamSink;
}

const DEFAULTS = {
  bufferBytesMax: 256 * 1024,
  streamsMax: 5000,
  streamsPerSubjectMax: 100,
  heartbeatMs: 15_000,
  pollMs: 1000,
  keptMax: 8192,
};
/** Pages read from the database at once by resuming clients; the rest of them wait their turn. */
const HISTORY_READS_MAX = 4;
const HISTORY_PAGE = 500;
/** What a browser waits before it connects again. */
const RETRY_MS = 2000;

export class EventHub {
  readonly cell: string;
  /** For `Prefer: wait`. */
  readonly waiters: Waiters = createWaiters();
  readonly #options: EventHubOptions & typeof DEFAULTS;
  readonly #index = createStreamIndex();
  readonly #limiter = createLimiter(HISTORY_READS_MAX);
  readonly #texts = new WeakMap<DomainEvent, string>();
  readonly #tail: EventTail;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: EventHubOptions) {
    this.cell = options.cell;
    this.#options = { ...DEFAULTS, ...options };
    this.#tail = new EventTail({ ...this.#options, deliver: (events) => this.#deliver(events) });
  }

  async start(): Promise<void> {
    await this.#tail.start();
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Ends every stream: clients connect again, to another process. */
  stop(): void {
    this.#tail.stop();
    clearInterval(this.#heartbeat);
    for (const stream of this.#index.all()) this.#end(stream, '');
    this.waiters.releaseAll();
  }

  /** The events of one commit, in order. Neither throws nor blocks. */
  publish(events: readonly DomainEvent[]): void {
    this.#tail.publish(events);
  }

  /** A hint that the log has grown where this process is told no events. */
  look(): void {
    this.#tail.look();
  }

  hasRoom(subject: string): boolean {
    const { streamsMax, streamsPerSubjectMax } = this.#options;
    return this.#index.count() < streamsMax && this.#index.countOf(subject) < streamsPerSubjectMax;
  }

  streamCount(): number {
    return this.#index.count();
  }

  /** Answers what must be called when the client is gone. */
  open({ filter, subject, expiresAt, after, sink }: OpenStream): () => void {
    const stream: Stream = {
      filter,
      types: filter.types ? new Set<EventType>(filter.types) : null,
      subject,
      expiresAt,
      sink,
      sentUpTo: after ?? this.#tail.head(),
      live: false,
    };
    this.#index.add(stream);
    sink.write(`retry: ${RETRY_MS}\nid: ${this.#idOf(stream.sentUpTo)}\n\n`);
    this.#replay(stream).catch((error) => {
      this.#options.onError(error);
      this.#sendAway(stream);
    });
    return () => this.#index.remove(stream);
  }

  #idOf(sequence: number): string {
    return encodePlace(new Map([[this.cell, sequence]]));
  }

  /** Serialised once, however many streams it goes to. */
  #textOf(event: DomainEvent): string {
    let text = this.#texts.get(event);
    if (text === undefined) {
      text = `id: ${this.#idOf(event.sequence)}\nevent: ${event.type}\ndata: ${JSON.stringify(eventDocument(event))}\n\n`;
      this.#texts.set(event, text);
    }
    return text;
  }

  /** One write a stream, however many of the events it gets. */
  #deliver(events: readonly DomainEvent[]): void {
    const texts = new Map<Stream, string>();
    for (const event of events) {
      this.waiters.tell(event);
      for (const streams of this.#index.reachedBy(event)) {
        for (const stream of streams) {
          if (wants(stream, event)) texts.set(stream, (texts.get(stream) ?? '') + this.#textOf(event));
        }
      }
    }
    for (const [stream, text] of texts) this.#write(stream, text);
  }

  /** What is written stands for everything up to the head of the tail. */
  #write(stream: Stream, text: string): void {
    if (stream.sink.bufferedBytes() > this.#options.bufferBytesMax) {
      this.#sendAway(stream);
      return;
    }
    stream.sink.write(text);
    stream.sentUpTo = Math.max(stream.sentUpTo, this.#tail.head());
  }

  /** The client reads too slowly, or asks for a place that is not in this log: it starts over from the id it is told. */
  #sendAway(stream: Stream): void {
    const id = this.#idOf(stream.sentUpTo);
    this.#end(stream, `id: ${id}\nevent: resync\ndata: ${JSON.stringify({ after: id })}\n\n`);
  }

  #end(stream: Stream, text: string): void {
    this.#index.remove(stream);
    stream.sink.end(text);
  }

  /** The id moves with the log, so that a client whose events are rare resumes from nearby. */
  #beat(): void {
    const now = this.#options.now();
    const text = `: heartbeat\nid: ${this.#idOf(this.#tail.head())}\n\n`;
    for (const stream of this.#index.all()) {
      if (stream.expiresAt <= now) this.#end(stream, ': the token has expired\n\n');
      // A stream from before a failover may be ahead of this tail: its id must not go back.
      else if (stream.live && stream.sentUpTo <= this.#tail.head()) this.#write(stream, text);
    }
  }

  /** Pages through the log until the stream has caught up, then makes it live without a gap in between. */
  async #replay(stream: Stream): Promise<void> {
    const { log } = this.#options;
    const open = () => this.#index.has(stream);
    if (stream.sentUpTo > this.#tail.head()) {
      const last = await log.last(this.cell);
      if (!open()) return;
      if (stream.sentUpTo > last) {
        stream.sentUpTo = last;
        this.#sendAway(stream);
        return;
      }
    }
    while (open() && stream.sentUpTo < this.#tail.head()) {
      const page = await this.#limiter(() => this.#tail.history(stream.sentUpTo, HISTORY_PAGE));
      if (!open()) return;
      const seen = page.filter((event) => wants(stream, event) && sees(stream.filter, event));
      if (seen.length > 0) stream.sink.write(seen.map((event) => this.#textOf(event)).join(''));
      stream.sentUpTo = page.at(-1)?.sequence ?? this.#tail.head();
      await stream.sink.drained();
    }
    if (open()) this.#index.goLive(stream);
  }
}

function wants(stream: Stream, event: DomainEvent): boolean {
  if (event.sequence <= stream.sentUpTo) return false;
  if (stream.types && !stream.types.has(event.type)) return false;
  const request: RequestId | undefined = stream.filter.request;
  return request === undefined || request === event.request;
}

/** The scope again, where the index has not already chosen by it. */
function sees({ scope }: EventFilter, event: DomainEvent): boolean {
  switch (scope.type) {
    case 'agent':
      return event.department === scope.department && event.agent === scope.agent;
    case 'department':
      return event.department === scope.department;
    case 'all':
      return true;
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}

/** Without the trace, which is the transport's, and without the sequence: `id` is the key for de-duplication, and the count of others' events is nobody's business. */
export function eventDocument(event: DomainEvent) {
  const { sequence: _sequence, traceParent: _trace, at, ...rest } = event;
  return { ...rest, at: formatInstant(at) };
}
