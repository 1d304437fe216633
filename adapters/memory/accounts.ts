// Accounts as their readers may see them, from memory. Called by the edge in simulations and tests.

import type {
  AccountReach,
  AccountReader,
  LedgerLineView,
  Page,
  PageQuery,
  PeriodUse,
} from '../../api/ports.ts';
import type { AccountId, Instant, LeaseId } from '../../scheduler/index.ts';
import { comparePlaces, decodePlace, encodePlace } from '../postgres/places.ts';
import { sees } from './scope.ts';
import { type LedgerRow, rowKey, type Tables } from './tables.ts';

export class MemoryAccounts implements AccountReader {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async accountUse({ cell, accounts }: AccountReach): Promise<readonly PeriodUse[]> {
    return [...this.#tables.accounts.values()]
      .filter((row) => row.cell === cell && accounts.some((account) => account === row.account))
      .sort((a, b) => (rowKey(a.account, a.period) < rowKey(b.account, b.period) ? -1 : 1))
      .map(({ account, period, reserved, spent }) => ({
        account: account as AccountId,
        period,
        reserved,
        spent,
      }));
  }

  async ledger(
    { scope, cell, accounts }: AccountReach,
    query: PageQuery & { readonly account: AccountId; readonly period?: string },
  ): Promise<Page<LedgerLineView>> {
    const after = query.after === null ? null : decodePlace(query.after);
    if (!accounts.includes(query.account)) return { items: [], next: null };
    const lines = [...this.#tables.ledger.values()]
      .filter((row) => {
        const lease = this.#tables.leases.get(rowKey(cell, row.lease_id));
        return row.cell === cell && lease !== undefined && sees(scope, lease);
      })
      .flatMap(linesOf)
      .filter(
        (line) =>
          line.account === query.account &&
          (query.period === undefined || line.period === query.period) &&
          (after === null || comparePlaces(after, line) < 0),
      )
      .sort(comparePlaces);
    const shown = lines.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ line: _, ...view }) => view),
      next: lines.length > query.limit && last ? encodePlace(last) : null,
    };
  }

  async committedSince(
    { cell, accounts }: AccountReach,
    {
      account,
      period,
      since,
    }: { readonly account: AccountId; readonly period: string; readonly since: Instant },
  ): Promise<number> {
    if (!accounts.includes(account)) return 0;
    const sign = { reserve: 1, settle: 0, refund: -1 };
    return [...this.#tables.ledger.values()]
      .filter((row) => {
        const tick = this.#tables.ticks.get(rowKey(cell, row.tick));
        return row.cell === cell && tick !== undefined && tick.record.now >= since;
      })
      .flatMap(linesOf)
      .filter((line) => line.account === account && line.period === period)
      .reduce((sum, line) => sum + sign[line.type] * line.amount, 0);
  }
}

function linesOf(row: LedgerRow): (LedgerLineView & { line: number })[] {
  return row.accounts.map((account, index) => ({
    source: row.source_id,
    type: row.type,
    lease: row.lease_id as LeaseId,
    account: account as AccountId,
    period: row.periods[index] ?? '',
    amount: row.amounts[index] ?? 0,
    tick: row.tick,
    line: index + 1,
  }));
}
