// Work that one process at a time does, of all that stand for it: begun when this one is elected, ended when it no longer is.
// Invariant: the work has ended before its seat is given up; whoever works on after losing it is fenced by its epoch. Called by kafkaRelay.ts.

import type { Epoch, Leadership, Timers } from '../../scheduler/index.ts';
import { type Background, inBackground } from './background.ts';

/** A quarter of the lease's time to live, as the runner's. */
const RENEW_MS = 500;
/** Longer than the runner's: what is late here is late for consumers alone. */
const ELECTION_MS = 500;

export interface Seat {
  readonly leadership: Leadership;
  /** In the leader table beside the cells; what no cell can be named. */
  readonly name: string;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

export function whileElected(seat: Seat, work: (epoch: Epoch) => Background): Background {
  return inBackground(async (signal) => {
    while (!signal.aborted) {
      await term(seat, work, signal).catch((error: unknown) => seat.log(`${seat.name}: ${error}`));
      if (!signal.aborted) await seat.timers.sleep(ELECTION_MS, signal);
    }
  });
}

async function term(seat: Seat, work: (epoch: Epoch) => Background, signal: AbortSignal): Promise<void> {
  const { leadership, name, timers, log } = seat;
  const epoch = await leadership.acquire(name);
  if (epoch === null) return;
  const working = work(epoch);
  let ours = true;
  while (ours && !signal.aborted) {
    await timers.sleep(RENEW_MS, signal);
    if (signal.aborted) break;
    // A database that is away takes no work either; what it says when it is back counts.
    ours = await leadership.renew(name, epoch).catch((error: unknown) => {
      log(`${name}: ${error}`);
      return true;
    });
  }
  await working.stop();
  if (ours) await leadership.release(name, epoch);
}
