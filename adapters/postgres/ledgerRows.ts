// The ledger of one tick as rows: one per lease or extension and type, its lines column by column, and what they move in sum.
// Invariant: an entry whose name is not its source, account, period and type is a bug and throws. Called by tickRows.ts.

import type { LedgerEntry } from '../../scheduler/index.ts';

/** What one lease or extension books of one type: one row of the database. */
export interface LedgerLines {
  readonly source: string;
  readonly type: LedgerEntry['type'];
  readonly lease: string;
  /** Array literals of PostgreSQL: as arrays of JSON they would be parsed twice, and 2,500 small arrays a second are work for the collector. */
  accounts: string;
  periods: string;
  amounts: string;
}

/** What the whole tick moves on one account and period. */
export interface Movement {
  readonly account: string;
  readonly period: string;
  reserved: number;
  spent: number;
}

/** One account and period under way: the movement, how both are written, and the rows that have a line on it. */
interface Account {
  readonly movement: Movement;
  readonly accountElement: string;
  readonly periodElement: string;
  readonly booked: Set<LedgerLines>;
}

export class FoldedLedger {
  readonly #bySource = new Map<string, { [Type in LedgerEntry['type']]?: LedgerLines }>();
  readonly #byAccount = new Map<string, Account[]>();

  take(entry: LedgerEntry): void {
    const { id, type, account, period, lease, amount } = entry;
    if (!Number.isSafeInteger(amount) || amount < 0) throw new Error(`S2: ${id} books ${amount}`);
    const lines = this.#linesOf(sourceOf(entry), entry);
    if (lines.lease !== lease)
      throw new Error(`S2: ${id} books for ${lease}, its neighbours for ${lines.lease}`);
    const { movement, accountElement, periodElement, booked } = this.#accountOf(account, period);
    if (booked.has(lines)) throw new Error(`S2: ${id} is booked twice in one tick`);
    booked.add(lines);
    const comma = lines.amounts === '{' ? '' : ',';
    lines.accounts += comma + accountElement;
    lines.periods += comma + periodElement;
    lines.amounts += comma + amount;
    movement.reserved += type === 'reserve' ? amount : -amount;
    movement.spent += type === 'settle' ? amount : 0;
  }

  /** Once, when all entries were taken: it closes the literals. */
  lines(): LedgerLines[] {
    const lines = [...this.#bySource.values()].flatMap((types) => Object.values(types));
    for (const each of lines) {
      each.accounts += '}';
      each.periods += '}';
      each.amounts += '}';
    }
    return lines;
  }

  movements(): Movement[] {
    return [...this.#byAccount.values()].flatMap((accounts) => accounts.map(({ movement }) => movement));
  }

  #linesOf(source: string, { type, lease }: LedgerEntry): LedgerLines {
    let types = this.#bySource.get(source);
    if (types === undefined) {
      types = {};
      this.#bySource.set(source, types);
    }
    types[type] ??= { source, type, lease, accounts: '{', periods: '{', amounts: '{' };
    return types[type];
  }

  #accountOf(account: string, period: string): Account {
    let periods = this.#byAccount.get(account);
    if (periods === undefined) {
      periods = [];
      this.#byAccount.set(account, periods);
    }
    const known = periods.find(({ movement }) => movement.period === period);
    if (known) return known;
    const made = {
      movement: { account, period, reserved: 0, spent: 0 },
      accountElement: arrayElement(account),
      periodElement: arrayElement(period),
      booked: new Set<LedgerLines>(),
    };
    periods.push(made);
    return made;
  }
}

/** No name is built to compare with: there are thousands a second. */
function sourceOf({ id, account, period, type, lease }: LedgerEntry): string {
  const atType = id.length - type.length;
  const atPeriod = atType - 1 - period.length;
  const atAccount = atPeriod - 1 - account.length;
  const named =
    atAccount > 1 &&
    id.startsWith(type, atType) &&
    id.startsWith(period, atPeriod) &&
    id.startsWith(account, atAccount) &&
    id[atType - 1] === '/' &&
    id[atPeriod - 1] === '/' &&
    id[atAccount - 1] === '/';
  if (!named) throw new Error(`S2: ${id} is not named after what it books`);
  // Nearly always the lease itself: then the same string as its neighbours', hashed once.
  return lease.length === atAccount - 1 && id.startsWith(lease) ? lease : id.slice(0, atAccount - 1);
}

/** Slugs and dates stand as they are; anything else, and the word that means null, in quotes. */
function arrayElement(text: string): string {
  if (/^[\w.-]+$/.test(text) && text.toLowerCase() !== 'null') return text;
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
