// Plays pods against a server process: submits when the trace created them, holds a lease for as long as the pod lived.
// Invariant: every pod that was submitted is accounted for once; the server process ends with the replay, however it ends.

import { setTimeout as sleep } from 'node:timers/promises';
import { modelsFor, type OpenbMachine, type OpenbModel, type OpenbPod } from '../../../simulations/index.ts';
import {
  type AnnonaClient,
  type ClaimBody,
  createClient,
  ProblemError,
  type ServerSentEvent,
  type SubmitBody,
} from '../../client/index.ts';
import { startStopwatch } from '../../roles/clock.ts';
import { startTraceServer, type TraceServer } from '../../roles/traceServer.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { percentile, type ReplaySummary } from './summary.ts';

export interface ReplayInput {
  readonly models: readonly OpenbModel[];
  /** Present: a pod sits on one of these, instead of on a model's sum. */
  readonly machines?: readonly OpenbMachine[];
  readonly pods: readonly OpenbPod[];
  readonly speed: number;
  readonly agents: number;
  /** Ends the replay without figures. */
  readonly signal: AbortSignal;
}

interface Playing {
  readonly pod: OpenbPod;
  readonly client: AnnonaClient;
  readonly sentMs: number;
  decided: boolean;
}

/** Behind the end of a hold, so that a busy server does not end the lease before its agent does. */
const DURATION_MARGIN_SECONDS = 120;
/** Shorter holds end before the start limit of the replay's organisation, and need no second call. */
const HEARTBEAT_FROM_MS = 300_000;

export async function replayPods(input: ReplayInput, io: CommandIo): Promise<ReplaySummary> {
  const server = await startTraceServer(input);
  try {
    return await new Replay(input, server).run(io);
  } finally {
    await server.stop();
  }
}

class Replay {
  readonly #input: ReplayInput;
  readonly #server: TraceServer;
  readonly #clients: readonly AnnonaClient[];
  readonly #playing = new Map<string, Playing>();
  /** Events that overtook the answer to their submit. */
  readonly #early = new Map<string, (() => void)[]>();
  readonly #waits: number[] = [];
  readonly #decisionsMs: number[] = [];
  readonly #held = { nowMilli: 0, peakMilli: 0, areaMilliMs: 0, atMs: 0 };
  readonly #watch = startStopwatch();
  #failed: Error | null = null;
  readonly #count = { submitted: 0, granted: 0, denied: 0, neverFitting: 0, unplaced: 0, released: 0 };

  constructor(input: ReplayInput, server: TraceServer) {
    this.#input = input;
    this.#server = server;
    this.#clients = server.agentTokens.map((token) => createClient({ baseUrl: server.url, token }));
  }

  async run(io: CommandIo): Promise<ReplaySummary> {
    const interrupt = (): void => this.#fail(new CommandError('interrupted', EXIT.interrupted));
    if (this.#input.signal.aborted) interrupt();
    this.#input.signal.addEventListener('abort', interrupt);
    const startedMs = this.#watch.elapsedMs();
    this.#held.atMs = startedMs;
    const following = new AbortController();
    const events = this.#follow(following.signal).catch((error: unknown) => this.#fail(error));
    const progress = setInterval(() => io.progress(this.#progress(startedMs)), 1000);
    try {
      await this.#submitAll(startedMs);
      await this.#drain();
    } finally {
      clearInterval(progress);
      following.abort();
      await events;
      io.progress('');
    }
    this.#hold(0);
    return this.#summary(this.#watch.elapsedMs() - startedMs);
  }

  /** When the trace created them; an agent sends its next pod when the last was answered, as a service with one connection would. */
  async #submitAll(startedMs: number): Promise<void> {
    const turns: Promise<void>[] = this.#clients.map(() => Promise.resolve());
    const firstSeconds = this.#input.pods[0]?.createdSeconds ?? 0;
    for (const [i, pod] of this.#input.pods.entries()) {
      const dueMs = startedMs + ((pod.createdSeconds - firstSeconds) / this.#input.speed) * 1000;
      const aheadMs = dueMs - this.#watch.elapsedMs();
      if (aheadMs > 1) await sleep(aheadMs);
      if (this.#failed) throw this.#failed;
      const agent = i % this.#clients.length;
      turns[agent] = (turns[agent] as Promise<void>)
        .then(() => this.#submit(this.#clients[agent] as AnnonaClient, pod))
        .catch((error: unknown) => this.#fail(error));
    }
    await Promise.all(turns);
  }

  async #submit(client: AnnonaClient, pod: OpenbPod): Promise<void> {
    const sentMs = this.#watch.elapsedMs();
    try {
      const { id } = await client.submit(this.#bodyOf(pod));
      this.#count.submitted += 1;
      this.#playing.set(id, { pod, client, sentMs, decided: false });
      for (const act of this.#early.get(id) ?? []) act();
      this.#early.delete(id);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.code !== 'NEVER_FITS') throw error;
      this.#count.neverFitting += 1;
    }
  }

  #bodyOf(pod: OpenbPod): SubmitBody {
    const { speed, machines, models } = this.#input;
    const durationSeconds = Math.ceil(pod.durationSeconds / speed) + DURATION_MARGIN_SECONDS;
    return {
      clientRequestId: pod.name,
      options: machines === undefined ? optionsByModel(pod, models) : [bundleOf(pod)],
      terms: { class: 'standard', durationSeconds, summary: pod.name },
    };
  }

  /** From the first event, and again from the last one that came: who reads too slowly is sent away with the place to go on from. */
  async #follow(signal: AbortSignal): Promise<void> {
    const operator = createClient({ baseUrl: this.#server.url, token: this.#server.operatorToken });
    let after = this.#server.firstPlace;
    while (!signal.aborted) {
      for await (const event of operator.stream({ after, signal })) {
        after = event.id ?? after;
        if (event.event !== 'resync') this.#hear(event, this.#watch.elapsedMs());
      }
    }
  }

  #hear(event: ServerSentEvent, atMs: number): void {
    const { request, lease, data } = JSON.parse(event.data) as {
      request: string;
      lease: string;
      data: { epoch: number };
    };
    this.#whenKnown(request, (playing) => {
      if (event.event.startsWith('annona.request.') && !playing.decided) {
        playing.decided = true;
        this.#decisionsMs.push(atMs - playing.sentMs);
      }
      switch (event.event) {
        case 'annona.lease.granted.v1':
          this.#granted(playing, { lease, epoch: data.epoch, atMs });
          return;
        case 'annona.request.denied.v1':
          this.#count.denied += 1;
          this.#playing.delete(request);
          return;
        case 'annona.request.cancelled.v1':
          this.#playing.delete(request);
          return;
        case 'annona.lease.released.v1':
          this.#released(request, playing);
          return;
        case 'annona.lease.expired.v1':
          this.#fail(new Error(`the lease of pod ${playing.pod.name} ran out under its holder`));
          return;
      }
    });
  }

  #whenKnown(request: string, act: (playing: Playing) => void): void {
    const known = this.#playing.get(request);
    if (known) {
      act(known);
      return;
    }
    const later = this.#early.get(request) ?? [];
    later.push(() => act(this.#playing.get(request) as Playing));
    this.#early.set(request, later);
  }

  #granted(playing: Playing, grant: { lease: string; epoch: number; atMs: number }): void {
    this.#count.granted += 1;
    this.#waits.push((grant.atMs - playing.sentMs) / 1000);
    this.#hold(playing.pod.gpuMilli);
    const heldMs = (playing.pod.durationSeconds / this.#input.speed) * 1000;
    const note = (error: unknown): void => this.#fail(error);
    if (heldMs > HEARTBEAT_FROM_MS) playing.client.heartbeat(grant.lease, grant.epoch).catch(note);
    setTimeout(() => {
      playing.client.release(grant.lease, grant.epoch).catch(note);
    }, heldMs);
  }

  #released(request: string, playing: Playing): void {
    this.#hold(-playing.pod.gpuMilli);
    this.#count.released += 1;
    this.#playing.delete(request);
  }

  /** The first failure ends the replay: figures of half a trace would mislead. */
  #fail(error: unknown): void {
    this.#failed ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Adds to the GPU thousandths held, after the time since the last change has been counted. */
  #hold(changeMilli: number): void {
    const nowMs = this.#watch.elapsedMs();
    this.#held.areaMilliMs += this.#held.nowMilli * (nowMs - this.#held.atMs);
    this.#held.atMs = nowMs;
    this.#held.nowMilli += changeMilli;
    this.#held.peakMilli = Math.max(this.#held.peakMilli, this.#held.nowMilli);
  }

  /** Waits for the last leases; when none is left, what still waits can never be placed and is cancelled. */
  async #drain(): Promise<void> {
    while (this.#playing.size > 0) {
      await sleep(100);
      if (this.#failed) throw this.#failed;
      const stuck =
        this.#count.granted === this.#count.released &&
        [...this.#playing.values()].every((playing) => playing.decided);
      if (!stuck) continue;
      this.#count.unplaced += this.#playing.size;
      await Promise.all([...this.#playing].map(([id, { client }]) => client.cancel(id)));
      while (this.#playing.size > 0 && this.#failed === null) await sleep(20);
    }
  }

  #progress(startedMs: number): string {
    const { submitted, granted, released } = this.#count;
    const total = this.#input.pods.length;
    const tookSeconds = (this.#watch.elapsedMs() - startedMs) / 1000;
    const first = this.#input.pods[0];
    const last = this.#input.pods.at(-1);
    const wholeSeconds = first && last ? (last.createdSeconds - first.createdSeconds) / this.#input.speed : 0;
    const etaSeconds = Math.max(0, wholeSeconds - tookSeconds);
    return `submitted ${submitted}/${total}  granted ${granted}  released ${released}  waiting ${this.#playing.size - granted + released}  ${tookSeconds.toFixed(0)} s, about ${etaSeconds.toFixed(0)} s left`;
  }

  async #summary(tookMs: number): Promise<ReplaySummary> {
    const totalMilli = this.#input.models.reduce((sum, model) => sum + model.gpuMilli, 0);
    const { largestGap, ticks } = await this.#server.stats();
    const { submitted, granted, denied, neverFitting, unplaced } = this.#count;
    return {
      submitted,
      granted,
      denied,
      neverFitting,
      unplaced,
      waitSeconds: { p50: percentile(this.#waits, 0.5), p99: percentile(this.#waits, 0.99) },
      submitToDecisionMs: {
        p50: percentile(this.#decisionsMs, 0.5),
        p99: percentile(this.#decisionsMs, 0.99),
      },
      gpuAllocation: {
        mean: totalMilli === 0 ? 0 : this.#held.areaMilliMs / tookMs / totalMilli,
        peak: totalMilli === 0 ? 0 : this.#held.peakMilli / totalMilli,
      },
      largestGap,
      ticks,
      wallSeconds: tookMs / 1000,
      speed: this.#input.speed,
      agents: this.#input.agents,
    };
  }
}

/** One option a GPU model, so that GPU, CPU and memory come from machines of one kind; roomier models first. */
function optionsByModel(pod: OpenbPod, all: readonly OpenbModel[]): SubmitBody['options'] {
  const models = modelsFor(pod, all).sort((a, b) => b.gpuMilli - a.gpuMilli || (a.model < b.model ? -1 : 1));
  return models.map(({ model }) => ({ claims: claimsOf(pod, { selector: { model } }) }));
}

/** On one node, of the models that the pod allows. */
function bundleOf(pod: OpenbPod): SubmitBody['options'][number] {
  const { models } = pod;
  return {
    claims: claimsOf(pod, { node: 'main', ...(models.length > 0 && { selector: { model: models } }) }),
  };
}

function claimsOf(
  { gpuMilli, cpuMilli, memoryMiB }: OpenbPod,
  where: Pick<ClaimBody, 'node' | 'selector'>,
): ClaimBody[] {
  const claims = [
    { kind: 'gpu', quantity: gpuMilli, ...where },
    { kind: 'cpu', quantity: cpuMilli, ...where },
    { kind: 'memory', quantity: memoryMiB, ...where },
  ];
  return claims.filter(({ quantity }) => quantity > 0);
}
