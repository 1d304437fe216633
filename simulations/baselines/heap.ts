// A binary heap of (time, number): what happens next in virtual time. Invariant: equal times come out in the order of their numbers.
// Called by engine.ts.

export class EventHeap {
  readonly #times: number[] = [];
  readonly #numbers: number[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** Of the earliest; infinity when there is none. */
  get nextAt(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  push(time: number, number: number): void {
    const times = this.#times;
    const numbers = this.#numbers;
    let at = times.length;
    times.push(time);
    numbers.push(number);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(time, number, times[parent]!, numbers[parent]!)) break;
      times[at] = times[parent]!;
      numbers[at] = numbers[parent]!;
      at = parent;
    }
    times[at] = time;
    numbers[at] = number;
  }

  /** The number of the earliest. Throws when there is none. */
  pop(): number {
    const times = this.#times;
    const numbers = this.#numbers;
    const first = numbers[0];
    const time = times.pop();
    const number = numbers.pop();
    if (first === undefined || time === undefined || number === undefined) throw new Error('nothing is left');
    if (times.length > 0) this.#sink(time, number);
    return first;
  }

  #sink(time: number, number: number): void {
    const times = this.#times;
    const numbers = this.#numbers;
    const count = times.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      const right = child + 1;
      if (right < count && isBefore(times[right]!, numbers[right]!, times[child]!, numbers[child]!))
        child = right;
      if (!isBefore(times[child]!, numbers[child]!, time, number)) break;
      times[at] = times[child]!;
      numbers[at] = numbers[child]!;
      at = child;
    }
    times[at] = time;
    numbers[at] = number;
  }
}

function isBefore(time: number, number: number, otherTime: number, otherNumber: number): boolean {
  return time < otherTime || (time === otherTime && number < otherNumber);
}
