// Work that waits its turn: one at a time, a bounded number in line. Invariant: beyond the bound nothing is taken on. Made by dryRuns.ts and offering.ts.

export class BoundedLine {
  readonly #most: number;
  #asked = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(most: number) {
    this.#most = most;
  }

  /** Null when the line is full. */
  ask<Answer>(work: () => Promise<Answer>): Promise<Answer> | null {
    if (this.#asked >= this.#most) return null;
    this.#asked += 1;
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine.finally(() => {
      this.#asked -= 1;
    });
  }

  /** Resolves when all that was taken on is done. */
  async settled(): Promise<void> {
    await this.#turn;
  }
}
