// The process beside the one that decides, with a lower priority: it runs side jobs and delivers webhooks.
// Invariant: it leads nothing, and holds nothing that is not in the database; it ends when its parent asks or is gone. Forked by forkSide.ts.

import { constants, setPriority } from 'node:os';
import { Registry } from 'prom-client';
import { BullSideJobQueue } from '../../adapters/bullmq/sideJobQueue.ts';
import { createGuardedPost } from '../../adapters/notify/guardedPost.ts';
import { openHints, openPostgres } from '../../adapters/postgres/index.ts';
import { now } from '../../adapters/system/clock.ts';
import { createEdgeSystem } from '../../adapters/system/ids.ts';
import { LocalSideJobQueue } from '../../adapters/system/sideJobQueue.ts';
import type { SideJobQueue } from '../ports.ts';
import { whileElected } from './elected.ts';
import { forkedProcess } from './forkedProcess.ts';
import { openShared, type Shared } from './redis.ts';
import { timers } from './scheduling.ts';
import { secretBoxOf } from './secrets.ts';
import { runnerOfJobs, type SideJobWorkerParts, startSweep } from './sideJobs/worker.ts';
import type { FromSide, SideOptions, ToSide } from './sideMessages.ts';
import { startWebhookDelivery } from './webhookDelivery.ts';

const parent = forkedProcess<SideOptions, ToSide, FromSide>('side');
const { closing, log, tell } = parent;

async function work(options: SideOptions): Promise<void> {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const { cell, databaseUrl, redisUrl } = options;
  const adapter = await openPostgres({
    url: databaseUrl,
    readConnectionsMax: 1,
    onConnectionError: (error) => log(`database connection: ${error.message}`),
  });
  closing(() => adapter.close());
  const shared = await openShared({ redisUrl, registry: new Registry(), log });
  closing(() => shared.close());
  const listening = await openHints({ url: databaseUrl, onError: (error) => log(`hints: ${error.message}`) });
  closing(() => listening.close());
  const hints = shared.hintsBefore(listening);
  const system = createEdgeSystem();
  const parts: SideJobWorkerParts = {
    ...{ cell, databaseUrl, hints, timers, log },
    book: adapter.sideJobBook,
    newClaim: () => system.newCallId(),
  };
  const stopping = new AbortController();
  const queue = queues({ parts, shared, redisUrl, stopping: stopping.signal }, closing);
  const sweep = startSweep(parts, queue);
  closing(async () => {
    stopping.abort();
    await sweep.stop();
  });
  const seat = { leadership: adapter.leadership, name: `webhooks:${cell}`, timers, log };
  const webhooks = whileElected(seat, (epoch) =>
    startWebhookDelivery({
      cell,
      log: adapter.logs,
      cursor: adapter.relayCursors.under(epoch),
      book: adapter.webhookBook,
      box: secretBoxOf(options.secretKeys),
      post: createGuardedPost({ allowLoopback: options.webhookLoopback }),
      ...{ now, timers, say: log },
    }),
  );
  closing(() => webhooks.stop());
  tell({ type: 'ready' });
}

/** BullMQ's while Redis answers, else this process's own. A job that both bring is claimed once. */
function queues(
  queued: { parts: SideJobWorkerParts; shared: Shared; redisUrl: string | undefined; stopping: AbortSignal },
  closing: (close: () => Promise<void>) => void,
): () => SideJobQueue {
  const { parts, shared, redisUrl, stopping } = queued;
  const run = runnerOfJobs(parts, stopping);
  const local = new LocalSideJobQueue(run);
  closing(() => local.close());
  if (redisUrl === undefined) return () => local;
  // What ails it is told once, by the line to Redis that `shared` holds.
  const bull = new BullSideJobQueue({ redisUrl, cell: parts.cell, run, onError: () => {} });
  closing(() => bull.close());
  return () => (shared.degraded().length === 0 ? bull : local);
}

parent.run(work, (error) => ({
  type: 'failed',
  message: error instanceof Error ? error.message : String(error),
}));
