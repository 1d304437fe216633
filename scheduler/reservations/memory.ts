// What a term of office remembers of those who wait, made when it is first needed. Not stored: a new leader begins with nothing.
// Called by planning.ts and overtaking.ts.

import type { QueueMemory, State } from '../domain/state.ts';

export function queueMemoryOf(state: State): QueueMemory {
  state.queue ??= {
    overtaken: new Map(),
    idle: new Map(),
    idleThrough: Number.POSITIVE_INFINITY,
    turn: null,
    quietUntil: Number.NEGATIVE_INFINITY,
    isPutOff: false,
    forwardAt: Number.NEGATIVE_INFINITY,
    isForwardDue: false,
  };
  return state.queue;
}
