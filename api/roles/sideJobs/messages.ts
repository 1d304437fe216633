// What a worker and the process of one job say to each other over IPC. Invariant: the job's process writes its result itself, under its claim;
// what counts is in the database.

import type { SideJob, SideJobClaim, SideJobResult } from '../../ports.ts';

export interface ToJob {
  readonly type: 'run';
  readonly job: SideJob;
  readonly claim: SideJobClaim;
  readonly databaseUrl: string;
}

export type FromJob =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'done'; readonly result: SideJobResult }
  /** `again`: another attempt may fare better. */
  | { readonly type: 'failed'; readonly error: string; readonly again: boolean };
