// What people and agents may see: requests, leases, extensions, by id and in pages. Each read is a transaction of its own,
// under row-level security. Invariant: another department's row and a missing one answer the same. Called by the edge.

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
import type {
  ExtensionId,
  Instant,
  LeaseId,
  LeaseState,
  RequestId,
  RequestState,
  ResourceRequest,
} from '../../scheduler/index.ts';
import type { QueryPool } from './connection.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type LeaseRow, leaseOf } from './leaseRows.ts';

type RequestRow = Omit<RequestView, 'request'> & {
  readonly document: ResourceRequest;
  /** Of a request that no tick has folded yet: its document still bears the edge's own clock. */
  readonly receivedAt?: Instant | null;
};

export class PostgresReaders implements RequestReader, LeaseReader, ExtensionReader {
  readonly #pool: QueryPool;

  constructor(pool: QueryPool) {
    this.#pool = pool;
  }

  async request(scope: Scope, id: RequestId): Promise<RequestView | null> {
    const row = await this.#one<RequestRow>('request-one', scope, id);
    return row && requestView(row);
  }

  async requests(
    scope: Scope,
    query: PageQuery & { readonly state?: RequestState },
  ): Promise<Page<RequestView>> {
    const rows = await this.#list<RequestRow>(`request-list-${scope.type}`, scope, query);
    return pageOf(rows, query.limit, (row) => ({ id: row.document.id, view: requestView(row) }));
  }

  async lease(scope: Scope, id: LeaseId): Promise<LeaseView | null> {
    const row = await this.#one<LeaseRow>('lease-one', scope, id);
    return row && leaseView(row);
  }

  async leases(scope: Scope, query: PageQuery & { readonly state?: LeaseState }): Promise<Page<LeaseView>> {
    const rows = await this.#list<LeaseRow>(`lease-list-${scope.type}`, scope, query);
    return pageOf(rows, query.limit, (row) => ({ id: row.id, view: leaseView(row) }));
  }

  extension(scope: Scope, id: ExtensionId): Promise<ExtensionView | null> {
    return this.#one<ExtensionView>('extension-one', scope, id);
  }

  async #one<Row extends object>(name: string, scope: Scope, id: string): Promise<Row | null> {
    // No id of ours holds a NUL, and PostgreSQL refuses one: such an id is simply unknown.
    if (id.includes('\0')) return null;
    const rows = await this.#pool.transaction<Row>([scoped(scope), [name, [id, ...filterOf(scope)]]]);
    return rows[0] ?? null;
  }

  /** One row more than asked, to know whether there is a next page. */
  #list<Row extends object>(
    name: string,
    scope: Scope,
    query: PageQuery & { readonly state?: string },
  ): Promise<Row[]> {
    const after = query.after === null ? null : decodeCursor(query.after);
    return this.#pool.transaction<Row>([
      scoped(scope),
      [name, [...filterOf(scope), after, query.state ?? null, query.limit + 1]],
    ]);
  }
}

function scoped(scope: Scope): readonly [string, readonly unknown[]] {
  return ['scope', [scope.type, scope.department]];
}

function filterOf(scope: Scope): readonly [department: string | null, agent: string | null] {
  switch (scope.type) {
    case 'agent':
      return [scope.department, scope.agent];
    case 'department':
      return [scope.department, null];
    case 'all':
      return [null, null];
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}

function requestView(row: RequestRow): RequestView {
  const { document, state, reasons, lease, tick, decidedAt, receivedAt } = row;
  const request = receivedAt == null ? document : { ...document, submittedAt: receivedAt };
  return { request, state, reasons, lease, tick, decidedAt };
}

function leaseView(row: LeaseRow): LeaseView {
  return { lease: leaseOf(row), heartbeatAt: row.heartbeatAt, endedAt: row.endedAt };
}

function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => { id: string; view: View },
): Page<View> {
  const shown = rows.slice(0, limit).map(read);
  const last = shown.at(-1);
  return {
    items: shown.map(({ view }) => view),
    next: rows.length > limit && last ? encodeCursor(last.id) : null,
  };
}
