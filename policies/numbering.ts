// Numbers for values and for pairs of numbers: what makes rows alike without building a text for each. Called by viewMemo.ts.
// Invariant: the same value has the same number, and different ones have different numbers, whatever characters they are made of.
import type { JsonValue } from './verdict.ts';

/** Values of one field of a row without a fault: all of one type. Numbers count up from 0. */
export class Numbering {
  readonly #ofValues = new Map<unknown, number>();
  readonly #ofOthers = new Map<string, number>();

  get size(): number {
    return this.#ofValues.size + this.#ofOthers.size;
  }

  of(value: JsonValue): number {
    if (typeof value !== 'object' || value === null) return this.#number(this.#ofValues, value);
    // A list of one text, which most are, is numbered by it; other lists and the maps apart from those, by a text of their own.
    if (Array.isArray(value))
      return value.length === 1
        ? this.#number(this.#ofValues, value[0])
        : this.#number(this.#ofOthers, listText(value as readonly string[]));
    return this.#number(this.#ofOthers, mapText(value as Readonly<Record<string, number>>));
  }

  #number<Key>(map: Map<Key, number>, key: Key): number {
    const known = map.get(key);
    if (known !== undefined) return known;
    const next = this.size;
    map.set(key, next);
    return next;
  }
}

// Each text carries its length, so that no choice of characters makes two lists one.
function listText(list: readonly string[]): string {
  let text = '';
  for (const one of list) text += `${one.length}:${one}`;
  return text;
}

function mapText(map: Readonly<Record<string, number>>): string {
  let text = '';
  for (const key in map) text += `${key.length}:${key}${map[key]} `;
  return text;
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
    for (const [old, key] of keys.entries()) {
      if (key === -1) continue;
      const a = Math.floor(key / 2 ** 26);
      const at = this.#placeOf(key, a, key - a * 2 ** 26);
      this.#keys[at] = key;
      this.#numbers[at] = numbers[old] as number;
    }
  }
}
