// What people and agents may see, from memory: by id, and in pages with the newest first. Called by the edge in simulations and tests.

import type {
  ExtensionReader,
  ExtensionView,
  LeaseReader,
  LeaseView,
  Page,
  PageQuery,
  RequestReader,
  RequestView,
  Scope,
} from '../../api/ports.ts';
import type { ExtensionId, LeaseId, LeaseState, RequestId, RequestState } from '../../scheduler/index.ts';
import { decodeCursor, encodeCursor } from '../postgres/cursor.ts';
import { leaseOf } from './leases.ts';
import { sees } from './scope.ts';
import {
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
  readonly state: string;
}

export class MemoryReaders implements RequestReader, LeaseReader, ExtensionReader {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async request(scope: Scope, id: RequestId): Promise<RequestView | null> {
    const row = this.#tables.requests.get(id);
    if (row !== undefined) return sees(scope, row) ? requestView(row) : null;
    const asked = this.#asked(scope, id);
    if (asked?.command.type !== 'submit' || asked.tick !== null) return null;
    const request = { ...asked.command.request, submittedAt: asked.received_at_ms };
    return { request, state: 'queued', reasons: [], lease: null, tick: null, decidedAt: null };
  }

  async requests(
    scope: Scope,
    query: PageQuery & { readonly state?: RequestState },
  ): Promise<Page<RequestView>> {
    return page(this.#tables.requests, { scope, query, view: requestView });
  }

  async lease(scope: Scope, id: LeaseId): Promise<LeaseView | null> {
    const row = leasesOfId(this.#tables, id).find((each) => sees(scope, each));
    return row ? this.#leaseView(row) : null;
  }

  async leases(scope: Scope, query: PageQuery & { readonly state?: LeaseState }): Promise<Page<LeaseView>> {
    return page(this.#tables.leases, { scope, query, view: (row) => this.#leaseView(row) });
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
  };
}

interface Paging<Row, View> {
  readonly scope: Scope;
  readonly query: PageQuery & { readonly state?: string };
  readonly view: (row: Row) => View;
}

function page<Row extends Owned, View>(
  table: ReadonlyMap<string, Row>,
  { scope, query, view }: Paging<Row, View>,
): Page<View> {
  const after = query.after === null ? null : decodeCursor(query.after);
  const rows = [...table.values()]
    .filter(
      (row) =>
        sees(scope, row) &&
        (query.state === undefined || row.state === query.state) &&
        (after === null || row.id < after),
    )
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return { items: shown.map(view), next: rows.length > query.limit && last ? encodeCursor(last.id) : null };
}
