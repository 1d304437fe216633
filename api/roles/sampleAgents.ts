// A handful of agents that work against the running server over HTTP like any other: submit, hold, heartbeat, release.
// Invariant: all chance comes from one seed; they stop by themselves, and release what they hold. Started by `annona start`.

import type { Agent, Configuration } from '../../scheduler/index.ts';
import {
  type AnnonaClient,
  type ClaimBody,
  createClient,
  ProblemError,
  type SubmitBody,
} from '../client/index.ts';

export interface SampleAgentsOptions {
  readonly configuration: Configuration;
  readonly baseUrl: string;
  readonly count: number;
  readonly seed: number;
  readonly tokenFor: (agent: Agent) => Promise<string>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Distinguishes this run's client request ids from an earlier run's. */
  readonly run: string;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/** Between two submissions of one agent, on average. */
const THINK_MS = 900;
const HOLD_MS_MAX = 6000;

/** Resolves when the signal has ended all of them. */
export async function runSampleAgents(options: SampleAgentsOptions): Promise<void> {
  const { agents } = options.configuration;
  const step = Math.max(1, Math.floor(agents.length / options.count));
  const chosen = agents.filter((_, i) => i % step === 0).slice(0, options.count);
  await Promise.all(chosen.map((agent, i) => runAgent(agent, { ...options, seed: options.seed + i })));
}

async function runAgent(agent: Agent, options: SampleAgentsOptions): Promise<void> {
  const client = createClient({ baseUrl: options.baseUrl, token: await options.tokenFor(agent) });
  const random = seeded(options.seed);
  const limit =
    options.configuration.departments.find(({ id }) => id === agent.department)?.requestLimits.gpu ?? 8;
  const following = hold(client, random, options);
  for (let n = 1; !options.signal.aborted; n += 1) {
    await client
      .submit(sampleRequest(agent, `${options.run}-${n}`, { random, limit }))
      .catch((error: unknown) => {
        if (options.signal.aborted) return;
        if (!(error instanceof ProblemError)) throw error;
        options.note(`${agent.id}: ${error.message}`);
      });
    await options.sleep(THINK_MS * (0.5 + random()), options.signal);
  }
  await following;
}

/** Takes up each lease, keeps it a while, gives it back; what is still held at the end is given back at once. */
async function hold(client: AnnonaClient, random: () => number, options: SampleAgentsOptions): Promise<void> {
  const holding: Promise<void>[] = [];
  for await (const event of client.stream({ signal: options.signal })) {
    if (event.event !== 'annona.lease.granted.v1') continue;
    const { lease, data } = JSON.parse(event.data) as { lease: string; data: { epoch: number } };
    holding.push(
      (async () => {
        await client.heartbeat(lease, data.epoch);
        await options.sleep(HOLD_MS_MAX * random(), options.signal);
        await client.release(lease, data.epoch);
      })().catch((error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
        options.note(`${lease}: ${error.message}`);
      }),
    );
  }
  await Promise.all(holding);
}

/** Share of requests that want as many GPUs as their department may ask for, all of one small pool: they queue. */
const GREEDY = 0.03;
/** Share that policy denies: confidential data without a purpose. */
const CARELESS = 0.04;

function sampleRequest(
  agent: Agent,
  clientRequestId: string,
  from: { random: () => number; limit: number },
): SubmitBody {
  const { random } = from;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const dice = random();
  const careless = dice > 1 - CARELESS;
  const terms = {
    class: pick(['standard', 'standard', 'batch']),
    durationSeconds: pick([60, 120, 300]),
    classification: careless ? 'confidential' : 'internal',
    purpose: careless ? '' : 'sample work',
    summary: `sample work of ${agent.id}`,
  };
  if (dice < GREEDY) {
    const selector = { model: 'H100', zone: 'waw1' };
    return {
      clientRequestId,
      options: [{ claims: [{ kind: 'gpu', quantity: from.limit, selector }] }],
      terms,
    };
  }
  const claims: ClaimBody[] = [{ kind: 'cpu', quantity: pick([1, 2, 4, 8]) }];
  if (random() < 0.5)
    claims.push({
      kind: 'gpu',
      quantity: pick([1, 1, 2, 4]),
      prefer: [{ model: 'A100' }, { model: 'H100' }],
    });
  if (random() < 0.6) claims.push({ kind: 'memory', quantity: pick([4, 8, 16]) });
  return { clientRequestId, options: [{ claims }], terms };
}

/** Mulberry32: small, seeded, the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
