// Why requests wait, in numbers of the last tick, from the leader's memory. One look at the memory serves all who ask within a second:
// a page of 500 waiting requests would else copy the memory 500 times. Null where this process does not lead. Made by server.ts.

import {
  type Explainer,
  explainer,
  type Instant,
  type Reason,
  type RequestId,
  type Runner,
  type State,
  takeSnapshot,
} from '../../scheduler/index.ts';

/** While nothing is decided only windows and periods move, and those by minutes. */
const FRESH_MS = 1000;

interface Look {
  readonly state: State;
  readonly tick: number;
  readonly at: Instant;
  readonly explained: Explainer;
}

export function liveReasons(
  runner: Pick<Runner, 'state'>,
  now: () => Instant,
): (request: RequestId) => readonly Reason[] | null {
  let last: Look | null = null;
  return (id) => {
    const state = runner.state();
    // Not kept beyond its term: it would hold the whole memory.
    if (state === null) last = null;
    const pending = state?.requests.get(id);
    if (!state || pending?.waitingCodes == null) return null;
    const at = now();
    if (last?.state !== state || last.tick !== state.tick || at - last.at >= FRESH_MS)
      last = { state, tick: state.tick, at, explained: explainer(takeSnapshot(state, at)) };
    return last.explained.reasons(pending);
  };
}
