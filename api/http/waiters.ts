// Calls that wait for a request's outcome (`Prefer: wait`): woken by its event, or by their own time.
// Invariant: a waiter is told once and forgotten; their number is bounded, and one too many is not made to wait.

import type { DomainEvent, EventType, RequestId } from '../../scheduler/index.ts';

export interface Waiters {
  /** Resolves with the outcome's event or with the time. Register before the request is written, or the event may come first. */
  outcomeOf(request: RequestId, options: { readonly waitMs: number }): Waiting;
  tell(event: DomainEvent): void;
  releaseAll(): void;
}

export interface Waiting {
  readonly done: Promise<void>;
  cancel(): void;
}

const WAITERS_MAX = 5000;
/** `waiting` is no outcome: whoever waits wants to know how it ends. */
const OUTCOMES: ReadonlySet<EventType> = new Set([
  'annona.request.granted.v1',
  'annona.request.denied.v1',
  'annona.request.expired.v1',
  'annona.request.cancelled.v1',
]);

export function createWaiters(): Waiters {
  const waiting = new Map<RequestId, Set<() => void>>();
  let count = 0;

  return {
    outcomeOf(request, { waitMs }) {
      if (count >= WAITERS_MAX) return { done: Promise.resolve(), cancel() {} };
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => {
        clearTimeout(timer);
        const wakes = waiting.get(request);
        if (wakes?.delete(wake)) count -= 1;
        if (wakes?.size === 0) waiting.delete(request);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      const wakes = waiting.get(request) ?? new Set();
      waiting.set(request, wakes.add(wake));
      count += 1;
      return { done: promise, cancel: wake };
    },
    tell(event) {
      if (!OUTCOMES.has(event.type)) return;
      for (const wake of [...(waiting.get(event.request) ?? [])]) wake();
    },
    releaseAll() {
      for (const wakes of [...waiting.values()]) for (const wake of [...wakes]) wake();
    },
  };
}
