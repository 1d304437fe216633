// The console's one way to the server: typed calls over the client's own, with the reason of whoever acts and an idempotency key for each act.
// Invariant: what the server refuses is thrown as its problem document; a token that ended ends the session, wherever it was met.

import { type Answer, type Calls, createCalls, type Query } from '../../client/calls.ts';
import { ProblemError } from '../../client/problem.ts';
import type { Page } from '../../client/shapes.ts';
import { apiBase, newKey } from './browser.ts';

export interface Act {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Why, in the person's words; kept with the act. Empty for what changes nothing of the organisation. */
  readonly because: string;
  /** The ETag that an edit is based on; null: it must not exist yet. Left out: the call knows none. */
  readonly base?: string | null;
  readonly query?: Query;
}

export interface Api {
  readonly calls: Calls;
  get<Value>(path: string, query?: Query): Promise<Value>;
  getVersioned<Value>(path: string): Promise<{ readonly value: Value; readonly etag: string }>;
  /** All items, page after page, at most `most`. `onPage` is told of what has come so far. */
  all<Item>(path: string, how?: ListHow<Item>): Promise<readonly Item[]>;
  act<Value>(act: Act): Promise<Value>;
  /** What an edit would do; nothing is stored. */
  preview<Value>(act: Omit<Act, 'because'>): Promise<Value>;
}

export interface ListHow<Item> {
  readonly query?: Query;
  readonly most?: number;
  readonly signal?: AbortSignal;
  readonly onPage?: (items: readonly Item[]) => void;
}

const PAGE = 500;
const MOST = 10_000;
const BUSY_TRIES = 3;

export function createApi(token: string, onEnded: () => void): Api {
  const calls = createCalls({ baseUrl: apiBase(), token, retry: { tries: BUSY_TRIES, waitSecondsMax: 5 } });
  const call = async (what: Parameters<Calls['call']>[0]): Promise<Answer> => {
    try {
      return await calls.call(what);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 401) onEnded();
      throw error;
    }
  };
  const get = async <Value>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Value> => {
    const headers = { accept: 'application/json' };
    const what = { method: 'GET', path, query, headers, repeatable: true } as const;
    return (await call(signal === undefined ? what : { ...what, signal })).body as Value;
  };
  const change = async <Value>(
    act: Omit<Act, 'because'>,
    headers: Record<string, string>,
  ): Promise<Value> => {
    const { method, path, body, base, query } = act;
    const condition: Record<string, string> =
      base === undefined ? {} : base === null ? { 'if-none-match': '*' } : { 'if-match': base };
    const answer = await call({
      method,
      path,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body }),
      headers: { ...condition, ...headers },
      repeatable: false,
    });
    return answer.body as Value;
  };
  return {
    calls,
    get,
    async getVersioned<Value>(path: string) {
      const { body, etag } = await call({ method: 'GET', path, repeatable: true });
      return { value: body as Value, etag: etag ?? '*' };
    },
    async all<Item>(path: string, { query = {}, most = MOST, signal, onPage }: ListHow<Item> = {}) {
      const items: Item[] = [];
      let after: string | undefined;
      do {
        const limit = Math.min(PAGE, most - items.length);
        const page = await get<Page<Item>>(path, { ...query, limit, after }, signal);
        items.push(...page.items);
        onPage?.([...items]);
        after = page.next ?? undefined;
      } while (after !== undefined && items.length < most);
      return items;
    },
    act: ({ because, ...act }) =>
      change(act, {
        'idempotency-key': newKey(),
        ...(because !== '' && { 'annona-reason': encodeURIComponent(because) }),
      }),
    preview: ({ query, ...act }) => change({ ...act, query: { ...query, dryRun: true } }, {}),
  };
}
