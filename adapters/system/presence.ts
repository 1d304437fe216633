// When agents were last seen by this process: what there is where nothing is shared. For display alone.

import type { Presence } from '../../api/ports.ts';
import type { AgentId, Instant } from '../../scheduler/index.ts';

/** Agents are those of the organisation; this bounds what outlives a registration. */
const AGENTS_MAX = 100_000;

export class LocalPresence implements Presence {
  readonly #seen = new Map<string, Map<AgentId, Instant>>();

  seen(cell: string, agent: AgentId, at: Instant): void {
    const agents = this.#seen.get(cell) ?? new Map<AgentId, Instant>();
    this.#seen.set(cell, agents);
    if (agents.size >= AGENTS_MAX && !agents.has(agent)) agents.clear();
    agents.set(agent, Math.max(at, agents.get(agent) ?? 0));
  }

  async lastSeen(cell: string): Promise<ReadonlyMap<string, Instant>> {
    return new Map(this.#seen.get(cell));
  }
}
