// What a cell has committed, read by its number: ticks, events, and the use of every pool. Not scoped by department: the edge
// filters events itself, and ticks and pools are shared. Called by the edge, the event hub and the relay.

import type {
  EventLog,
  HeldUnitsReader,
  Page,
  PageQuery,
  PoolUseReader,
  TickReader,
} from '../../api/ports.ts';
import type { DomainEvent, TickQuality, TickRecord } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { encodeCursor, tickOfCursor } from './cursor.ts';

type EventRow = Omit<DomainEvent, 'traceParent'> & { readonly traceParent: string | null };

export class PostgresLogs implements EventLog, TickReader, PoolUseReader, HeldUnitsReader {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]> {
    const rows = await this.#queries.run<EventRow>('event-list', [cell, after, limit]);
    // An event of no trace has no such field: it reads back as it was committed.
    return rows.map(({ traceParent, ...event }) =>
      traceParent === null ? event : { ...event, traceParent },
    );
  }

  async last(cell: string): Promise<number> {
    const [row] = await this.#queries.run<{ last: number }>('event-last', [cell]);
    return row!.last;
  }

  async tick(cell: string, tick: number): Promise<TickRecord | null> {
    if (!Number.isSafeInteger(tick)) return null;
    const [row] = await this.#queries.run<{ record: TickRecord }>('tick-one', [cell, tick]);
    return row?.record ?? null;
  }

  async ticks(cell: string, query: PageQuery): Promise<Page<TickRecord>> {
    const before = query.after === null ? null : tickOfCursor(query.after);
    const rows = await this.#queries.run<{ record: TickRecord; tick: number }>('tick-list', [
      cell,
      before,
      query.limit + 1,
    ]);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ record }) => record),
      next: rows.length > query.limit && last ? encodeCursor(String(last.tick)) : null,
    };
  }

  quality(cell: string, last: number): Promise<readonly TickQuality[]> {
    return this.#queries.run<TickQuality>('tick-quality', [cell, last]);
  }

  async poolUse(cell: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#queries.run<{ key: string; used: number }>('pool-use', [cell]);
    return new Map(rows.map(({ key, used }) => [key, used]));
  }

  heldUnits(cell: string): ReturnType<HeldUnitsReader['heldUnits']> {
    return this.#queries.run('held-units', [cell]);
  }
}
