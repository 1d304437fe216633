// How many open requests each agent has, for the bound at the edge: counted once a term, then kept by apply.ts, so that asking costs nothing.
// Invariant: the counts sum up to the open requests; where they do not, the memory was changed by other hands and is counted again.

import type { AgentId } from './ids.ts';
import type { State } from './state.ts';

interface Count {
  readonly byAgent: Map<AgentId, number>;
  total: number;
}

/** Only of states that were asked about: a simulation or a dry run pays nothing. */
const counts = new WeakMap<State, Count>();

export function openRequestsOf(state: State, agent: AgentId): number {
  return openRequests(state).get(agent) ?? 0;
}

/** Of every agent that has one. Not to be kept: it goes on changing. */
export function openRequests(state: State): ReadonlyMap<AgentId, number> {
  let count = counts.get(state);
  if (count?.total !== state.requests.size) {
    count = { byAgent: new Map(), total: 0 };
    for (const { request } of state.requests.values()) add(count, request.agent, 1);
    counts.set(state, count);
  }
  return count.byAgent;
}

/** `by`: 1 when a request of the agent was opened, -1 when one got its outcome. */
export function noteOpenRequest(state: State, agent: AgentId, by: 1 | -1): void {
  const count = counts.get(state);
  if (count !== undefined) add(count, agent, by);
}

function add(count: Count, agent: AgentId, by: 1 | -1): void {
  const open = (count.byAgent.get(agent) ?? 0) + by;
  if (open > 0) count.byAgent.set(agent, open);
  else count.byAgent.delete(agent);
  count.total += by;
}
