// What turns leave to one another beside the committed state: read off after a commit, compared before the next, and put back by a replay.
// Invariant: restore(change) after a commit makes state and carry what they were when the turn of the next commit began. Called by inputs.ts and replay/.

import type { Configuration } from './domain/configuration.ts';
import type { QueueMemory, State } from './domain/state.ts';
import type { Carried, CarriedChange } from './domain/tickInputs.ts';
import { countUse } from './fairness.ts';
import { queueMemoryOf } from './reservations/memory.ts';
import type { TickCarry } from './tick.ts';

/** No term has a configuration without a name, so a term's first record always says which one it began with. */
const FRESH: Carried = {
  configuration: '',
  countedSeconds: null,
  isReviewed: false,
  unfinished: true,
  gangsDue: null,
  nomineesDue: null,
  takeableAt: null,
  promisedAt: null,
  isOwed: false,
  decidedAt: null,
  outsideTick: 0,
  gangTurn: null,
  nomineeTurn: null,
  ...queueParts(undefined),
};

export function carriedOf(state: State, carry: TickCarry): Carried {
  return {
    configuration: state.configuration.revision,
    countedSeconds: state.pastUse?.atSeconds ?? null,
    isReviewed: carry.reviewed !== undefined,
    unfinished: carry.unfinished,
    gangsDue: carry.gangsDue ?? null,
    nomineesDue: carry.nomineesDue ?? null,
    takeableAt: carry.takeableAt ?? null,
    promisedAt: carry.promisedAt ?? null,
    isOwed: carry.isOwed === true,
    decidedAt: carry.decidedAt ?? null,
    outsideTick: state.outsideTick,
    gangTurn: state.gangTurn ?? null,
    nomineeTurn: state.nomineeTurn ?? null,
    ...queueParts(state.queue),
  };
}

/** JSON has no infinity: what means never, or always, is null. */
function queueParts(queue: QueueMemory | undefined) {
  const told = (at: number | undefined): number | null =>
    at !== undefined && Number.isFinite(at) ? at : null;
  return {
    idle: queue === undefined ? null : [...queue.idle].sort(([a], [b]) => (a < b ? -1 : 1)),
    idleThrough: told(queue?.idleThrough),
    searchTurn: queue?.turn ?? null,
    quietUntil: told(queue?.quietUntil),
    isPutOff: queue?.isPutOff ?? false,
    forwardAt: told(queue?.forwardAt),
    isForwardDue: queue?.isForwardDue ?? false,
  };
}

/** What a turn found otherwise than the last commit had left it; null: nothing. `before` absent: the term has not committed yet. */
export function carriedChange(
  before: Carried | undefined,
  state: State,
  carry: TickCarry,
): CarriedChange | null {
  const known = before ?? FRESH;
  const now = carriedOf(state, carry);
  const changed = (Object.keys(now) as (keyof Carried)[]).filter(
    (key) => known[key] !== now[key] && JSON.stringify(known[key]) !== JSON.stringify(now[key]),
  );
  if (changed.length === 0) return null;
  return {
    ...Object.fromEntries(changed.map((key) => [key, now[key]])),
    ...(known.configuration !== now.configuration && { pastUse: state.pastUse ?? null }),
  };
}

/**
 * Puts back what turns without a commit had changed. `takeUp` makes another configuration the state's, as the turn that met it did.
 * Of a term's first tick `carry` is fresh.
 */
export function restore(
  state: State,
  carry: TickCarry,
  { change, takeUp }: { change: CarriedChange; takeUp: (revision: string) => void },
): void {
  const want: Carried = { ...(carry.remembered ?? FRESH), ...change };
  if (change.configuration !== undefined && change.configuration !== state.configuration.revision)
    takeUp(change.configuration);
  if (change.pastUse === null) delete state.pastUse;
  else if (change.pastUse !== undefined) state.pastUse = change.pastUse;
  else if (typeof change.countedSeconds === 'number') countUse(state, change.countedSeconds * 1000);
  state.outsideTick = want.outsideTick;
  state.gangTurn = want.gangTurn;
  state.nomineeTurn = want.nomineeTurn;
  restoreQueue(state, want);
  restoreCarry(carry, { want, configuration: state.configuration });
}

function restoreQueue(state: State, want: Carried): void {
  if (want.idle === null) return;
  const queue = queueMemoryOf(state);
  queue.idle.clear();
  for (const [place, level] of want.idle) queue.idle.set(place, level);
  queue.idleThrough = want.idleThrough ?? Number.POSITIVE_INFINITY;
  queue.turn = want.searchTurn;
  queue.quietUntil = want.quietUntil ?? Number.NEGATIVE_INFINITY;
  queue.isPutOff = want.isPutOff;
  queue.forwardAt = want.forwardAt ?? Number.NEGATIVE_INFINITY;
  queue.isForwardDue = want.isForwardDue;
}

function restoreCarry(
  carry: TickCarry,
  { want, configuration }: { want: Carried; configuration: Configuration },
): void {
  carry.unfinished = want.unfinished;
  carry.isOwed = want.isOwed;
  carry.takeableAt = want.takeableAt ?? undefined;
  if (want.isReviewed) carry.reviewed = configuration;
  else delete carry.reviewed;
  for (const key of ['gangsDue', 'nomineesDue', 'promisedAt', 'decidedAt'] as const) {
    const value = want[key];
    if (value === null) delete carry[key];
    else carry[key] = value;
  }
}
