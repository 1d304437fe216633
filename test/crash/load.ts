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
    /** Of each agent between two acts: what a long run leaves waiting must be cancelled in the end. */
    pauseMs?: number;
  },
): Promise<Load> {
  const ending = new AbortController();
  const clients = await Promise.all(run.configuration.agents.map((agent) => server.clientOf(agent)));
  const workers = run.configuration.agents.map((agent, i) =>
    work({
      agent,
      client: clients[i] as AnnonaClient,
      draw: run.draw,
      acknowledged: run.acknowledged,
      name: `${agent.id}-${run.cycle}`,
      ending: ending.signal,
      pauseMs: run.pauseMs ?? 0,
    }),
  );
  const done = Promise.all(workers).then(() => undefined);
  // Awaited when the load has ended: a worker that fails before that is no unhandled rejection.
  done.catch(() => {});
  return { done, end: () => ending.abort() };
}

async function work(worker: Worker): Promise<void> {
  const ids: string[] = [];
  for (let n = 1; !worker.ending.aborted; n += 1) {
    const answered = await attempt(async () => {
      await submit(worker, n, ids);
      if (n % 3 === 0) await holdAndRelease(worker);
      if (n % 5 === 0) await cancelOne(worker, ids);
    });
    if (!answered) return;
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

async function submit(worker: Worker, n: number, ids: string[]): Promise<void> {
  const { client, agent, acknowledged } = worker;
  const body = bodyOf(worker.draw, `${worker.name}-${n}`);
  try {
    const { id } = await client.submit(body);
    acknowledged.submits.push({ agent: agent.id, body, id });
    ids.push(id);
  } catch (error) {
    if (isGone(error)) acknowledged.unanswered.push({ agent: agent.id, body });
    throw error;
  }
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

async function cancelOne(worker: Worker, ids: readonly string[]): Promise<void> {
  const id = ids[worker.draw(0, ids.length - 1)];
  if (id !== undefined) await cancel(worker, id);
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
