// What people and agents may see: requests, leases, extensions, by id and in pages; why requests wait; events in pages. Each read is
// a transaction of its own, under row-level security. Invariant: another department's row and a missing one answer the same.
// A filtered list looks through 20,000 rows a call at most, so that no filter reads a whole table. Called by the edge.

import type {
  EventFilter,
  EventPageReader,
  ExtensionReader,
  ExtensionView,
  LeaseFilter,
  LeaseReader,
  LeaseView,
  Page,
  PageQuery,
  QueueReader,
  RequestFilter,
  RequestReader,
  RequestView,
  Scope,
  WaitingReason,
} from '../../api/ports.ts';
import type {
  DomainEvent,
  ExtensionId,
  Instant,
  LeaseId,
  Obligations,
  RequestId,
  ResourceRequest,
} from '../../scheduler/index.ts';
import type { QueryPool } from './connection.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type LeaseRow, leaseOf } from './leaseRows.ts';
import { mostCommonFirst, narrowed, ownerOf } from './narrowing.ts';

type RequestRow = Omit<RequestView, 'request' | 'obligations'> & {
  readonly document: ResourceRequest;
  /** Absent in lists; null: none. */
  readonly obligations?: Obligations | null;
  /** Of a request that no tick has folded yet: its document still bears the edge's own clock. */
  readonly receivedAt?: Instant | null;
};

export class PostgresReaders
  implements RequestReader, LeaseReader, ExtensionReader, QueueReader, EventPageReader
{
  readonly #pool: QueryPool;

  constructor(pool: QueryPool) {
    this.#pool = pool;
  }

  async request(scope: Scope, id: RequestId): Promise<RequestView | null> {
    const row = await this.#one<RequestRow>('request-one', scope, id);
    return row && requestView(row);
  }

  async requests(scope: Scope, query: PageQuery & RequestFilter): Promise<Page<RequestView>> {
    const { state, class: priority, reason } = query;
    const owner = narrowed(scope, query);
    if (owner === null) return NOTHING;
    const isNarrow = owner.department !== null || owner.agent !== null;
    const list =
      state === 'queued' || state === 'waiting'
        ? 'open'
        : isNarrow || state === undefined || state === 'granted'
          ? listOf(owner)
          : 'turned-down';
    // Without a filter behind the index a short page is the last.
    const looksOn =
      priority !== undefined || reason !== undefined || (state !== undefined && list !== 'turned-down');
    return this.#page<RequestRow, RequestView>(scope, query, {
      list: `request-list-${list}`,
      values: (after) => [
        owner.department,
        owner.agent,
        after,
        state ?? null,
        priority ?? null,
        reason ?? null,
      ],
      isWhole: list === 'open',
      horizon: list === 'open' || !looksOn ? null : `request-horizon-${list}`,
      horizonValues: (after) => [
        owner.department,
        owner.agent,
        after,
        ...(list === 'turned-down' ? [state] : []),
      ],
      read: (row) => ({ id: row.document.id, view: requestView(row) }),
    });
  }

  async lease(scope: Scope, id: LeaseId): Promise<LeaseView | null> {
    const row = await this.#one<LeaseRow>('lease-one', scope, id);
    return row && leaseView(row);
  }

  async leases(scope: Scope, query: PageQuery & LeaseFilter): Promise<Page<LeaseView>> {
    const { state, kind, pool } = query;
    const owner = narrowed(scope, query);
    if (owner === null) return NOTHING;
    const isLive = state === 'granted' || state === 'active' || state === 'revoking';
    const list = isLive ? 'live' : listOf(owner);
    const looksOn = state !== undefined || kind !== undefined || pool !== undefined;
    return this.#page<LeaseRow, LeaseView>(scope, query, {
      list: `lease-list-${list}`,
      values: (after) => [owner.department, owner.agent, after, state ?? null, kind ?? null, pool ?? null],
      isWhole: isLive,
      horizon: isLive || !looksOn ? null : `lease-horizon-${list}`,
      horizonValues: (after) => [owner.department, owner.agent, after],
      read: (row) => ({ id: row.id, view: leaseView(row) }),
    });
  }

  extension(scope: Scope, id: ExtensionId): Promise<ExtensionView | null> {
    return this.#one<ExtensionView>('extension-one', scope, id);
  }

  async waitingReasons(scope: Scope): Promise<readonly WaitingReason[]> {
    const { department, agent } = ownerOf(scope);
    const rows = await this.#pool.transaction<WaitingReason & Record<string, unknown>>([
      scoped(scope),
      ['queue-reasons', [department, agent]],
    ]);
    return mostCommonFirst(rows);
  }

  async eventPage(
    cell: string,
    filter: EventFilter,
    { limit, after }: { readonly limit: number; readonly after: number },
  ): Promise<{ readonly items: readonly DomainEvent[]; readonly through: number; readonly last: number }> {
    const { scope, types, request } = filter;
    const { department, agent } = ownerOf(scope);
    // Read before the page: what is committed in between may be in it, and is then not looked at twice.
    const [head] = await this.#pool.run<{ last: number }>('event-last', [cell]);
    const last = head?.last ?? 0;
    const items = await this.#pool.transaction<DomainEvent & Record<string, unknown>>([
      scoped(scope),
      ['event-page', [cell, after, department, agent, types ?? null, request ?? null, limit]],
    ]);
    const newest = items.at(-1)?.sequence ?? 0;
    const looked = Math.max(Math.min(after + EVENTS_LOOKED_MAX, last), after);
    return { items, through: items.length === limit ? newest : Math.max(looked, newest), last };
  }

  async #one<Row extends object>(name: string, scope: Scope, id: string): Promise<Row | null> {
    // No id of ours holds a NUL, and PostgreSQL refuses one: such an id is simply unknown.
    if (id.includes('\0')) return null;
    const { department, agent } = ownerOf(scope);
    const rows = await this.#pool.transaction<Row>([scoped(scope), [name, [id, department, agent]]]);
    return rows[0] ?? null;
  }

  /** One row more than asked, to know whether there is a next page. */
  async #page<Row extends object, View>(
    scope: Scope,
    query: PageQuery,
    paging: Paging<Row, View>,
  ): Promise<Page<View>> {
    // A condition on a value that may be null is none that an index serves: `~` sorts behind every id.
    const after = query.after === null ? '~' : decodeCursor(query.after);
    const values = [...paging.values(after), query.limit + 1];
    const prologue = paging.isWhole ? [scoped(scope)] : [scoped(scope), IN_ORDER];
    const rows = await this.#pool.transaction<Row>([...prologue, [paging.list, values]]);
    const shown = rows.slice(0, query.limit).map(paging.read);
    const items = shown.map(({ view }) => view);
    const last = shown.at(-1)?.id;
    if (rows.length > query.limit) return { items, next: last === undefined ? null : encodeCursor(last) };
    if (paging.horizon === null) return { items, next: null };
    const [horizon] = await this.#pool.transaction<{ id: string }>([
      scoped(scope),
      IN_ORDER,
      [paging.horizon, paging.horizonValues(after)],
    ]);
    if (horizon === undefined) return { items, next: null };
    // Rows that came in between move the horizon up: nothing that was shown may be shown again.
    const next = last !== undefined && last < horizon.id ? last : horizon.id;
    return { items, next: encodeCursor(next) };
  }
}

interface Paging<Row, View> {
  readonly list: string;
  /** It reads everything that is open or live, and sorts that. */
  readonly isWhole: boolean;
  readonly values: (after: string) => readonly unknown[];
  /** Query for where the list stopped looking; null where a short page is the last. */
  readonly horizon: string | null;
  readonly horizonValues: (after: string) => readonly unknown[];
  readonly read: (row: Row) => { readonly id: string; readonly view: View };
}

/** As event-page.sql says. */
const EVENTS_LOOKED_MAX = 20_000;
const IN_ORDER = ['in-order', []] as const;
const NOTHING = { items: [], next: null } as const;

function listOf({ department, agent }: ReturnType<typeof ownerOf>): 'agent' | 'department' | 'all' {
  if (agent !== null) return 'agent';
  return department === null ? 'all' : 'department';
}

function scoped(scope: Scope): readonly [string, readonly unknown[]] {
  return ['scope', [scope.type, scope.department]];
}

function requestView(row: RequestRow): RequestView {
  const { document, state, reasons, lease, tick, decidedAt, reservation, receivedAt } = row;
  const request = receivedAt == null ? document : { ...document, submittedAt: receivedAt };
  const view = { request, state, reasons, lease, tick, decidedAt, reservation };
  return row.obligations == null ? view : { ...view, obligations: row.obligations };
}

function leaseView(row: LeaseRow): LeaseView {
  return { lease: leaseOf(row), heartbeatAt: row.heartbeatAt, endedAt: row.endedAt };
}
