// Numbers for values, lists and pairs of numbers: what makes rows alike without building a text for each. Called by viewMemo.ts.
// Invariant: the same value has the same number, and different ones have different numbers, whatever characters they are made of.
import type { JsonValue } from './verdict.ts';

/** Values of one field of a row without a fault: all of one type. Numbers count up from 0. */
export class Numbering {
  readonly #ofValues = new Map<unknown, number>();
  /** What lists and maps are made of, and the number of each beginning with what follows it. */
  readonly #folded = new PairNumbering();

  get size(): number {
    return this.#ofValues.size + this.#folded.size;
  }

  of(value: JsonValue): number {
    if (typeof value !== 'object' || value === null) return this.#scalar(value);
    let number = 0;
    // Plus one: 0 is the beginning that nothing comes before.
    if (Array.isArray(value))
      for (const one of value) number = this.#folded.of(number, this.#scalar(one)) + 1;
    else
      for (const key in value) {
        number = this.#folded.of(number, this.#scalar(key)) + 1;
        number = this.#folded.of(number, this.#scalar((value as Record<string, JsonValue>)[key] ?? null)) + 1;
      }
    return number;
  }

  #scalar(value: JsonValue): number {
    const known = this.#ofValues.get(value);
    if (known !== undefined) return known;
    const next = this.#ofValues.size;
    this.#ofValues.set(value, next);
    return next;
  }
}

// A prime near 2^32 over the golden ratio: neighbouring numbers end up far apart.
const SPREAD = 0x9e3779b1;
// Small, since one row alone has a table for each pair of fields too.
const FIRST_PLACES = 16;

/** Numbers for pairs of numbers below 2^26, counting up from 0: open addressing, at most half full. */
export class PairNumbering {
  #keys = new Float64Array(FIRST_PLACES).fill(-1);
  #numbers = new Int32Array(FIRST_PLACES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  of(a: number, b: number): number {
    const key = a * 2 ** 26 + b;
    let at = this.#placeOf(key, a, b);
    if (this.#keys[at] === key) return this.#numbers[at] as number;
    if (this.#size * 2 >= this.#keys.length) {
      this.#grow();
      at = this.#placeOf(key, a, b);
    }
    this.#keys[at] = key;
    this.#numbers[at] = this.#size;
    this.#size += 1;
    return this.#size - 1;
  }

  #placeOf(key: number, a: number, b: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    const mixed = Math.imul(Math.imul(a, SPREAD) ^ b, SPREAD);
    let at = (mixed ^ (mixed >>> 15)) & mask;
    while (keys[at] !== key && keys[at] !== -1) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keys, numbers] = [this.#keys, this.#numbers];
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#numbers = new Int32Array(keys.length * 2);
    for (let old = 0; old < keys.length; old += 1) {
      const key = keys[old] as number;
      if (key === -1) continue;
      const a = Math.floor(key / 2 ** 26);
      const at = this.#placeOf(key, a, key - a * 2 ** 26);
      this.#keys[at] = key;
      this.#numbers[at] = numbers[old] as number;
    }
  }
}
