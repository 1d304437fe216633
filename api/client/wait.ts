// Waiting for a request's outcome: woken by its events, and asking again now and then whether or not they come.
// Invariant: the answer is always one that the server gave, never put together from events.

import type { Calls } from './calls.ts';
import { followEvents } from './follow.ts';
import type { RequestView } from './shapes.ts';
import { pause } from './timing.ts';

export interface WaitOptions {
  /** Answers with the state so far when the time is over; absent: waits for the outcome. */
  readonly timeoutSeconds?: number;
  /** The same, for whoever cannot wait any more. */
  readonly signal?: AbortSignal;
  /** Called with every state that was read. */
  readonly seen?: (request: RequestView) => void;
}

/** With a stream the asking only covers what a stream may lose; without one it is all there is. */
const ASK_STREAMED_MS = 5000;
const ASK_ALONE_MS = 500;

export function hasOutcome({ state }: Pick<RequestView, 'state'>): boolean {
  return state !== 'queued' && state !== 'waiting';
}

export async function waitFor(calls: Calls, id: string, options: WaitOptions): Promise<RequestView> {
  const leaving = new AbortController();
  const { timeoutSeconds } = options;
  const limits = [
    ...(options.signal === undefined ? [] : [options.signal]),
    ...(timeoutSeconds === undefined ? [] : [AbortSignal.timeout(timeoutSeconds * 1000)]),
  ];
  const ending = AbortSignal.any([leaving.signal, ...limits]);
  const bell = ringOn(calls, id, ending);
  try {
    for (;;) {
      const heard = bell.next();
      const answer = await calls.call({
        method: 'GET',
        path: `/v1/requests/${encodeURIComponent(id)}`,
        repeatable: true,
      });
      const request = answer.body as RequestView;
      options.seen?.(request);
      if (hasOutcome(request) || ending.aborted) return request;
      await Promise.race([heard, pause(bell.works() ? ASK_STREAMED_MS : ASK_ALONE_MS, ending)]);
    }
  } finally {
    leaving.abort();
    await bell.silent;
  }
}

interface Bell {
  /** Resolves with the next event after this call. */
  next(): Promise<void>;
  works(): boolean;
  readonly silent: Promise<void>;
}

/** Rings at every event of the request, and once when the stream stands: what came before it is then to be asked for. */
function ringOn(calls: Calls, request: string, signal: AbortSignal): Bell {
  let ring = Promise.withResolvers<void>();
  let works = false;
  const rung = (): void => {
    ring.resolve();
    ring = Promise.withResolvers<void>();
  };
  const listen = async (): Promise<void> => {
    const moved = (): void => {
      if (works) return;
      works = true;
      rung();
    };
    try {
      for await (const _event of followEvents(calls, { request, signal, moved })) rung();
    } catch {
      // Streams are full, or a proxy cuts them: asking goes on, and throws if the server itself has gone.
    } finally {
      works = false;
    }
  };
  return { next: () => ring.promise, works: () => works, silent: listen() };
}
