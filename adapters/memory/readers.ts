// What people and agents may see, from memory: by id, in pages with the newest first, and why requests wait. Called by the edge in
// simulations and tests.

import type {
  EventFilter,
  EventPageReader,
  ExtensionReader,
  ExtensionView,
  LeaseFilter,
  LeaseReader,
  LeaseView,
  OwnerFilter,
  Page,
  PageQuery,
  QueueReader,
  RequestFilter,
  RequestReader,
  RequestView,
  Scope,
  WaitingReason,
} from '../../api/ports.ts';
import type { DomainEvent, ExtensionId, LeaseId, RequestId } from '../../scheduler/index.ts';
import { decodeCursor, encodeCursor } from '../postgres/cursor.ts';
import { mostCommonFirst, narrowed } from '../postgres/narrowing.ts';
import { leaseOf } from './leases.ts';
import { eventOf } from './logs.ts';
import { sees } from './scope.ts';
import {
  headOf,
  type IntakeTableRow,
  type LeaseTableRow,
  leasesOfId,
  type RequestTableRow,
  rowKey,
  type Tables,
} from './tables.ts';

interface Owned {
  readonly id: string;
  readonly department_id: string;
  readonly agent_id: string;
}

export class MemoryReaders
  implements RequestReader, LeaseReader, ExtensionReader, QueueReader, EventPageReader
{
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async request(scope: Scope, id: RequestId): Promise<RequestView | null> {
    const row = this.#tables.requests.get(id);
    if (row !== undefined) {
      const obligations = this.#tables.obligations.get(id)?.document;
      return sees(scope, row) ? { ...requestView(row), ...(obligations && { obligations }) } : null;
    }
    const asked = this.#asked(scope, id);
    if (asked?.command.type !== 'submit' || asked.tick !== null) return null;
    const request = { ...asked.command.request, submittedAt: asked.received_at_ms };
    return {
      request,
      state: 'queued',
      reasons: [],
      lease: null,
      tick: null,
      decidedAt: null,
      reservation: null,
    };
  }

  async requests(scope: Scope, query: PageQuery & RequestFilter): Promise<Page<RequestView>> {
    const { state, class: priority, reason } = query;
    const passes = (row: RequestTableRow) =>
      (state === undefined || row.state === state) &&
      (priority === undefined || row.document.terms.class === priority) &&
      (reason === undefined || row.reasons[0]?.code === reason);
    return page(this.#tables.requests, { scope, query, passes, view: requestView });
  }

  async lease(scope: Scope, id: LeaseId): Promise<LeaseView | null> {
    const row = leasesOfId(this.#tables, id).find((each) => sees(scope, each));
    return row ? this.#leaseView(row) : null;
  }

  async leases(scope: Scope, query: PageQuery & LeaseFilter): Promise<Page<LeaseView>> {
    const { state, kind, pool } = query;
    const passes = (row: LeaseTableRow) =>
      (state === undefined || row.state === state) &&
      ((kind === undefined && pool === undefined) ||
        row.allocations.some(
          (each) => (kind === undefined || each.kind === kind) && (pool === undefined || each.pool === pool),
        ));
    return page(this.#tables.leases, { scope, query, passes, view: (row) => this.#leaseView(row) });
  }

  async waitingReasons(scope: Scope): Promise<readonly WaitingReason[]> {
    const byCode = new Map<string, { -readonly [Field in keyof WaitingReason]: WaitingReason[Field] }>();
    for (const row of this.#tables.requests.values()) {
      if (row.state !== 'waiting' || !sees(scope, row)) continue;
      const { submittedAt } = row.document;
      const binding = row.reasons[0]?.code;
      for (const code of new Set(row.reasons.map((reason) => reason.code))) {
        const counted = byCode.get(code) ?? { code, count: 0, alsoCount: 0, oldestSubmittedAt: null };
        byCode.set(code, counted);
        if (code !== binding) counted.alsoCount += 1;
        else {
          counted.count += 1;
          counted.oldestSubmittedAt = Math.min(submittedAt, counted.oldestSubmittedAt ?? submittedAt);
        }
      }
    }
    return mostCommonFirst([...byCode.values()]);
  }

  async eventPage(
    cell: string,
    { scope, types, request }: EventFilter,
    { limit, after }: { readonly limit: number; readonly after: number },
  ): Promise<{ readonly items: readonly DomainEvent[]; readonly through: number; readonly last: number }> {
    const last = headOf(this.#tables, cell).event_sequence;
    const items: DomainEvent[] = [];
    let through = after;
    while (through < last && items.length < limit) {
      through += 1;
      const row = this.#tables.events.get(rowKey(cell, through));
      if (row === undefined || !sees(scope, row)) continue;
      if (types !== undefined && !types.includes(row.type)) continue;
      if (request === undefined || row.request_id === request) items.push(eventOf(row));
    }
    return { items, through, last };
  }

  async extension(scope: Scope, id: ExtensionId): Promise<ExtensionView | null> {
    const row = this.#tables.extensions.get(id);
    if (row !== undefined) {
      if (!sees(scope, row)) return null;
      const { seconds, outcome, reasons } = row;
      return { id, lease: row.lease_id as LeaseId, seconds, outcome, endsAt: row.ends_at_ms, reasons };
    }
    const asked = this.#asked(scope, id);
    if (asked?.command.type !== 'extend') return null;
    const { lease, seconds } = asked.command;
    // Stamped and not opened: the lease had ended.
    const outcome = asked.tick === null ? 'pending' : 'denied';
    return { id, lease, seconds, outcome, endsAt: null, reasons: [] };
  }

  /** The act as it was acknowledged, whether or not a tick has folded it. */
  #asked(scope: Scope, object: string): IntakeTableRow | null {
    for (const row of this.#tables.intake.values())
      if (row.object_id === object && row.agent_id !== null && (row.act === 'submit' || row.act === 'extend'))
        return sees(scope, { ...row, agent_id: row.agent_id }) ? row : null;
    return null;
  }

  #leaseView(row: LeaseTableRow): LeaseView {
    const heartbeatAt = this.#tables.heartbeats.get(rowKey(row.cell, row.id))?.at_ms ?? null;
    return { lease: leaseOf(this.#tables, row), heartbeatAt, endedAt: row.ended_at_ms };
  }
}

function requestView(row: RequestTableRow): RequestView {
  return {
    request: row.document,
    state: row.state,
    reasons: row.reasons,
    lease: row.lease_id as LeaseId | null,
    tick: row.decided_tick,
    decidedAt: row.decided_at_ms,
    reservation: row.state === 'queued' || row.state === 'waiting' ? row.reservation : null,
  };
}

interface Paging<Row, View> {
  readonly scope: Scope;
  readonly query: PageQuery & OwnerFilter;
  readonly passes: (row: Row) => boolean;
  readonly view: (row: Row) => View;
}

function page<Row extends Owned, View>(
  table: ReadonlyMap<string, Row>,
  { scope, query, passes, view }: Paging<Row, View>,
): Page<View> {
  const after = query.after === null ? null : decodeCursor(query.after);
  const owner = narrowed(scope, query);
  if (owner === null) return { items: [], next: null };
  const rows = [...table.values()]
    .filter(
      (row) =>
        (owner.department === null || row.department_id === owner.department) &&
        (owner.agent === null || row.agent_id === owner.agent) &&
        passes(row) &&
        (after === null || row.id < after),
    )
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return { items: shown.map(view), next: rows.length > query.limit && last ? encodeCursor(last.id) : null };
}
