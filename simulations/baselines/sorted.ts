// A list kept in order: binary search to find, a move of what lies behind to add and remove. Hundreds to ten thousands of items.
// Invariant: the order is strict, so that an item is found by its own key. Called by queue.ts and greedy.ts.

export class Sorted<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  at(index: number): T | undefined {
    return this.#items[index];
  }

  add(item: T): void {
    this.#items.splice(this.#place(item), 0, item);
  }

  removeAt(index: number): void {
    this.#items.splice(index, 1);
  }

  /** Throws when it is not there. */
  remove(item: T): void {
    const place = this.#place(item);
    if (this.#items[place] !== item) throw new Error('no such item');
    this.#items.splice(place, 1);
  }

  #place(item: T): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#items[middle]!, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
