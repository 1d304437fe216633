// The live feed: one event stream of the server, taken up again where it broke, and what the page should think of its age.
// Invariant: `live` only while something was heard within SILENCE_MS; after a break nothing is missed that the server still has, and whoever
// follows is told to read again.

import { streamEvents } from '../../client/follow.ts';
import { ProblemError } from '../../client/problem.ts';
import type { EventDocument } from '../../client/shapes.ts';
import type { Api } from './api.ts';
import { now } from './browser.ts';
import { createStore } from './store.ts';

export interface Live {
  readonly status: 'connecting' | 'live' | 'stale';
  /** When it was last heard of; null: never. */
  readonly heardAt: number | null;
  /** Why it is stale, for people. */
  readonly why: string | null;
}

export const live = createStore<Live>({ status: 'connecting', heardAt: null, why: null });
/** Counts up at most once a second when something may have changed: pages read again. */
export const pulse = createStore(0);

type Listener = (event: EventDocument) => void;
const listeners = new Set<Listener>();

/** Told of each event once; ends with the function that it answers. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The server says something every 15 s. */
const SILENCE_MS = 40_000;
const PAUSE_MS = 500;
const PAUSE_MS_MAX = 8_000;
const PULSE_MS = 1_000;
/** Ticks of other departments bring no event: what is shown of them is read again so often. */
const QUIET_PULSE_MS = 10_000;
const REMEMBERED = 2_000;

export function followLive(api: Api): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const beat = createBeat();
  void follow(api, signal, beat);
  const timer = setInterval(beat.quiet, QUIET_PULSE_MS);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    beat.stop();
  });
  return () => ending.abort();
}

type Beat = ReturnType<typeof createBeat>;

async function follow(api: Api, signal: AbortSignal, beat: Beat): Promise<void> {
  let place: string | undefined;
  const seen = createSeen();
  for (let broken = 0; !signal.aborted; broken += 1) {
    const connection = new AbortController();
    const watch = watchSilence(() => connection.abort());
    let why = 'The connection ended.';
    try {
      const messages = streamEvents(api.calls, {
        ...(place === undefined ? {} : { after: place }),
        signal: AbortSignal.any([signal, connection.signal]),
        moved(id) {
          place = id;
          broken = 0;
          watch.heard();
          if (live.get().status !== 'live') beat.changed();
          live.set({ status: 'live', heardAt: now(), why: null });
        },
      });
      for await (const { event, data } of messages) {
        if (event === 'resync') {
          place = (JSON.parse(data) as { after: string }).after;
          break;
        }
        const document = JSON.parse(data) as EventDocument;
        if (!seen(document.id)) continue;
        for (const listener of [...listeners]) listener(document);
        beat.changed();
      }
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 401) {
        // The next call of the page ends the session; the stream alone does not.
        void api.get('/v1/me').catch(() => undefined);
      }
      why = error instanceof ProblemError ? error.problem.title : 'The server cannot be reached.';
    } finally {
      watch.stop();
    }
    if (signal.aborted) return;
    live.set({ ...live.get(), status: 'stale', why });
    await sleep(Math.min(PAUSE_MS * 2 ** Math.min(broken, 6), PAUSE_MS_MAX), signal);
  }
}

/** Events come in bursts: the page reads again once a second at most. */
function createBeat() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    timer = undefined;
    pulse.set(pulse.get() + 1);
  };
  return {
    changed() {
      timer ??= setTimeout(tell, PULSE_MS);
    },
    quiet: () => pulse.set(pulse.get() + 1),
    stop: () => clearTimeout(timer),
  };
}

function watchSilence(onSilent: () => void) {
  let timer = setTimeout(onSilent, SILENCE_MS);
  return {
    heard() {
      clearTimeout(timer);
      timer = setTimeout(onSilent, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
}

/** Whether an id is new; the oldest are forgotten. */
function createSeen(): (id: string) => boolean {
  const ids = new Set<string>();
  return (id) => {
    if (ids.has(id)) return false;
    ids.add(id);
    const [oldest] = ids.size > REMEMBERED ? ids : [];
    if (oldest !== undefined) ids.delete(oldest);
    return true;
  };
}
