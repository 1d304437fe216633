// Following events for as long as one likes: over broken connections, a server's "too slow", and repetitions.
// Invariant: between two connections nothing is left out once a first place is known, and no event is told twice; memory is bounded.

import { type Calls, unreachable } from './calls.ts';
import { ProblemError, problemOf } from './problem.ts';
import type { EventDocument, FollowedEvent } from './shapes.ts';
import { parseServerSentEvents, type ServerSentEvent } from './sse.ts';
import { pause } from './timing.ts';

export interface EventsOptions {
  /** A place of this stream to go on behind; absent: from now on. */
  readonly after?: string;
  readonly types?: readonly string[];
  readonly request?: string;
  readonly signal?: AbortSignal;
  /** Called whenever the stream stands at a new place, also without an event: a heartbeat moves it on. */
  readonly moved?: (place: string) => void;
}

/** Repetitions come after a broken connection, and reach no further back than what was under way. */
const REMEMBERED_IDS = 10_000;
/** In a row, without one event or heartbeat between them; the pauses add up to about two minutes. */
const BROKEN_MAX = 15;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 10_000;

type Place = { at: string | undefined; moved: boolean };

export async function* followEvents(calls: Calls, options: EventsOptions): AsyncGenerator<FollowedEvent> {
  const { signal } = options;
  const seen = createSeen();
  const place: Place = { at: options.after, moved: false };
  for (let broken = 0; !signal?.aborted; ) {
    place.moved = false;
    let waitMs: number;
    try {
      for await (const message of oneConnection(calls, options, place)) {
        if (message.event === 'resync') {
          place.at = resyncPlace(message);
          place.moved = true;
          break;
        }
        const event = documentOf(message);
        if (seen.isNew(event.id)) yield event;
      }
      // It ended in order: the server stops, or the token has expired.
      waitMs = place.moved ? 0 : PAUSE_MS;
    } catch (error) {
      if (signal?.aborted) return;
      waitMs = patienceMs(error, broken);
      if (!place.moved && broken + 1 >= BROKEN_MAX) throw unreachable(calls.origin, error);
    }
    broken = place.moved ? 0 : broken + 1;
    await pause(waitMs * (1 + (calls.options.retry?.jitter?.() ?? 0)), signal);
  }
}

/** One connection's messages as they come; throws when it breaks or is refused, ends silently with the signal. */
export async function* streamEvents(calls: Calls, options: EventsOptions): AsyncGenerator<ServerSentEvent> {
  try {
    yield* oneConnection(calls, options, { at: options.after, moved: false });
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  }
}

async function* oneConnection(
  calls: Calls,
  options: EventsOptions,
  place: Place,
): AsyncGenerator<ServerSentEvent> {
  const { types, request, signal } = options;
  const response = await calls.open({
    method: 'GET',
    path: '/v1/events',
    query: { ...(types === undefined ? {} : { type: types }), request },
    headers: {
      accept: 'text/event-stream',
      ...(place.at === undefined ? {} : { 'last-event-id': place.at }),
    },
    repeatable: true,
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok || response.body === null) throw await problemOf(response);
  yield* parseServerSentEvents(response.body, (id) => {
    place.at = id;
    place.moved = true;
    options.moved?.(id);
  });
}

/** @throws the error itself when waiting would not mend it. */
function patienceMs(error: unknown, broken: number): number {
  const pauseMs = Math.min(PAUSE_MS * 2 ** broken, PAUSE_MS_MAX);
  if (!(error instanceof ProblemError)) return pauseMs;
  const { status } = error.problem;
  if (status !== 429 && status < 500) throw error;
  return error.retryAfterSeconds === null ? pauseMs : error.retryAfterSeconds * 1000;
}

function documentOf({ id, data }: ServerSentEvent): FollowedEvent {
  const document: EventDocument = JSON.parse(data);
  return { ...document, place: id ?? '' };
}

function resyncPlace({ data }: ServerSentEvent): string {
  const { after }: { after: string } = JSON.parse(data);
  return after;
}

function createSeen(): { isNew(id: string): boolean } {
  const ids = new Set<string>();
  return {
    isNew(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      // A Set keeps the order of insertion: the first is the oldest.
      const [oldest] = ids.size > REMEMBERED_IDS ? ids : [];
      if (oldest !== undefined) ids.delete(oldest);
      return true;
    },
  };
}
