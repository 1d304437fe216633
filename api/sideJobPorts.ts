// Work beside the tick: jobs that people ask for and come back for later. A part of ports.ts, which shows it.
// Invariant: the truth of a job is its row, which its asker's department owns; a queue drives jobs and may lose them.

import type { DepartmentId, Instant } from '../scheduler/index.ts';
import type { Page, PageQuery, Scope } from './ports.ts';

export type SideJobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface SideJobResult {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Parts that the result is kept in. */
  readonly parts: number;
  /** Further files, whose parts follow those of the result; absent: none. */
  readonly files?: readonly SideJobFile[];
}

export interface SideJobFile extends Omit<SideJobResult, 'files'> {
  /** Number of its first part. */
  readonly firstPart: number;
}

export interface SideJob {
  readonly id: string;
  readonly cell: string;
  readonly department: DepartmentId;
  /** What it may read: as its asker was allowed to. */
  readonly reach: 'department' | 'all';
  readonly subject: string;
  readonly kind: string;
  readonly input: unknown;
  readonly state: SideJobState;
  /** In steps of the job's own; `total` is 0 until it is known. */
  readonly done: number;
  readonly total: number;
  readonly attempts: number;
  readonly queuedAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly result: SideJobResult | null;
  readonly error: string | null;
}

export type NewSideJob = Pick<SideJob, 'id' | 'cell' | 'subject' | 'kind' | 'input'>;

/** As the edge sees jobs. */
export interface SideJobs {
  /** Durable when it resolves. The scope is what the job will read with. */
  add(scope: Scope, job: NewSideJob): Promise<SideJob>;
  job(scope: Scope, id: string): Promise<SideJob | null>;
  /** Newest first. */
  jobs(
    scope: Scope,
    query: PageQuery & { readonly state?: SideJobState; readonly kind?: string },
  ): Promise<Page<SideJob>>;
  /** Null when there is no such job within the scope that has not ended. */
  cancel(scope: Scope, id: string): Promise<SideJob | null>;
  /** A part of the result; null beyond the last. */
  part(scope: Scope, id: string, n: number): Promise<Uint8Array | null>;
}

/** Whose turn at a job it is: what carries an old claim changes nothing. */
export interface SideJobClaim {
  readonly id: string;
  readonly claim: string;
}

/** As a worker sees jobs. Answers of `false`: the job was cancelled, or is another's by now. */
export interface SideJobBook {
  /** Ids that wait to be run, or were lost by whoever ran them, oldest first. */
  due(cell: string, rowsMax: number): Promise<readonly string[]>;
  /** Null: there is nothing to run. */
  claim(claim: SideJobClaim, kinds: readonly string[]): Promise<SideJob | null>;
  /** At least every `CLAIM_MS`, or the job counts as lost. */
  beat(claim: SideJobClaim, progress: { readonly done: number; readonly total: number }): Promise<boolean>;
  write(claim: SideJobClaim, n: number, bytes: Uint8Array): Promise<boolean>;
  succeed(claim: SideJobClaim, result: SideJobResult): Promise<boolean>;
  /** `again`: it is queued once more. */
  fail(claim: SideJobClaim, failure: { readonly error: string; readonly again: boolean }): Promise<boolean>;
  /** Queued once more without having used an attempt: it was no fault of the job's that it stopped. */
  handBack(claim: SideJobClaim): Promise<boolean>;
  /** Ended jobs past their time, with their results. Answers how many went. */
  forget(cell: string, rowsMax: number): Promise<number>;
}

/** Brings each id that was pushed to one of the processes that listen: at least once, later, or not at all. */
export interface SideJobQueue {
  push(ids: readonly string[]): Promise<void>;
  /** Resolves when what is under way has ended. */
  close(): Promise<void>;
}

export interface SideJobContext {
  readonly cell: string;
  /** What the job may read. */
  readonly scope: Scope;
  progress(done: number, total: number): void;
  /** Appends to the result, which is kept only if the job succeeds. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** What is written from now on belongs to a further file of this name. */
  nextFile(named: Pick<SideJobResult, 'fileName' | 'contentType'>): Promise<void>;
}

/** How jobs of one kind are run: in a process of their own with the lowest priority, which a cancellation ends at any point. */
export interface SideJobRunner {
  /** @throws SideJobInputError in words for whoever asked: it is not tried again. Any other error is. */
  run(input: unknown, context: SideJobContext): Promise<Pick<SideJobResult, 'fileName' | 'contentType'>>;
}
