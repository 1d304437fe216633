// What each rule answered before, by the fields that it reads: a row is asked only as far as no row was like it.
// Valid for one policy over one version of the data: who changes either, makes another. Called by batch.ts; held by slot.ts.
// Invariants: bounded; only what a checked answer said is kept, never what an error or a deadline denied.
import { hasBit } from './echo.ts';
import { Numbering, PairNumbering } from './numbering.ts';
import { FIELD_READERS } from './rows.ts';
import type { PolicyRow } from './verdict.ts';
import type { CleanBits, View, ViewRows } from './views.ts';

// Different values and pairs of them, about 100 bytes each. 2,000 rows that are like none before add about 15,000.
const NUMBERED_MAX = 200_000;
const CLEAN: readonly string[] = [];

/** Codes that hit a row of a view; a number stands for the question that asks it, undefined for none. */
type Answered = readonly string[] | number | undefined;

interface Remembered {
  readonly view: View;
  /** Places of its fields among all fields. */
  readonly at: readonly number[];
  /** One for each field after the first. */
  readonly pairs: readonly PairNumbering[];
  readonly answers: Answered[];
}

/** Some rows of a batch, and what of them must be asked. */
export interface Inquiry {
  /** Number of each row in each view: row i, view j at i * views + j. */
  readonly numbers: Int32Array;
  /** One a view, in the order of the views; empty where all is known. */
  readonly asked: readonly (ViewRows & { readonly numbers: readonly number[] })[];
}

export class ViewMemo {
  readonly #views: readonly View[];
  readonly #fields: readonly (keyof PolicyRow)[];
  readonly #numberedMax: number;
  #numberings: Numbering[] = [];
  #remembered: Remembered[] = [];
  #question = 0;
  #hits = 0;
  #misses = 0;
  #entries = 0;

  constructor(views: readonly View[], numberedMax: number = NUMBERED_MAX) {
    this.#views = views;
    this.#fields = [...new Set(views.flatMap(({ fields }) => fields))];
    this.#numberedMax = numberedMax;
    this.clear();
  }

  /** Rows that nothing had to be asked about, the others, and the answers that are held, one for each different row of a view. */
  get counts(): { readonly hits: number; readonly misses: number; readonly entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#entries };
  }

  get #numbered(): number {
    const held = [...this.#numberings, ...this.#remembered.flatMap(({ pairs }) => pairs)];
    return held.reduce((sum, { size }) => sum + size, 0);
  }

  clear(): void {
    this.#entries = 0;
    this.#numberings = this.#fields.map(() => new Numbering());
    this.#remembered = this.#views.map((view) => ({
      view,
      at: view.fields.map((field) => this.#fields.indexOf(field)),
      pairs: view.fields.slice(1).map(() => new PairNumbering()),
      answers: [],
    }));
  }

  /** Only for rows without a fault. What was asked before and never answered is asked again. */
  inquire(rows: readonly PolicyRow[]): Inquiry {
    if (this.#numbered > this.#numberedMax) this.clear();
    this.#question += 1;
    const columns = this.#columnsOf(rows);
    const views = this.#remembered;
    const numbers = new Int32Array(rows.length * views.length);
    const isNew = new Uint8Array(rows.length);
    const asked = views.map((remembered, j) => {
      const { view, answers } = remembered;
      const some: PolicyRow[] = [];
      const someNumbers: number[] = [];
      for (let i = 0; i < rows.length; i += 1) {
        const number = numberOf(remembered, columns, i);
        numbers[i * views.length + j] = number;
        const answered = answers[number];
        if (typeof answered === 'object') continue;
        isNew[i] = 1;
        if (answered === this.#question) continue;
        answers[number] = this.#question;
        some.push(rows[i] as PolicyRow);
        someNumbers.push(number);
      }
      return { view, rows: some, numbers: someNumbers };
    });
    const misses = isNew.reduce((sum, one) => sum + one, 0);
    this.#misses += misses;
    this.#hits += rows.length - misses;
    return { numbers, asked };
  }

  /** Field by field: neighbours often have the same value. */
  #columnsOf(rows: readonly PolicyRow[]): Int32Array[] {
    return this.#fields.map((field, f) => {
      const numbering = this.#numberings[f] as Numbering;
      const read = FIELD_READERS[field];
      const column = new Int32Array(rows.length);
      let last: unknown;
      let number = 0;
      for (let i = 0; i < rows.length; i += 1) {
        const value = read(rows[i] as PolicyRow);
        if (value !== last) {
          number = numbering.of(value);
          last = value;
        }
        column[i] = number;
      }
      return column;
    });
  }

  /** Keeps the answer to an inquiry. */
  keep({ asked }: Inquiry, clean: CleanBits): void {
    for (const [j, { view, numbers }] of asked.entries()) {
      this.#entries += numbers.length;
      const { answers } = this.#remembered[j] as Remembered;
      for (const [i, number] of numbers.entries()) {
        const hits = view.codes.filter((code) => !hasBit(clean.get(code) ?? NONE, i));
        answers[number] = hits.length === 0 ? CLEAN : hits;
      }
    }
  }

  /** Codes that hit row i of an inquiry that was answered, in the order of the views. */
  codesOf({ numbers }: Inquiry, i: number): readonly string[] {
    const views = this.#remembered;
    let codes = CLEAN;
    for (let j = 0; j < views.length; j += 1) {
      const answered = (views[j] as Remembered).answers[numbers[i * views.length + j] as number];
      if (typeof answered !== 'object') throw new Error('a row is judged before its views are answered');
      if (answered.length > 0) codes = codes.length === 0 ? answered : [...codes, ...answered];
    }
    return codes;
  }
}

const NONE = new Uint8Array(0);

function numberOf({ at, pairs }: Remembered, columns: readonly Int32Array[], i: number): number {
  let number = columns[at[0] as number]?.[i] as number;
  for (let k = 0; k < pairs.length; k += 1)
    number = (pairs[k] as PairNumbering).of(number, columns[at[k + 1] as number]?.[i] as number);
  return number;
}
