// What each rule answered before, by the fields that it reads: a row is asked only as far as no row was like it.
// Valid for one policy over one version of the data: who changes either, makes another. Called by batch.ts; held by slot.ts.
// Invariants: bounded; only what a checked answer said is kept, never what an error or a deadline denied.
import { hasBit } from './echo.ts';
import { Numbering, PairNumbering } from './numbering.ts';
import { columnsOf } from './rows.ts';
import type { PolicyRow } from './verdict.ts';
import type { CleanBits, View, ViewRows } from './views.ts';

// Different values and pairs of them, about 50 bytes each. 2,000 rows that are like none before add about 15,000.
const NUMBERED_MAX = 100_000;
// Different sets of codes that hit a row of a view. The default policies have about 20; a hostile one has as many as it is asked rows.
const HIT_SETS_MAX = 10_000;
const CLEAN: readonly string[] = [];
/** Answers of a view: above 0 the set of codes that hit, below 0 the inquiry that asks, negated. */
const [UNKNOWN, IS_CLEAN] = [0, 1];
const FIRST_ANSWERS = 16;

interface Remembered {
  readonly view: View;
  /** Places of its fields among all fields. */
  readonly at: readonly number[];
  /** One for each field after the first. */
  readonly pairs: readonly PairNumbering[];
  /** By the number of a row of the view. */
  answers: Int32Array;
  /** Of the answers, those that are known. */
  known: number;
}

/** Some rows of a batch, and what of them must be asked. */
export interface Inquiry {
  /** Of each view, in the order of the views, the number of each row. */
  readonly numbers: readonly Int32Array[];
  /** One a view, in the order of the views; empty where all is known. */
  readonly asked: readonly (ViewRows & { readonly numbers: readonly number[] })[];
}

export class ViewMemo {
  readonly #fields: readonly (keyof PolicyRow)[];
  readonly #numberedMax: number;
  readonly #numberings: readonly Numbering[];
  readonly #remembered: readonly Remembered[];
  #hitSets: (readonly string[])[] = [CLEAN, CLEAN];
  #hitSetOf = new Map<string, number>();
  #inquiries = 0;
  #hits = 0;
  #misses = 0;

  constructor(views: readonly View[], numberedMax: number = NUMBERED_MAX) {
    this.#fields = [...new Set(views.flatMap(({ fields }) => fields))];
    this.#numberedMax = numberedMax;
    this.#numberings = this.#fields.map(() => new Numbering());
    this.#remembered = views.map((view) => {
      const at = view.fields.map((field) => this.#fields.indexOf(field));
      return {
        view,
        at,
        pairs: at.slice(1).map(() => new PairNumbering()),
        answers: new Int32Array(FIRST_ANSWERS),
        known: 0,
      };
    });
  }

  /** Rows that nothing had to be asked about, the others, and the answers that are held, one for each different row of a view. */
  get counts(): { readonly hits: number; readonly misses: number; readonly entries: number } {
    const entries = this.#remembered.reduce((sum, { known }) => sum + known, 0);
    return { hits: this.#hits, misses: this.#misses, entries };
  }

  clear(): void {
    this.#hitSets = [CLEAN, CLEAN];
    this.#hitSetOf = new Map();
    for (const numbering of this.#numberings) numbering.clear();
    for (const remembered of this.#remembered) forget(remembered);
  }

  /**
   * Forgets what holds most until what is held is within the bound; not while an inquiry is open. What holds most is what comes anew with
   * each batch, a duration or a price: the rest stays, so that no later batch begins from nothing.
   */
  prune(): void {
    if (this.#hitSets.length > HIT_SETS_MAX) this.clear();
    for (;;) {
      const fields = this.#numberings.map(({ size }) => size);
      const views = this.#remembered.map(({ pairs }) => pairs.reduce((sum, { size }) => sum + size, 0));
      const held = [...fields, ...views].reduce((sum, size) => sum + size, 0);
      if (held <= this.#numberedMax) return;
      const most = Math.max(...fields, ...views);
      const field = fields.indexOf(most);
      this.#numberings[field]?.clear();
      // The numbers of its values are given anew, so that what views hold by them is void.
      for (const [j, remembered] of this.#remembered.entries())
        if (field >= 0 ? remembered.at.includes(field) : views[j] === most) forget(remembered);
    }
  }

  /** Only for rows without a fault. What was asked before and not answered is asked again. */
  inquire(rows: readonly PolicyRow[]): Inquiry {
    this.#inquiries += 1;
    const values = columnsOf(rows);
    const columns = this.#fields.map((field, f) => (this.#numberings[f] as Numbering).of(values[field]));
    const isNew = new Uint8Array(rows.length);
    const numbers: Int32Array[] = [];
    const asked = this.#remembered.map((remembered) => {
      const column = numbersOf(remembered, columns);
      numbers.push(column);
      return { view: remembered.view, ...this.#unknown(remembered, { rows, column, isNew }) };
    });
    const misses = isNew.reduce((sum, one) => sum + one, 0);
    this.#misses += misses;
    this.#hits += rows.length - misses;
    return { numbers, asked };
  }

  /** The first row of each number that has no answer yet. */
  #unknown(
    remembered: Remembered,
    of: { readonly rows: readonly PolicyRow[]; readonly column: Int32Array; readonly isNew: Uint8Array },
  ): { rows: PolicyRow[]; numbers: number[] } {
    const { rows, column, isNew } = of;
    const asking = -this.#inquiries;
    const some: PolicyRow[] = [];
    const numbers: number[] = [];
    let { answers } = remembered;
    for (let i = 0; i < column.length; i += 1) {
      const number = column[i] as number;
      if (number >= answers.length) answers = grown(answers, number);
      const answer = answers[number] as number;
      if (answer > UNKNOWN) continue;
      isNew[i] = 1;
      if (answer === asking) continue;
      answers[number] = asking;
      some.push(rows[i] as PolicyRow);
      numbers.push(number);
    }
    remembered.answers = answers;
    return { rows: some, numbers };
  }

  /** Keeps the answer to an inquiry. */
  keep({ asked }: Inquiry, clean: CleanBits): void {
    for (const [j, { view, numbers }] of asked.entries()) {
      const remembered = this.#remembered[j] as Remembered;
      const { answers } = remembered;
      const bits = view.codes.map((code) => clean.get(code) ?? NONE);
      for (let i = 0; i < numbers.length; i += 1) {
        const number = numbers[i] as number;
        if ((answers[number] as number) <= UNKNOWN) remembered.known += 1;
        answers[number] = bits.every((one) => hasBit(one, i))
          ? IS_CLEAN
          : this.#hitSet(view.codes.filter((_, c) => !hasBit(bits[c] as Uint8Array, i)));
      }
    }
  }

  #hitSet(codes: readonly string[]): number {
    const key = codes.join(' ');
    let known = this.#hitSetOf.get(key);
    if (known === undefined) {
      known = this.#hitSets.push(codes) - 1;
      this.#hitSetOf.set(key, known);
    }
    return known;
  }

  /** Codes that hit row i of an inquiry that was answered, in the order of the views. */
  codesOf({ numbers }: Inquiry, i: number): readonly string[] {
    let codes = CLEAN;
    for (let j = 0; j < numbers.length; j += 1) {
      const number = (numbers[j] as Int32Array)[i] as number;
      const answer = (this.#remembered[j] as Remembered).answers[number] as number;
      if (answer === IS_CLEAN) continue;
      if (!(answer > UNKNOWN)) throw new Error('a row is judged before its views are answered');
      const hits = this.#hitSets[answer] as readonly string[];
      codes = codes.length === 0 ? hits : [...codes, ...hits];
    }
    return codes;
  }
}

const NONE = new Uint8Array(0);

function forget(remembered: Remembered): void {
  for (const pair of remembered.pairs) pair.clear();
  remembered.answers.fill(UNKNOWN);
  remembered.known = 0;
}

function numbersOf({ at, pairs }: Remembered, columns: readonly Int32Array[]): Int32Array {
  const first = columns[at[0] as number] as Int32Array;
  if (pairs.length === 0) return first;
  const numbers = first.slice();
  for (const [k, pair] of pairs.entries()) pair.fold(numbers, columns[at[k + 1] as number] as Int32Array);
  return numbers;
}

function grown(answers: Int32Array, number: number): Int32Array {
  let length = answers.length;
  while (length <= number) length *= 2;
  const larger = new Int32Array(length);
  larger.set(answers);
  return larger;
}
