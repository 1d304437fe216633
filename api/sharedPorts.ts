// What processes share that may vanish at any moment. Ports of the edge and of the composition roots.
// Invariant: nothing here is the truth of anything; whoever uses it works on without it. Filled by adapters/redis and adapters/system.

import type { AgentId, Instant } from '../scheduler/index.ts';

/** When agents were last seen, for display alone: no decision reads it, and it may be forgotten at any time. */
export interface Presence {
  /** Returns at once; nobody waits for it to be kept. */
  seen(cell: string, agent: AgentId, at: Instant): void;
  /** Of the agents that are remembered. Empty when nothing is known. */
  lastSeen(cell: string): Promise<ReadonlyMap<string, Instant>>;
}

/** What a process does without while a neighbour is away, in words for its operator. */
export interface Degradation {
  readonly check: string;
  readonly detail: string;
}
