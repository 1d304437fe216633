// The worker role: work beside the tick that any process may do. A new kind of side job hangs on here, as one more line of SIDE_WORK.
// Invariant: none of it is needed for a decision, and any number of workers may run at once: what must not be done twice is elected (elected.ts)
// or claimed in the database. Called by server.ts.

import type { PostgresAdapter } from '../../adapters/postgres/index.ts';
import type { Timers } from '../../scheduler/index.ts';
import type { Background } from './background.ts';
import { startSide } from './forkSide.ts';
import type { ServerOptions } from './serverOptions.ts';
import { startUpkeep } from './upkeep.ts';

export interface SideWorkParts {
  readonly options: ServerOptions;
  readonly adapter: PostgresAdapter;
  /** Its URL. */
  readonly database: string;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

/** Resolves when it has begun, null where it is not wanted. What it answers is stopped with the process, in the reverse order. */
export type SideWork = (parts: SideWorkParts) => Background | null | Promise<Background>;

const SIDE_WORK: readonly SideWork[] = [
  ({ options, adapter, timers, log }) =>
    startUpkeep({ cell: options.cell, store: adapter.upkeep, timers, log }),
  sideProcess,
];

function sideProcess({ options, database, timers, log }: SideWorkParts): Background | null {
  if (options.sideJobs !== 'process') return null;
  const { cell, redisUrl, webhookLoopback = false, secretKeys = [] } = options;
  const side = { cell, databaseUrl: database, redisUrl, webhookLoopback, secretKeys };
  return startSide({ options: side, timers, log });
}

export async function startWorker(
  parts: SideWorkParts,
  closing: (close: () => Promise<void> | void) => void,
): Promise<void> {
  for (const start of SIDE_WORK) {
    const work = await start(parts);
    if (work !== null) closing(() => work.stop());
  }
}
