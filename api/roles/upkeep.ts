// Purges what the database need not keep, once a minute, beside the tick and never in it. Made by server.ts.
// Invariant: a purge that fails is told and tried again; it stops nothing else.

import type { Timers } from '../../scheduler/index.ts';
import { type Background, inBackground } from './background.ts';

const EVERY_MS = 60_000;
/** Few rows a statement, so that each is short; commits wait for no lock of it. */
const ROWS_MAX = 1_000;
/** In a minute 60,000 rows a table go at most: twice what 500 submissions a second leave. */
const ROUNDS_MAX = 60;
/** Leaves the disk to others between two rounds. */
const PAUSE_MS = 100;

export interface UpkeepOptions {
  readonly cell: string;
  readonly store: { purge(cell: string, rowsMax: number): Promise<object> };
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

export function startUpkeep(options: UpkeepOptions): Background {
  return inBackground((signal) => run(options, signal));
}

async function run(options: UpkeepOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    await options.timers.sleep(EVERY_MS, signal);
    if (signal.aborted) return;
    try {
      await purge(options, signal);
    } catch (error) {
      options.log(`upkeep: ${error}`);
    }
  }
}

/** Until a round finds less than it may take. */
async function purge({ cell, store, timers }: UpkeepOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX && !signal.aborted; round += 1) {
    const counts: number[] = Object.values(await store.purge(cell, ROWS_MAX));
    if (Math.max(...counts) < ROWS_MAX) return;
    await timers.sleep(PAUSE_MS, signal);
  }
}
