// Account rows while they grow: what the whole batch could ask of each account first, then the entries of those that it could overdraw.
// Invariant: nothing is entered for an account that cannot bind, so that payers do not tell shapes apart. Called by index.ts.

import { type AccountRoom, accountRowName, type Cost } from './accounts.ts';
import type { PayingAccount, Tariff } from './catalogue.ts';
import type { Row, RowBook } from './rows.ts';

export class Payments {
  readonly #accounts: AccountRoom;
  readonly #book: RowBook;
  /** By account and period number: what the whole batch could ask; NaN in any period when a column reaches beyond them. */
  readonly #asked: (number[] | undefined)[] = [];
  readonly #accountRows: (Row[] | undefined)[] = [];
  readonly #binding = new Map<readonly PayingAccount[], readonly PayingAccount[]>();

  constructor(accounts: AccountRoom, book: RowBook) {
    this.#accounts = accounts;
    this.#book = book;
  }

  ask(paying: PayingAccount, most: readonly number[] | null): void {
    let asked = this.#asked[paying.index];
    if (asked === undefined) {
      asked = new Array<number>(paying.tariff.periods.length).fill(0);
      this.#asked[paying.index] = asked;
    }
    for (let period = 0; period < asked.length; period++)
      asked[period]! += most === null ? Number.NaN : most[period]!;
  }

  /** Payers that the whole batch could overdraw; the others take part in nothing. NaN is over every room. */
  bindingOf(payers: readonly PayingAccount[]): readonly PayingAccount[] {
    const known = this.#binding.get(payers);
    if (known) return known;
    const binding = payers.filter((paying) => {
      const rooms = this.#accounts.of(paying);
      const asked = this.#asked[paying.index] ?? [];
      return asked.length === 0 || asked.some((amount, period) => !(amount <= rooms[period]!));
    });
    this.#binding.set(payers, binding);
    return binding;
  }

  addCosts(column: number, payers: readonly PayingAccount[], costOf: (tariff: Tariff) => Cost): void {
    for (const paying of payers) {
      const cost = costOf(paying.tariff);
      if (cost === null)
        throw new Error(`column ${column} reaches beyond the periods of ${paying.account.id}`);
      for (const { period, amount } of cost) this.#book.add(this.#accountRow(paying, period), column, amount);
    }
  }

  /** The name is put together once an account and period. */
  #accountRow(paying: PayingAccount, period: number): Row {
    let rows = this.#accountRows[paying.index];
    if (rows === undefined) {
      rows = [];
      this.#accountRows[paying.index] = rows;
    }
    let row = rows[period];
    if (row === undefined) {
      row = this.#book.row(accountRowName(paying, period), this.#accounts.of(paying)[period]!);
      rows[period] = row;
    }
    return row;
  }
}
