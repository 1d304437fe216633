// Agents that come near their bound of open requests: counted by the process that leads, and asked of it by those that take requests in elsewhere.
// Invariant: a count may be a second old; one that cannot be had refuses nobody. Called by edgeApart.ts and serving.ts.

import { type AgentId, openRequests, type State, type Timers } from '../../scheduler/index.ts';
import { CROWDED_PATH, SECRET_HEADER } from '../http/leader.ts';
import type { Announced } from '../ports.ts';
import { type Background, inBackground } from './background.ts';
import { DEFAULT_LIMITS, type ServerOptions } from './serverOptions.ts';

/** An agent with a tenth of its bound and more is worth telling. */
const CROWDED_SHARE = 10;
/** How old the counts may be in another process. */
const COUNTS_MS = 1000;

export type Crowd = readonly (readonly [AgentId, number])[];

export function crowdedOf(state: State | null, { limits }: Pick<ServerOptions, 'limits'>): Crowd {
  if (state === null) return [];
  const { openPerAgent } = { ...DEFAULT_LIMITS, ...limits };
  return [...openRequests(state)].filter(([, open]) => open * CROWDED_SHARE >= openPerAgent);
}

export interface CrowdFollower extends Background {
  /** Null while it is not known. */
  openRequests(agent: AgentId): number | null;
}

export function followCrowd(parts: {
  readonly address: () => Promise<Announced | null>;
  readonly timers: Timers;
}): CrowdFollower {
  let counts: ReadonlyMap<AgentId, number> | null = null;
  const work = inBackground(async (signal) => {
    while (!signal.aborted) {
      // Nobody leads, or does not answer: whoever does next is asked in a second.
      counts = await ask(parts.address).catch(() => null);
      await parts.timers.sleep(COUNTS_MS, signal);
    }
  });
  return {
    openRequests: (agent) => (counts === null ? null : (counts.get(agent) ?? 0)),
    stop: () => work.stop(),
  };
}

async function ask(address: () => Promise<Announced | null>): Promise<ReadonlyMap<AgentId, number> | null> {
  const leader = await address();
  if (leader === null) return null;
  const answer = await fetch(new URL(CROWDED_PATH, leader.url), {
    headers: { [SECRET_HEADER]: leader.secret },
    signal: AbortSignal.timeout(COUNTS_MS),
  });
  return answer.ok ? new Map((await answer.json()) as [AgentId, number][]) : null;
}
