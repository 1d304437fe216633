// Runs side jobs: sweeps the rows that wait or were lost into the queue, and runs what the queue brings in a process of its own each.
// Invariant: the row decides: a job that is not claimed is not run, and one whose claim is gone is ended. Called by sideProcess.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { ATTEMPTS_MAX } from '../../../adapters/postgres/sideJobs.ts';
import type { Hints, Timers } from '../../../scheduler/index.ts';
import type { SideJob, SideJobBook, SideJobClaim, SideJobQueue } from '../../ports.ts';
import { type Background, inBackground } from '../background.ts';
import type { FromJob, ToJob } from './messages.ts';
import { SIDE_JOB_KINDS } from './runners.ts';

export interface SideJobWorkerParts {
  readonly cell: string;
  readonly databaseUrl: string;
  readonly book: SideJobBook;
  readonly hints: Hints;
  readonly timers: Timers;
  readonly newClaim: () => string;
  readonly log: (line: string) => void;
}

/** How late a job starts that no hint told of. */
const SWEEP_MS = 1000;
const DUE_MAX = 100;
/** A cancellation is seen this soon, and progress is this fresh; a claim holds for fifteen of these. */
const LOOK_MS = 1000;
/**
 * What one job may hold: exports stream, and the largest simulation that is let in fits twice over. What grows beyond it ends itself, not the
 * machine.
 */
const HEAP_MIB = 768;
const ENTRY = new URL('./jobProcess.ts', import.meta.url);

/** Pushes what is due, at once when a hint says so. What the queue does not take is due again. */
export function startSweep(parts: SideJobWorkerParts, queue: () => SideJobQueue): Background {
  const { cell, book, hints, timers, log } = parts;
  return inBackground(async (signal) => {
    let wake = new AbortController();
    const stop = hints.hear('jobs', cell, () => wake.abort());
    while (!signal.aborted) {
      try {
        const ids = await book.due(cell, DUE_MAX);
        if (ids.length > 0) await queue().push(ids);
        else await book.forget(cell, DUE_MAX);
      } catch (error) {
        log(`side jobs: ${error}`);
      }
      await timers.sleep(SWEEP_MS, AbortSignal.any([signal, wake.signal]));
      wake = new AbortController();
    }
    stop();
  });
}

/** Runs one job to its end, if it can be claimed. Never rejects. */
export function runnerOfJobs(
  parts: SideJobWorkerParts,
  stopping: AbortSignal,
): (id: string) => Promise<void> {
  return async (id) => {
    try {
      const claim = { id, claim: parts.newClaim() };
      const job = stopping.aborted ? null : await parts.book.claim(claim, SIDE_JOB_KINDS);
      if (job !== null) await runClaimed(parts, { job, claim, stopping });
    } catch (error) {
      // The claim runs out, and the job is due again.
      parts.log(`side job ${id}: ${error}`);
    }
  };
}

interface Claimed {
  readonly job: SideJob;
  readonly claim: SideJobClaim;
  readonly stopping: AbortSignal;
}

async function runClaimed(parts: SideJobWorkerParts, { job, claim, stopping }: Claimed): Promise<void> {
  const { book } = parts;
  const child = fork(ENTRY, [], {
    serialization: 'advanced',
    execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const said = answerOf(child);
  child.send({ type: 'run', job, claim, databaseUrl: parts.databaseUrl } satisfies ToJob);
  const watching = watch(parts, { child, claim, progress: said.progress, stopping });
  const answer = await said.last;
  await watching.stop();
  await book.beat(claim, said.progress());
  switch (answer.type) {
    case 'done':
      await book.succeed(claim, answer.result);
      break;
    case 'failed':
      if (stopping.aborted && answer.again) await book.handBack(claim);
      else
        await book.fail(claim, { error: answer.error, again: answer.again && job.attempts < ATTEMPTS_MAX });
      break;
    default: {
      const never: never = answer;
      throw new Error(`unknown answer ${JSON.stringify(never)}`);
    }
  }
}

/** Says that the job lives, and ends its process when it is nobody's here any more: cancelled, taken over, or this process stops. */
function watch(
  { book, timers, log }: SideJobWorkerParts,
  watched: {
    readonly child: ChildProcess;
    readonly claim: SideJobClaim;
    readonly progress: () => { readonly done: number; readonly total: number };
    readonly stopping: AbortSignal;
  },
): Background {
  const { child, claim, progress, stopping } = watched;
  return inBackground(async (signal) => {
    while (!signal.aborted) {
      await timers.sleep(LOOK_MS, AbortSignal.any([signal, stopping]));
      if (signal.aborted) return;
      const isOurs = await book.beat(claim, progress()).catch((error: unknown) => {
        log(`side job ${claim.id}: ${error}`);
        // Not known: the claim holds for a while yet.
        return true;
      });
      if (isOurs && !stopping.aborted) continue;
      child.kill('SIGKILL');
      return;
    }
  });
}

type Last = Exclude<FromJob, { type: 'progress' }>;

function answerOf(child: ChildProcess): {
  readonly last: Promise<Last>;
  readonly progress: () => { readonly done: number; readonly total: number };
} {
  let progress = { done: 0, total: 0 };
  const told = Promise.withResolvers<Last>();
  child.on('message', (message: FromJob) => {
    if (message.type === 'progress') progress = { done: message.done, total: message.total };
    else told.resolve(message);
  });
  const gone = once(child, 'exit').then(([code, signal]): Last => {
    // What V8 ends with when the heap is full; it would be full again.
    if (signal === 'SIGABRT')
      return {
        type: 'failed',
        error: `it needed more than ${HEAP_MIB} MiB of memory; ask for less`,
        again: false,
      };
    return { type: 'failed', error: `its process ended with ${signal ?? code}`, again: true };
  });
  return { last: Promise.race([told.promise, gone]), progress: () => progress };
}
