// Why requests wait, in numbers of the last tick, from the leader's memory. One look at the memory serves all who ask within a second:
// a page of 500 waiting requests would else copy the memory 500 times. Null where this process does not lead. Made by server.ts.

import {
  type Explanation,
  explainRequest,
  type HolderSight,
  type Instant,
  type LeaderLook,
  lookOver,
  type Reason,
  type RequestId,
  type ResourceRequest,
  type Runner,
  takeSnapshot,
} from '../../scheduler/index.ts';

/** While nothing is decided only windows and periods move, and those by minutes. */
const FRESH_MS = 1000;

/** A look that is fresh enough, or null while this process does not lead. */
export type LookAtLeader = () => LeaderLook | null;

export function leaderLook(runner: Pick<Runner, 'state'>, now: () => Instant): LookAtLeader {
  let last: (LeaderLook & { readonly tick: number }) | null = null;
  return () => {
    const state = runner.state();
    // Not kept beyond its term: it would hold the whole memory.
    if (state === null) last = null;
    if (state === null) return null;
    const at = now();
    if (last?.state !== state || last.tick !== state.tick || at - last.snapshot.now >= FRESH_MS)
      last = { ...lookOver(state, takeSnapshot(state, at)), tick: state.tick };
    return last;
  };
}

export function liveReasons(
  runner: Pick<Runner, 'state'>,
  now: () => Instant,
  look: LookAtLeader = leaderLook(runner, now),
): (request: RequestId) => readonly Reason[] | null {
  return (id) => {
    const pending = runner.state()?.requests.get(id);
    if (pending?.waitingCodes == null) return null;
    return look()?.reasons(pending) ?? null;
  };
}

export function liveExplanation(
  look: LookAtLeader,
): (request: ResourceRequest, sight: HolderSight) => Explanation | null {
  return (request, sight) => {
    const looked = look();
    return looked === null ? null : explainRequest(looked, request, sight);
  };
}
