// Numbers for values, lists and pairs of numbers: what makes rows alike without building a text for each. Called by viewMemo.ts.
// Invariant: the same value has the same number, and different ones have different numbers, whatever characters they are made of.
import type { JsonValue } from './verdict.ts';

/** Values of one field of rows without a fault: all of one type. Numbers count up from 0. */
export class Numbering {
  readonly #texts = new TextNumbering();
  /** Apart from the texts: a Map of 100,000 numbers is copied for milliseconds whenever it grows. */
  readonly #wholes = new PairNumbering();
  /** What lists and maps are made of, and the number of each beginning with what follows it. */
  readonly #folded = new PairNumbering();

  get size(): number {
    return this.#texts.size + this.#wholes.size + this.#folded.size;
  }

  /** The number of each value. */
  of(values: readonly JsonValue[]): Int32Array {
    // A function for each type: one that meets them all is several times slower.
    const [first = 0] = values;
    if (typeof first === 'number') return numberWholes(values as readonly number[], this.#wholes);
    if (typeof first !== 'object') return numberTexts(values as readonly (string | boolean)[], this.#texts);
    const parts = { texts: this.#texts, wholes: this.#wholes, folded: this.#folded };
    if (Array.isArray(first)) return numberLists(values as readonly (readonly string[])[], parts);
    return numberMaps(values as readonly Readonly<Record<string, number>>[], parts);
  }
}

interface Parts {
  readonly texts: TextNumbering;
  readonly wholes: PairNumbering;
  readonly folded: PairNumbering;
}

function numberWholes(values: readonly number[], wholes: PairNumbering): Int32Array {
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i += 1) numbers[i] = wholes.ofWhole(values[i] as number);
  return numbers;
}

/** Neighbours often have the same text. */
function numberTexts(values: readonly (string | boolean)[], texts: TextNumbering): Int32Array {
  const numbers = new Int32Array(values.length);
  let last: string | boolean | undefined;
  let number = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as string | boolean;
    if (value !== last) number = texts.of(value);
    last = value;
    numbers[i] = number;
  }
  return numbers;
}

function numberLists(values: readonly (readonly string[])[], { texts, folded }: Parts): Int32Array {
  const numbers = new Int32Array(values.length);
  let last: readonly string[] = [];
  let number = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as readonly string[];
    if (!isSameList(value, last)) {
      number = 0;
      // Plus one: 0 is the beginning that nothing comes before.
      for (const one of value) number = folded.of(number, texts.of(one)) + 1;
      last = value;
    }
    numbers[i] = number;
  }
  return numbers;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

function numberMaps(
  values: readonly Readonly<Record<string, number>>[],
  { texts, wholes, folded }: Parts,
): Int32Array {
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as Readonly<Record<string, number>>;
    let number = 0;
    for (const key in value) {
      number = folded.of(number, texts.of(key)) + 1;
      number = folded.of(number, wholes.ofWhole(value[key] as number)) + 1;
    }
    numbers[i] = number;
  }
  return numbers;
}

class TextNumbering {
  readonly #numbers = new Map<unknown, number>();

  get size(): number {
    return this.#numbers.size;
  }

  of(value: string | boolean): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const next = this.#numbers.size;
    this.#numbers.set(value, next);
    return next;
  }
}

// A prime near 2^32 over the golden ratio: neighbouring numbers end up far apart.
const SPREAD = 0x9e3779b1;
// Small, since one row alone has a table for each pair of fields too.
const FIRST_PLACES = 16;
/** A place in a table: the pair, its number plus one, which is 0 where the place is free, and one that is not used. */
const WIDTH = 4;
const SECOND = 1;
const NUMBER = 2;
const LOW = 2 ** 26;

/** Numbers for pairs of whole numbers below 2^27, counting up from 0: open addressing, at most half full. */
export class PairNumbering {
  // 32-bit integers, and one table: with keys of 64 bits in tables of their own a pair took five times as long.
  #table = new Int32Array(FIRST_PLACES * WIDTH);
  #mask = FIRST_PLACES - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  of(first: number, second: number): number {
    const at = this.#placeOf(first, second);
    const number = this.#table[at + NUMBER] as number;
    return number === 0 ? this.#add(first, second) : number - 1;
  }

  /** Of a whole number from 0 to 2^53 - 1. */
  ofWhole(value: number): number {
    const high = Math.floor(value / LOW);
    return this.of(high, value - high * LOW);
  }

  /** Each of `numbers` becomes the number of its pair with the one of `others`; neighbours are often alike. */
  fold(numbers: Int32Array, others: Int32Array): void {
    let [first, second, number] = [-1, -1, 0];
    for (let i = 0; i < numbers.length; i += 1) {
      if (numbers[i] !== first || others[i] !== second) {
        first = numbers[i] as number;
        second = others[i] as number;
        number = this.of(first, second);
      }
      numbers[i] = number;
    }
  }

  #add(first: number, second: number): number {
    if (this.#size * 2 > this.#mask) this.#grow();
    this.#put(first, second, this.#size);
    this.#size += 1;
    return this.#size - 1;
  }

  #put(first: number, second: number, number: number): void {
    const at = this.#placeOf(first, second);
    this.#table[at] = first;
    this.#table[at + SECOND] = second;
    this.#table[at + NUMBER] = number + 1;
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += WIDTH) {
      const number = old[at + NUMBER] as number;
      if (number !== 0) this.#put(old[at] as number, old[at + SECOND] as number, number - 1);
    }
  }

  /** Where the pair stands in the table, or would. */
  #placeOf(first: number, second: number): number {
    const table = this.#table;
    const mask = this.#mask;
    const mixed = Math.imul(Math.imul(first, SPREAD) ^ second, SPREAD);
    let place = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const at = place * WIDTH;
      if (table[at + NUMBER] === 0 || (table[at] === first && table[at + SECOND] === second)) return at;
      place = (place + 1) & mask;
    }
  }
}
