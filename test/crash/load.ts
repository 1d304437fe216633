// Agents that submit, hold, give back and cancel as fast as they are answered, and write down what was acknowledged.
// Invariant: all chance comes from one draw; a refusal that is no outcome of a race or of a full server ends the run as an error.

import { setTimeout as sleep } from 'node:timers/promises';
import { type AnnonaClient, ProblemError, type SubmitBody } from '../../api/client/index.ts';
import type { Agent, Configuration } from '../../scheduler/index.ts';
import type { LiveServer } from '../support/liveServer.ts';
import type { Acknowledged } from './acknowledged.ts';

export type Draw = (least: number, most: number) => number;

export interface Load {
  /** Resolves when every agent has seen the server go, or was told to end. */
  readonly done: Promise<void>;
  end(): void;
}

interface Worker {
  readonly agent: Agent;
  readonly client: AnnonaClient;
  readonly draw: Draw;
  readonly acknowledged: Acknowledged;
  /** Makes client request ids unique over the whole run. */
  readonly name: string;
  readonly ending: AbortSignal;
  readonly pauseMs: number;
  /** What it submitted and has not yet seen off, oldest first. */
  readonly open: string[];
  readonly openMost: number;
}

/** Answers to a race that an agent cannot avoid, and to a server that starts or is full. */
const EXPECTED = ['LEASE_ENDED', 'REQUEST_ENDED', 'QUEUE_FULL', 'OVERLOADED', 'STORE_UNAVAILABLE'];

export async function startLoad(
  server: LiveServer,
  run: {
    configuration: Configuration;
    draw: Draw;
    acknowledged: Acknowledged;
    cycle: number;
    /** Of each agent between two acts. */
    pauseMs?: number;
    /**
     * Agents ask for more than there is. So many requests of an agent may be open, over all the members that it calls; then it cancels the
     * oldest. Else a run of half an hour leaves ten thousand waiting, every tick looks at all of them, and each is cancelled in the end.
     */
    open?: { readonly most: number; readonly byAgent: Map<string, string[]> };
  },
): Promise<Load> {
  const ending = new AbortController();
  const clients = await Promise.all(run.configuration.agents.map((agent) => server.clientOf(agent)));
  const { most: openMost = Number.POSITIVE_INFINITY, byAgent = new Map<string, string[]>() } = run.open ?? {};
  for (const { id } of run.configuration.agents) if (!byAgent.has(id)) byAgent.set(id, []);
  const workers = run.configuration.agents.map((agent, i) =>
    work({
      agent,
      client: clients[i] as AnnonaClient,
      draw: run.draw,
      acknowledged: run.acknowledged,
      name: `${agent.id}-${run.cycle}`,
      ending: ending.signal,
      pauseMs: run.pauseMs ?? 0,
      open: byAgent.get(agent.id)!,
      openMost,
    }),
  );
  const done = Promise.all(workers).then(() => undefined);
  // Awaited when the load has ended: a worker that fails before that is no unhandled rejection.
  done.catch(() => {});
  return { done, end: () => ending.abort() };
}

async function work(worker: Worker): Promise<void> {
  for (let n = 1; !worker.ending.aborted; n += 1) {
    const answered = await attempt(async () => {
      await submit(worker, n);
      if (n % 3 === 0) await holdAndRelease(worker);
      if (n % 5 === 0) await cancelOne(worker);
    });
    if (!answered || !(await cancelOldest(worker))) return;
    if (worker.pauseMs > 0) await sleep(worker.pauseMs);
  }
}

/** False when the server is gone. An expected refusal ends the act and is no acknowledgement. */
export async function attempt(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof ProblemError && EXPECTED.includes(error.problem.code)) return true;
    if (isGone(error)) return false;
    throw error;
  }
}

/**
 * What the client says of a server that died before or in the middle of its answer; or what an edge says whose deciding process died: it
 * takes no more calls.
 */
export function isGone(error: unknown): boolean {
  if (error instanceof ProblemError && error.problem.code === 'STOPPING') return true;
  return error instanceof Error && /does not answer|fetch failed|terminated/.test(error.message);
}

async function submit(worker: Worker, n: number): Promise<void> {
  const { client, agent, acknowledged, open } = worker;
  const body = bodyOf(worker.draw, `${worker.name}-${n}`);
  try {
    const { id } = await client.submit(body);
    acknowledged.submits.push({ agent: agent.id, body, id });
    open.push(id);
  } catch (error) {
    if (isGone(error) || isUnknown(error)) acknowledged.unanswered.push({ agent: agent.id, body });
    throw error;
  }
}

/** The store did not answer: what was asked may have been written. */
function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'STORE_UNAVAILABLE';
}

interface LeaseJson {
  readonly id: string;
  readonly epoch: number;
}

async function holdAndRelease({ client, draw, acknowledged }: Worker): Promise<void> {
  const { items } = (await client.get('/v1/leases?state=granted&limit=20')) as { items?: LeaseJson[] };
  for (const { id, epoch } of items ?? []) {
    const act = draw(0, 3);
    if (act <= 2) {
      // The machine's clock is the database's clock here: what is recorded for this call is not older.
      const sentAt = Date.now();
      await client.heartbeat(id, epoch);
      acknowledged.heartbeats.set(id, sentAt);
    }
    if (act >= 1) {
      await client.release(id, epoch);
      acknowledged.releases.push(id);
    }
  }
}

async function cancelOne(worker: Worker): Promise<void> {
  const { draw, open } = worker;
  const id = open[draw(0, open.length - 1)];
  if (id !== undefined) await cancel(worker, id);
}

/** False when the server is gone. */
async function cancelOldest(worker: Worker): Promise<boolean> {
  const { open, openMost } = worker;
  while (open.length > openMost) {
    const id = open.shift()!;
    if (await attempt(() => cancel(worker, id))) continue;
    open.unshift(id);
    return false;
  }
  return true;
}

export async function cancel(
  worker: Pick<Worker, 'client' | 'acknowledged'>,
  request: string,
): Promise<void> {
  await worker.client.cancel(request);
  worker.acknowledged.cancels.push(request);
}

/** Mostly what fits some time soon; one in ten is denied by policy, one in ten takes a licence for good. */
function bodyOf(draw: Draw, clientRequestId: string): SubmitBody {
  const kind = draw(0, 9);
  const models = ['A100', 'H100'] as const;
  const claims = [
    { kind: 'gpu', quantity: draw(1, 6), prefer: [{ model: models[draw(0, 1)] as string }] },
    { kind: 'cpu', quantity: draw(1, 8) },
    ...(kind === 0 ? [{ kind: 'license', quantity: 1 }] : []),
  ];
  return {
    clientRequestId,
    options: kind === 1 ? [{ claims }, { claims: [{ kind: 'cpu', quantity: 20 }] }] : [{ claims }],
    terms: {
      class: draw(0, 3) === 0 ? 'critical' : 'standard',
      durationSeconds: draw(1, 4),
      classification: kind === 2 ? 'confidential' : 'internal',
      purpose: kind === 2 ? '' : 'crash rig',
    },
  };
}
