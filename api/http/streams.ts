// The open streams, found by whose events they get: an event of one agent looks at that agent's streams, not at all of them.
// Invariant: a stream is in the index from `add` to `remove`, and gets live events only from `goLive` on.

import type { DomainEvent, EventType } from '../../scheduler/index.ts';
import type { EventFilter, Scope } from '../ports.ts';

/** The client's end: a socket in events.ts, a list in a test. */
export interface StreamSink {
  write(text: string): void;
  /** Bytes that the client has not read yet. */
  bufferedBytes(): number;
  /** Resolves when the client has read enough to be sent more, or is gone. */
  drained(): Promise<void>;
  /** A last text, then the end. */
  end(text: string): void;
}

export interface Stream {
  readonly filter: EventFilter;
  readonly types: ReadonlySet<EventType> | null;
  readonly subject: string;
  readonly expiresAt: number;
  readonly sink: StreamSink;
  /** Everything up to here that the stream wants has been written. */
  sentUpTo: number;
  live: boolean;
}

export interface StreamIndex {
  add(stream: Stream): void;
  goLive(stream: Stream): void;
  remove(stream: Stream): void;
  has(stream: Stream): boolean;
  all(): Iterable<Stream>;
  count(): number;
  countOf(subject: string): number;
  /** Live streams whose scope holds the event; each stream is in one of the sets. */
  reachedBy(event: DomainEvent): Iterable<ReadonlySet<Stream>>;
}

const EVERYONE = '*';

export function createStreamIndex(): StreamIndex {
  const open = new Set<Stream>();
  const byScope = new Map<string, Set<Stream>>();
  const subjects = new Map<string, number>();

  const count = (subject: string, change: 1 | -1) => {
    const left = (subjects.get(subject) ?? 0) + change;
    if (left > 0) subjects.set(subject, left);
    else subjects.delete(subject);
  };

  return {
    add(stream) {
      open.add(stream);
      count(stream.subject, 1);
    },
    goLive(stream) {
      stream.live = true;
      const key = keyOf(stream.filter.scope);
      const streams = byScope.get(key) ?? new Set();
      streams.add(stream);
      byScope.set(key, streams);
    },
    remove(stream) {
      if (!open.delete(stream)) return;
      count(stream.subject, -1);
      const key = keyOf(stream.filter.scope);
      const streams = byScope.get(key);
      if (streams?.delete(stream) && streams.size === 0) byScope.delete(key);
    },
    has: (stream) => open.has(stream),
    all: () => open,
    count: () => open.size,
    countOf: (subject) => subjects.get(subject) ?? 0,
    *reachedBy({ department, agent }) {
      for (const key of [agentKey(department, agent), department, EVERYONE]) {
        const streams = byScope.get(key);
        if (streams) yield streams;
      }
    },
  };
}

function agentKey(department: string, agent: string): string {
  return `${department}/${agent}`;
}

/** Slugs hold neither a slash nor a star, so that the three kinds of key never meet. */
function keyOf(scope: Scope): string {
  switch (scope.type) {
    case 'agent':
      return agentKey(scope.department, scope.agent);
    case 'department':
      return scope.department;
    case 'all':
      return EVERYONE;
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}
