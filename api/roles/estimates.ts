// Estimated starts beside the scheduler: learnt from commits, looked over at most once a second for all who read, and now and then for nobody,
// so that there is something to learn from. Null where this process does not lead. Made by server.ts.
// Invariant: nothing of it reaches a tick; a look that fails is told and stops nothing.

import {
  type CommitObserver,
  type Estimate,
  Estimates,
  type Instant,
  newMemo,
  type RequestId,
  type Timers,
} from '../../scheduler/index.ts';
import { type Background, inBackground } from './background.ts';
import type { LookAtLeader } from './liveReasons.ts';

const FRESH_MS = 1000;
/** What was told is held against what comes: without readers a quarter of a minute is often enough. */
const UNREAD_EVERY_MS = 15_000;

export interface EstimateBook extends CommitObserver, Background {
  /** Null of a request that does not wait, as far as the last look goes. */
  of(request: RequestId): Estimate | null;
}

export function startEstimates(parts: {
  readonly look: LookAtLeader;
  readonly now: () => Instant;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}): EstimateBook {
  const { look, now, timers, log } = parts;
  const estimates = new Estimates();
  const memo = newMemo();
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** False while this process does not lead. */
  const refresh = (): boolean => {
    const looked = look();
    if (looked === null) return false;
    if (now() - lookedAt < FRESH_MS) return true;
    lookedAt = now();
    estimates.refresh(looked.state, looked.snapshot, memo);
    return true;
  };
  const background = inBackground(async (signal) => {
    for (;;) {
      await timers.sleep(UNREAD_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        refresh();
      } catch (error) {
        log(`estimates: ${error}`);
      }
    }
  });
  return {
    committed: (commit) => estimates.observe(commit),
    of: (request) => (refresh() ? estimates.of(request) : null),
    stop: () => background.stop(),
  };
}
