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

  clear(): void {
    this.#texts.clear();
    this.#wholes.clear();
    this.#folded.clear();
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
  // As a rule rows name the same keys in the same order: the key that stood here last is looked at first.
  const keys: string[] = [];
  const keyNumbers: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as Readonly<Record<string, number>>;
    let number = 0;
    let at = 0;
    for (const key in value) {
      if (keys[at] !== key) {
        keys[at] = key;
        keyNumbers[at] = texts.of(key);
      }
      number = folded.of(number, keyNumbers[at] as number) + 1;
      number = folded.of(number, wholes.ofWhole(value[key] as number)) + 1;
      at += 1;
    }
    numbers[i] = number;
  }
  return numbers;
}

class TextNumbering {
  readonly #numbers = new Map<unknown, number>();

  clear(): void {
    this.#numbers.clear();
  }

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
// Half a megabyte a table, of which there are about thirty.
const KEPT_PLACES = 2 ** 16;
/** Numbers below it are small: 64 KiB a table. */
const NEAR = 128;
const LOW = 2 ** 26;

/** Numbers for pairs of whole numbers below 2^27, counting up from 0: open addressing, at most half full. */
export class PairNumbering {
  // What is put where it falls is only a number, four bytes, and the pairs lie in the order of their numbers: most pairs of a batch are
  // new, and in a table of whole pairs each took a miss of the cache, again whenever the table grew.
  /** By place: the number plus one, which is 0 where the place is free. */
  #places = new Int32Array(FIRST_PLACES);
  /** By number: the two of the pair. */
  #pairs = new Int32Array(FIRST_PLACES);
  /** Of pairs of two small numbers, by both: the number plus one. Most pairs that come again are such. Made once there are some pairs. */
  #near: Int32Array | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Forgets every pair. A table that is filled again as far is not made anew: half of the time was the machine's, for its pages. */
  clear(): void {
    this.#size = 0;
    this.#near?.fill(0);
    if (this.#places.length <= KEPT_PLACES) {
      this.#places.fill(0);
      return;
    }
    this.#places = new Int32Array(FIRST_PLACES);
    this.#pairs = new Int32Array(FIRST_PLACES);
  }

  of(first: number, second: number): number {
    const near = this.#near;
    if (near === undefined || (first | second) >= NEAR) return this.#find(first, second);
    const at = first * NEAR + second;
    const known = near[at] as number;
    if (known !== 0) return known - 1;
    const number = this.#find(first, second);
    near[at] = number + 1;
    return number;
  }

  #find(first: number, second: number): number {
    const places = this.#places;
    const pairs = this.#pairs;
    const mask = places.length - 1;
    let place = mixed(first, second) & mask;
    for (;;) {
      const number = (places[place] as number) - 1;
      if (number < 0) return this.#add(first, second, place);
      if (pairs[2 * number] === first && pairs[2 * number + 1] === second) return number;
      place = (place + 1) & mask;
    }
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

  #add(first: number, second: number, free: number): number {
    const number = this.#size;
    const isFull = 2 * number === this.#places.length;
    if (isFull) this.#grow();
    this.#pairs[2 * number] = first;
    this.#pairs[2 * number + 1] = second;
    this.#places[isFull ? freePlace(this.#places, first, second) : free] = number + 1;
    this.#size += 1;
    return number;
  }

  #grow(): void {
    this.#near ??= new Int32Array(NEAR * NEAR);
    const places = new Int32Array(this.#places.length * 2);
    const pairs = new Int32Array(places.length);
    pairs.set(this.#pairs);
    for (let number = 0; number < this.#size; number += 1) {
      const place = freePlace(places, pairs[2 * number] as number, pairs[2 * number + 1] as number);
      places[place] = number + 1;
    }
    this.#places = places;
    this.#pairs = pairs;
  }
}

function mixed(first: number, second: number): number {
  const product = Math.imul(Math.imul(first, SPREAD) ^ second, SPREAD);
  return product ^ (product >>> 15);
}

function freePlace(places: Int32Array, first: number, second: number): number {
  const mask = places.length - 1;
  let place = mixed(first, second) & mask;
  while (places[place] !== 0) place = (place + 1) & mask;
  return place;
}
