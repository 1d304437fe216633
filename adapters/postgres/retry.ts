// Repeating what may be repeated: a statement whose answer was lost, or that was rolled back for others' sake.
// Invariant: only callers whose statement recognises its own first try may use it. Used by intakeWriter.ts, tickStore.ts and heartbeats.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLoss, isRolledBackForOthers } from './connection.ts';

/** 50 ms doubled up to 1.6 s: 6.35 s in all, which covers a crash recovery of the server (0.2 to 5.2 s measured). */
const PAUSES_MS = [50, 100, 200, 400, 800, 1600, 1600, 1600];

export async function repeating<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConnectionLoss(error) && !isRolledBackForOthers(error)) throw error;
      await sleep(pauseMs);
    }
  }
  return attempt();
}
