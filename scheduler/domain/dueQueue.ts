// What is due when: a binary heap that knows where each key stands, so that an instant can be moved and a key taken out.
// Invariant: every key once; the first is one of the earliest. Called by leaseIndex.ts.

import type { Instant } from './quantity.ts';

export class DueQueue<K> {
  readonly #keys: K[] = [];
  readonly #at: Instant[] = [];
  readonly #places = new Map<K, number>();

  get size(): number {
    return this.#keys.length;
  }

  /** The earliest instant; undefined: nothing is due ever. */
  get firstAt(): Instant | undefined {
    return this.#at[0];
  }

  /** One that is due at `now`. */
  firstBy(now: Instant): K | undefined {
    return this.#at[0] !== undefined && this.#at[0] <= now ? this.#keys[0] : undefined;
  }

  /** Adds the key, or moves it to another instant. */
  set(key: K, at: Instant): void {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#keys.length;
      this.#put(place, key, at);
    } else this.#at[place] = at;
    this.#down(this.#up(place));
  }

  delete(key: K): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    const lastKey = this.#keys.pop()!;
    const lastAt = this.#at.pop()!;
    if (place < this.#keys.length) {
      this.#put(place, lastKey, lastAt);
      this.#down(this.#up(place));
    }
    return true;
  }

  #put(place: number, key: K, at: Instant): void {
    this.#keys[place] = key;
    this.#at[place] = at;
    this.#places.set(key, place);
  }

  #up(from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#at[above]! <= this.#at[place]!) break;
      this.#swap(above, place);
      place = above;
    }
    return place;
  }

  #down(from: number): void {
    const { length } = this.#keys;
    let place = from;
    for (;;) {
      let least = 2 * place + 1;
      if (least >= length) return;
      if (least + 1 < length && this.#at[least + 1]! < this.#at[least]!) least++;
      if (this.#at[place]! <= this.#at[least]!) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #swap(a: number, b: number): void {
    const [key, at] = [this.#keys[a]!, this.#at[a]!];
    this.#put(a, this.#keys[b]!, this.#at[b]!);
    this.#put(b, key, at);
  }
}
