// What a cell has committed, from memory: ticks, events, the use of pools, and how far each sink has streamed. Called by the edge,
// the hub and the relay in simulations and tests.

import type {
  EventLog,
  HeldUnitsReader,
  Page,
  PageQuery,
  PoolUseReader,
  TickReader,
} from '../../api/ports.ts';
import type { DomainEvent, Epoch, RelayCursor, TickQuality, TickRecord } from '../../scheduler/index.ts';
import { encodeCursor, tickOfCursor } from '../postgres/cursor.ts';
import { RelayFencedError } from '../postgres/relayCursor.ts';
import { type EventRow, headOf, rowKey, type Tables } from './tables.ts';

export class MemoryLogs implements EventLog, TickReader, PoolUseReader, HeldUnitsReader {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]> {
    const events: DomainEvent[] = [];
    for (let sequence = after + 1; events.length < limit; sequence += 1) {
      const row = this.#tables.events.get(rowKey(cell, sequence));
      if (row === undefined) break;
      events.push(eventOf(row));
    }
    return events;
  }

  async last(cell: string): Promise<number> {
    return headOf(this.#tables, cell).event_sequence;
  }

  async tick(cell: string, tick: number): Promise<TickRecord | null> {
    return this.#tables.ticks.get(rowKey(cell, tick))?.record ?? null;
  }

  async ticks(cell: string, query: PageQuery): Promise<Page<TickRecord>> {
    const before = query.after === null ? Number.POSITIVE_INFINITY : tickOfCursor(query.after);
    const rows = [...this.#tables.ticks.values()]
      .filter((row) => row.cell === cell && row.tick < before)
      .sort((a, b) => b.tick - a.tick);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ record }) => ({
        ...record,
        stages: record.stages.map(({ certificate: _, ...stage }) => stage),
      })),
      next: rows.length > query.limit && last ? encodeCursor(String(last.tick)) : null,
    };
  }

  async quality(cell: string, last: number): Promise<readonly TickQuality[]> {
    const rows = [...this.#tables.ticks.values()].filter((row) => row.cell === cell);
    rows.sort((a, b) => b.tick - a.tick);
    return rows.slice(0, last).map(({ record: { tick, fault, counts, stages } }) => ({
      tick,
      fault,
      columns: counts.columns,
      stages: stages.map(({ class: name, method, gap, ended }) => {
        return { class: name, method, gap, ...(ended && { ended }) };
      }),
    }));
  }

  async poolUse(cell: string): Promise<ReadonlyMap<string, number>> {
    const rows = [...this.#tables.capacities.values()].filter((row) => row.cell === cell);
    return new Map(rows.map(({ key, used }) => [key, used]));
  }

  async heldUnits(cell: string): ReturnType<HeldUnitsReader['heldUnits']> {
    const held = new Map<string, { department: string; kind: string; pool: string; units: number }>();
    for (const key of this.#tables.liveLeases) {
      const lease = this.#tables.leases.get(key);
      if (lease?.cell !== cell) continue;
      for (const { pool, kind, quantity } of lease.allocations) {
        const place = rowKey(lease.department_id, kind, pool);
        const units = (held.get(place)?.units ?? 0) + quantity;
        held.set(place, { department: lease.department_id, kind, pool, units });
      }
    }
    return [...held.keys()].sort().map((place) => held.get(place)!);
  }
}

export function eventOf(row: EventRow): DomainEvent {
  return {
    id: row.id,
    sequence: row.sequence,
    tick: row.tick,
    epoch: row.epoch,
    type: row.type,
    at: row.at_ms,
    department: row.department_id,
    agent: row.agent_id,
    request: row.request_id,
    lease: row.lease_id,
    policyRevision: row.policy_revision,
    data: row.data,
  } as DomainEvent;
}

export class MemoryRelayCursors {
  readonly #rows = new Map<string, { readonly sequence: number; readonly epoch: Epoch }>();

  under(epoch: Epoch): RelayCursor {
    const rows = this.#rows;
    return {
      read: async (sink, cell) => rows.get(rowKey(sink, cell))?.sequence ?? 0,
      async advance(sink, cell, sequence) {
        const key = rowKey(sink, cell);
        const row = rows.get(key) ?? { sequence: 0, epoch };
        if (row.epoch > epoch) throw new RelayFencedError(`epoch ${epoch} of the relay to ${sink} is over`);
        rows.set(key, { sequence: Math.max(sequence, row.sequence), epoch });
      },
    };
  }
}
