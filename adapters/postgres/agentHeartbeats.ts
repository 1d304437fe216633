// When agents were last heard of, in PostgreSQL: one row an agent, never moved back. Not scoped by department: the edge shows agents to all
// who may read them. Called by the edge.

import type { AgentHeartbeats } from '../../api/ports.ts';
import type { AgentId, DepartmentId, Instant } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { repeating } from './retry.ts';

export class PostgresAgentHeartbeats implements AgentHeartbeats {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async beat(cell: string, agent: { id: AgentId; department: DepartmentId }): Promise<Instant> {
    const values = [cell, agent.id, agent.department];
    const [row] = await repeating(() => this.#queries.run<{ at: Instant }>('agent-beat', values));
    return row!.at;
  }

  async heard(cell: string): Promise<ReadonlyMap<string, Instant>> {
    const rows = await this.#queries.run<{ agent: string; at: Instant }>('agent-beats', [cell]);
    return new Map(rows.map(({ agent, at }) => [agent, at]));
  }
}
