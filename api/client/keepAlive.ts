// Keeps a lease alive: a heartbeat at once, then at every third of the time-out that the server names.
// Invariant: it ends by itself as soon as the lease cannot be trusted any more, and says why; who works under it must then stop.

import { ProblemError } from './problem.ts';
import type { Heartbeat } from './shapes.ts';
import { pause } from './timing.ts';

export type KeepAliveEnd =
  | { readonly type: 'stopped' }
  /** The server says that it is over: ended, or held by another. */
  | { readonly type: 'lost'; readonly problem: ProblemError }
  /** No heartbeat got through for the whole time-out: the lease has probably expired. */
  | { readonly type: 'unheard'; readonly error: unknown };

export interface KeptAlive {
  /** Resolves when the heartbeats end, whatever ends them. */
  readonly ended: Promise<KeepAliveEnd>;
  /** Sends no more, and resolves when the last one is through. The lease lives on until its time-out: release it. */
  stop(): Promise<KeepAliveEnd>;
}

export interface KeepAliveOptions {
  /** Called with every answer: `state` says when a lease is being revoked, `endsAt` until when it may be held. */
  readonly beat?: (heartbeat: Heartbeat) => void;
}

const BEATS_A_TIMEOUT = 3;
/** Until the first answer has named the time-out. */
const FIRST_PAUSE_MS = 500;
const LOST = ['LEASE_ENDED', 'STALE_EPOCH', 'NOT_FOUND'];

export function keepAlive(heartbeat: () => Promise<Heartbeat>, options: KeepAliveOptions = {}): KeptAlive {
  const stopping = new AbortController();
  const run = async (): Promise<KeepAliveEnd> => {
    let pauseMs = FIRST_PAUSE_MS;
    for (let missed = 0; !stopping.signal.aborted; ) {
      try {
        const answer = await heartbeat();
        missed = 0;
        pauseMs = (answer.heartbeatTimeoutSeconds * 1000) / BEATS_A_TIMEOUT;
        options.beat?.(answer);
      } catch (error) {
        if (error instanceof ProblemError && LOST.includes(error.code))
          return { type: 'lost', problem: error };
        missed += 1;
        if (missed >= BEATS_A_TIMEOUT) return { type: 'unheard', error };
      }
      await pause(pauseMs, stopping.signal);
    }
    return { type: 'stopped' };
  };
  const ended = run();
  return {
    ended,
    stop() {
      stopping.abort();
      return ended;
    },
  };
}
