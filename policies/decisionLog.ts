// The decision log: one record a batch, with a row for each request that was denied and a sample of those that were allowed.
// Invariants: a masked field is never in a record, wherever it goes; what is kept is bounded, and the oldest goes first; which allowed
// requests are sampled follows from their number, not from chance. Called by the composition roots.
import type { PolicyRow, Verdict } from './verdict.ts';

export interface DecisionRow {
  /** Id of the request; null where the asker has none. */
  readonly request: string | null;
  readonly outcome: 'allow' | 'deny';
  /** Codes of a denial; of what is allowed, those of its duties. */
  readonly codes: readonly string[];
  readonly warnings: readonly string[];
  readonly dryrun: readonly string[];
  /** What the policy saw, without what is masked. */
  readonly row: unknown;
}

export interface DecisionRecord {
  /** Counts up from 1 in this process. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tick: string;
  readonly policyRevision: string;
  readonly dataRevision: string;
  readonly rows: number;
  readonly allowed: number;
  readonly denied: number;
  readonly tookMs: number;
  /** Denied rows that did not fit into the record. */
  readonly leftOut: number;
  readonly decisions: readonly DecisionRow[];
}

export interface DecisionBatch {
  readonly at: number;
  readonly tick: string;
  readonly policyRevision: string;
  readonly dataRevision: string;
  readonly tookMs: number;
  readonly rows: readonly PolicyRow[];
  readonly requests: readonly (string | null)[];
  readonly verdicts: readonly Verdict[];
}

export interface DecisionLogOptions {
  /** Paths of fields to leave out: `purpose`, `quantities.gpu`. */
  readonly mask: readonly string[];
  /** One allowed request of so many is written down; 0: none. */
  readonly sampleEvery: number;
  /** Records that are kept. */
  readonly recordsMax?: number;
  /** Told of each record. Must not throw and must not block. */
  readonly sink?: (record: DecisionRecord) => void;
}

const RECORDS_MAX = 1_000;
const ROWS_MAX = 500;
/** Over all records: about 20 MB of rows. */
const KEPT_ROWS_MAX = 20_000;
export const MASKED = '(masked)';

export class DecisionLog {
  readonly #options: DecisionLogOptions;
  readonly #mask: readonly (readonly string[])[];
  readonly #records: DecisionRecord[] = [];
  #keptRows = 0;
  #sequence = 0;
  #allowed = 0;

  constructor(options: DecisionLogOptions) {
    this.#options = options;
    this.#mask = options.mask.map((path) => path.split('.'));
  }

  add(batch: DecisionBatch): void {
    const { at, tick, policyRevision, dataRevision, tookMs, verdicts } = batch;
    const allowed = verdicts.filter((verdict) => verdict.outcome === 'allow').length;
    const chosen = this.#chosen(verdicts);
    const decisions = chosen.slice(0, ROWS_MAX).map((place) => this.#row(batch, place));
    this.#sequence += 1;
    const record: DecisionRecord = {
      sequence: this.#sequence,
      at,
      tick,
      policyRevision,
      dataRevision,
      rows: verdicts.length,
      allowed,
      denied: verdicts.length - allowed,
      tookMs,
      leftOut: chosen.length - decisions.length,
      decisions,
    };
    this.#keep(record);
    this.#options.sink?.(record);
  }

  /** Newest first, older than `before`. */
  page(before: number | null, limit: number): DecisionRecord[] {
    const found: DecisionRecord[] = [];
    for (let i = this.#records.length - 1; i >= 0 && found.length < limit; i -= 1) {
      const record = this.#records[i] as DecisionRecord;
      if (before === null || record.sequence < before) found.push(record);
    }
    return found;
  }

  #chosen(verdicts: readonly Verdict[]): number[] {
    const { sampleEvery } = this.#options;
    return verdicts.flatMap((verdict, place) => {
      if (verdict.outcome === 'deny') return [place];
      this.#allowed += 1;
      return sampleEvery > 0 && this.#allowed % sampleEvery === 0 ? [place] : [];
    });
  }

  #row({ rows, requests, verdicts }: DecisionBatch, place: number): DecisionRow {
    const verdict = verdicts[place] as Verdict;
    const { outcome, warnings, dryrun } = verdict;
    const codes = outcome === 'deny' ? verdict.codes : verdict.obligations.map(({ code }) => code);
    let row: unknown = rows[place];
    for (const path of this.#mask) row = masked(row, path);
    return { request: requests[place] ?? null, outcome, codes, warnings, dryrun, row };
  }

  #keep(record: DecisionRecord): void {
    this.#records.push(record);
    this.#keptRows += record.decisions.length;
    const most = this.#options.recordsMax ?? RECORDS_MAX;
    while (this.#records.length > most || this.#keptRows > KEPT_ROWS_MAX)
      this.#keptRows -= this.#records.shift()?.decisions.length ?? 0;
  }
}

/** A copy; what the path does not lead to stays as it is. */
function masked(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return MASKED;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
    return value;
  return { ...value, [key]: masked((value as Record<string, unknown>)[key], rest) };
}
