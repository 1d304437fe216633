// Accounts as their readers may see them: what is committed per period, the lines of the ledger, what a stretch of time committed.
// Invariant: the transaction names the accounts, and row-level security holds it to them; lines are of the reader's department alone.
// Called by the edge.

import type {
  AccountReach,
  AccountReader,
  LedgerLineView,
  Page,
  PageQuery,
  PeriodUse,
} from '../../api/ports.ts';
import type { AccountId, Instant } from '../../scheduler/index.ts';
import type { QueryPool } from './connection.ts';
import { ownerOf } from './narrowing.ts';
import { comparePlaces, decodePlace, encodePlace, type LedgerPlace } from './places.ts';

type LineRow = LedgerLineView & { readonly line: number };

export class PostgresAccounts implements AccountReader {
  readonly #pool: QueryPool;

  constructor(pool: QueryPool) {
    this.#pool = pool;
  }

  accountUse(reach: AccountReach): Promise<readonly PeriodUse[]> {
    return this.#read<PeriodUse>(reach, 'account-use', [reach.cell]);
  }

  async ledger(
    reach: AccountReach,
    query: PageQuery & { readonly account: AccountId; readonly period?: string },
  ): Promise<Page<LedgerLineView>> {
    const place = query.after === null ? NEWEST : decodePlace(query.after);
    if (!reach.accounts.includes(query.account)) return { items: [], next: null };
    const after = [place.tick, place.source, place.type];
    const { agent } = ownerOf(reach.scope);
    const of = [reach.cell, query.account, query.period ?? null, agent];
    const rows = await this.#read<LineRow>(reach, 'ledger-list', [
      ...of,
      ...after,
      place.line,
      query.limit + 1,
    ]);
    const shown = rows.slice(0, query.limit);
    const items = shown.map(({ line: _, ...view }) => view);
    const last = shown.at(-1);
    if (rows.length > query.limit && last) return { items, next: encodePlace(last) };
    const [row] = await this.#read<Omit<LedgerPlace, 'line'>>(reach, 'ledger-horizon', [
      reach.cell,
      ...after,
    ]);
    // The ledger is only added to, at its newest end: a horizon that moved up is a little earlier, and never before what was shown.
    return { items, next: row === undefined ? null : encodePlace(earlier({ ...row, line: 0 }, last)) };
  }

  async committedSince(
    reach: AccountReach,
    {
      account,
      period,
      since,
    }: { readonly account: AccountId; readonly period: string; readonly since: Instant },
  ): Promise<number> {
    const values = [reach.cell, account, period, since];
    const [row] = await this.#read<{ amount: number }>(reach, 'account-committed-since', values);
    return row?.amount ?? 0;
  }

  #read<Row extends object>(reach: AccountReach, name: string, values: readonly unknown[]): Promise<Row[]> {
    const { scope, accounts } = reach;
    return this.#pool.transaction<Row>([
      ['scope-accounts', [scope.type, scope.department, accounts.join(',')]],
      ['in-order', []],
      [name, values],
    ]);
  }
}

/** Before everything in the ledger: behind no id of ours sorts a tilde. */
const NEWEST: LedgerPlace = { tick: Number.MAX_SAFE_INTEGER, source: '~', type: '~', line: 0 };

/** The one further down the list. */
function earlier(horizon: LedgerPlace, last: LedgerPlace | undefined): LedgerPlace {
  return last !== undefined && comparePlaces(last, horizon) > 0 ? last : horizon;
}
