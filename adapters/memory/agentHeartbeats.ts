// When agents were last heard of, in memory. Called by the edge in simulations and tests.

import type { AgentHeartbeats } from '../../api/ports.ts';
import type { AgentId, DepartmentId, Instant } from '../../scheduler/index.ts';
import { rowKey, type Tables } from './tables.ts';

export class MemoryAgentHeartbeats implements AgentHeartbeats {
  readonly #tables: Tables;
  readonly #now: () => Instant;

  constructor(tables: Tables, now: () => Instant) {
    this.#tables = tables;
    this.#now = now;
  }

  async beat(cell: string, { id, department }: { id: AgentId; department: DepartmentId }): Promise<Instant> {
    const key = rowKey(cell, id);
    const at_ms = Math.max(this.#now(), this.#tables.agentHeartbeats.get(key)?.at_ms ?? 0);
    this.#tables.agentHeartbeats.set(key, { cell, agent_id: id, department_id: department, at_ms });
    return at_ms;
  }

  async heard(cell: string): Promise<ReadonlyMap<string, Instant>> {
    const rows = [...this.#tables.agentHeartbeats.values()].filter((row) => row.cell === cell);
    return new Map(rows.map(({ agent_id, at_ms }) => [agent_id, at_ms]));
  }
}
