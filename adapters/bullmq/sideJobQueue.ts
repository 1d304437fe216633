// Side jobs driven by BullMQ over Redis: each goes to one of the processes that listen, one at a time in each.
// Invariant: BullMQ holds ids and nothing else; what it loses is pushed again from the rows, what it brings twice is refused by their claims.
// Opened by api/roles.

import { Queue, Worker } from 'bullmq';
import type { SideJobQueue } from '../../api/ports.ts';

export interface BullSideJobQueueOptions {
  readonly redisUrl: string;
  readonly cell: string;
  /** Never rejects. */
  readonly run: (id: string) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** A process that does not say so for this long has lost its job: BullMQ brings it to another. */
const LOCK_MS = 15_000;
/** How late that is seen. */
const STALLED_LOOK_MS = 5000;
/** For what BullMQ would wait for as long as Redis is away. */
const PATIENCE_MS = 1000;

export class BullSideJobQueue implements SideJobQueue {
  readonly #queue: Queue;
  readonly #worker: Worker;
  #running: Promise<void> = Promise.resolve();

  constructor({ redisUrl, cell, run, onError }: BullSideJobQueueOptions) {
    const name = `annona-jobs-${cell}`;
    // A line of BullMQ's waits for Redis as long as it takes: nobody waits for it.
    const connection = { url: redisUrl, maxRetriesPerRequest: null, retryStrategy: () => 200 };
    // Added while Redis is away it would be held in memory; the sweep comes again instead.
    this.#queue = new Queue(name, { connection: { ...connection, enableOfflineQueue: false } });
    const tracked = async ({ id }: { id?: string | undefined }): Promise<void> => {
      this.#running = run(id ?? '');
      await this.#running;
    };
    this.#worker = new Worker(name, tracked, {
      connection,
      concurrency: 1,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_LOOK_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#queue.on('error', onError);
    this.#worker.on('error', onError);
  }

  /** An id that waits already is not added again. */
  async push(ids: readonly string[]): Promise<void> {
    const options = { removeOnComplete: true, removeOnFail: true };
    const added = this.#queue.addBulk(
      ids.map((id) => ({ name: 'job', data: {}, opts: { ...options, jobId: id } })),
    );
    // BullMQ waits for a Redis that is away; whoever pushes looks for another queue instead.
    await within(PATIENCE_MS, added);
  }

  async close(): Promise<void> {
    // What runs here is awaited; then Redis is told, or the id would lie there as running until it counts as lost, and be pushed in vain.
    const told = this.#worker.close();
    await this.#running;
    // It may be away: what it holds is not the truth.
    await within(PATIENCE_MS, told).catch(() => {});
    // Which never ends where Redis went away meanwhile: the lines are then nobody's, and go with the process.
    const lines = Promise.all([this.#worker.disconnect(), this.#queue.disconnect()]);
    await within(PATIENCE_MS, lines).catch(() => {});
  }
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis does not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
