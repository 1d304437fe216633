// The changes of one tick as rows: what is inserted, what is updated, what moves, in the order that the database checks them.
// Invariant: pure; a change that cannot follow another in one tick is a bug and throws. Called by tickStore.ts.

import type {
  Change,
  Lease,
  LedgerEntry,
  PendingExtension,
  Reason,
  RecordedVerdict,
  RequestState,
} from '../../scheduler/index.ts';

interface RequestChange {
  id: string;
  state: RequestState | null;
  reasons: readonly Reason[] | null;
  lease: string | null;
  allow: boolean | null;
  codes: readonly string[] | null;
  policyRevision: string | null;
  dataRevision: string | null;
}

interface OpenedRequest extends RequestChange {
  department: string;
  agent: string;
  sequence: number;
  document: unknown;
  shapeKey: string;
}

/** What one lease or extension books of one type, column by column: one row of the database. */
interface LedgerLines {
  readonly source: string;
  readonly type: LedgerEntry['type'];
  readonly lease: string;
  readonly accounts: string[];
  readonly periods: string[];
  readonly amounts: number[];
}

type ExtensionDecided = Extract<Change, { type: 'extensionDecided' }>;

export interface TickRows {
  readonly opened: OpenedRequest[];
  /** Verdicts and Decisions of requests that were open before. */
  readonly decided: RequestChange[];
  readonly granted: Lease[];
  readonly activated: { id: string; at: number }[];
  readonly extended: { id: string; endsAt: number }[];
  readonly ended: { id: string; state: string; at: number; cause: string }[];
  /** Units taken by the granted leases, per capacity key. */
  readonly taken: { key: string; quantity: number }[];
  readonly extensionsOpened: PendingExtension[];
  readonly extensionsDecided: {
    id: string;
    outcome: string;
    endsAt: number | null;
    reservations: unknown;
    reasons: unknown;
  }[];
  readonly ledger: LedgerLines[];
  /** What the ledger moves in sum, per account and period. */
  readonly moved: { account: string; period: string; reserved: number; spent: number }[];
  readonly foldSequence: number;
}

export function tickRows(changes: readonly Change[]): TickRows {
  const folding = new Folding();
  for (const change of changes) folding.take(change);
  return folding.rows();
}

/** A request's changes of one tick fold into one row; the parts of a lease's life stay apart, as each is a transition of its own. */
class Folding {
  readonly #opened = new Map<string, OpenedRequest>();
  readonly #decided = new Map<string, RequestChange>();
  readonly #taken = new Map<string, number>();
  readonly #granted: Lease[] = [];
  readonly #activated: TickRows['activated'] = [];
  readonly #extended = new Map<string, number>();
  readonly #ended: TickRows['ended'] = [];
  readonly #extensionsOpened: PendingExtension[] = [];
  readonly #extensionsDecided: TickRows['extensionsDecided'] = [];
  readonly #ledger = new FoldedLedger();
  #foldSequence = 0;

  take(change: Change): void {
    switch (change.type) {
      case 'requestOpened': {
        const { request, sequence, shapeKey, verdict } = change.pending;
        const { id, department, agent } = request;
        const opened = {
          ...unchanged(id),
          state: 'queued' as const,
          department,
          agent,
          sequence,
          shapeKey,
          document: request,
        };
        if (this.#opened.has(id)) throw new Error(`${id} opened twice in one tick`);
        this.#opened.set(id, opened);
        if (verdict) recordVerdict(opened, verdict);
        this.#foldSequence = Math.max(this.#foldSequence, sequence);
        return;
      }
      case 'verdictRecorded':
        recordVerdict(this.#requestRow(change.request), change.verdict);
        return;
      case 'decided': {
        const row = this.#requestRow(change.request);
        if (row.state !== null && row.state !== 'queued' && row.state !== 'waiting') {
          throw new Error(`${change.request}: ${change.outcome} after ${row.state} in one tick`);
        }
        row.state = change.outcome;
        row.reasons = change.reasons;
        row.lease = change.lease;
        return;
      }
      case 'leaseGranted':
        this.#grant(change.lease);
        return;
      case 'leaseActivated':
        this.#activated.push({ id: change.lease, at: change.at });
        return;
      case 'leaseEnded':
        this.#ended.push({ id: change.lease, state: change.end, at: change.at, cause: change.cause });
        return;
      case 'extensionOpened':
        this.#extensionsOpened.push(change.extension);
        this.#foldSequence = Math.max(this.#foldSequence, change.extension.sequence);
        return;
      case 'extensionDecided':
        this.#decideExtension(change);
        return;
      case 'ledger':
        this.#ledger.take(change.entry);
        return;
      default: {
        const never: never = change;
        throw new Error(`unknown change ${JSON.stringify(never)}`);
      }
    }
  }

  rows(): TickRows {
    return {
      opened: [...this.#opened.values()],
      decided: [...this.#decided.values()],
      granted: this.#granted,
      activated: this.#activated,
      extended: [...this.#extended].map(([id, endsAt]) => ({ id, endsAt })),
      ended: this.#ended,
      taken: [...this.#taken].map(([key, quantity]) => ({ key, quantity })),
      extensionsOpened: this.#extensionsOpened,
      extensionsDecided: this.#extensionsDecided,
      ledger: this.#ledger.lines(),
      moved: this.#ledger.moved(),
      foldSequence: this.#foldSequence,
    };
  }

  #requestRow(id: string): RequestChange {
    const row = this.#opened.get(id) ?? this.#decided.get(id) ?? unchanged(id);
    if (!this.#opened.has(id)) this.#decided.set(id, row);
    return row;
  }

  #grant(lease: Lease): void {
    this.#granted.push(lease);
    for (const { pool, window, quantity } of lease.allocations) {
      const key = window === undefined ? pool : `${pool}@${window}`;
      this.#taken.set(key, (this.#taken.get(key) ?? 0) + quantity);
    }
  }

  #decideExtension(change: ExtensionDecided): void {
    const { extension: id, lease, outcome, endsAt, reservations, reasons } = change;
    this.#extensionsDecided.push({ id, outcome, endsAt, reservations, reasons });
    if (endsAt !== null) this.#extended.set(lease, Math.max(endsAt, this.#extended.get(lease) ?? endsAt));
  }
}

/** The entries of one source and type as one row, and the sum of all that they move. No key is built by joining: there are thousands a second. */
class FoldedLedger {
  readonly #lines: LedgerLines[] = [];
  readonly #bySource = new Map<string, { [Type in LedgerEntry['type']]?: LedgerLines }>();
  readonly #moved: TickRows['moved'] = [];
  readonly #byAccount = new Map<string, TickRows['moved']>();

  take(entry: LedgerEntry): void {
    const { id, type, account, period, lease, amount } = entry;
    const lines = this.#linesOf(sourceOf(entry), entry);
    if (lines.lease !== lease) throw new Error(`${id} books for ${lease}, its neighbours for ${lines.lease}`);
    if (lines.accounts.some((other, n) => other === account && lines.periods[n] === period))
      throw new Error(`${id} is booked twice in one tick`);
    lines.accounts.push(account);
    lines.periods.push(period);
    lines.amounts.push(amount);
    const move = this.#moveOf(account, period);
    move.reserved += type === 'reserve' ? amount : -amount;
    move.spent += type === 'settle' ? amount : 0;
  }

  lines(): LedgerLines[] {
    return this.#lines;
  }

  moved(): TickRows['moved'] {
    return this.#moved;
  }

  #linesOf(source: string, { type, lease }: LedgerEntry): LedgerLines {
    let types = this.#bySource.get(source);
    if (types === undefined) {
      types = {};
      this.#bySource.set(source, types);
    }
    const known = types[type];
    if (known) return known;
    const lines: LedgerLines = { source, type, lease, accounts: [], periods: [], amounts: [] };
    types[type] = lines;
    this.#lines.push(lines);
    return lines;
  }

  #moveOf(account: string, period: string): TickRows['moved'][number] {
    let moves = this.#byAccount.get(account);
    if (moves === undefined) {
      moves = [];
      this.#byAccount.set(account, moves);
    }
    const known = moves.find((move) => move.period === period);
    if (known) return known;
    const move = { account, period, reserved: 0, spent: 0 };
    moves.push(move);
    this.#moved.push(move);
    return move;
  }
}

function sourceOf({ id, account, period, type }: LedgerEntry): string {
  const source = id.slice(0, -(account.length + period.length + type.length + 3));
  if (id !== `${source}/${account}/${period}/${type}`) throw new Error(`${id} is not named after what it books`);
  return source;
}

function unchanged(id: string): RequestChange {
  return {
    id,
    state: null,
    reasons: null,
    lease: null,
    allow: null,
    codes: null,
    policyRevision: null,
    dataRevision: null,
  };
}

function recordVerdict(row: RequestChange, verdict: RecordedVerdict): void {
  row.allow = verdict.allow;
  row.codes = verdict.codes;
  row.policyRevision = verdict.policyRevision;
  row.dataRevision = verdict.dataRevision;
}

/** Null instead of an empty list: the database then skips the whole part. */
export function jsonOrNull(rows: readonly unknown[]): string | null {
  return rows.length === 0 ? null : JSON.stringify(rows);
}
