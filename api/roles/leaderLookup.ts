// Where the leader is, for a process that is not it: looked up in the directory, kept for a moment, forgotten when it does not answer.
// Invariant: an address that is wrong costs one call that is refused with Retry-After, never an answer of the wrong process. Called by the edge.

import type { LeaderAddress, LeaderDirectory } from '../ports.ts';

/** As long as an election takes at most without hints: beyond it the next caller looks again. */
const KEPT_MS = 250;

export interface LeaderLookupOptions {
  readonly directory: Pick<LeaderDirectory, 'find'>;
  readonly cell: string;
  readonly now: () => number;
}

export class LeaderLookup {
  readonly #options: LeaderLookupOptions;
  #found: Promise<LeaderAddress | null> | null = null;
  #foundAt = 0;

  constructor(options: LeaderLookupOptions) {
    this.#options = options;
  }

  /** Callers of one moment share one look. */
  readonly address = (): Promise<LeaderAddress | null> => {
    const { directory, cell, now } = this.#options;
    if (this.#found === null || now() - this.#foundAt >= KEPT_MS) {
      const looking = directory.find(cell);
      this.#found = looking;
      this.#foundAt = now();
      looking.then(
        (found) => found === null && this.#forget(looking),
        () => this.#forget(looking),
      );
    }
    return this.#found;
  };

  readonly forget = (): void => {
    this.#found = null;
  };

  #forget(look: Promise<LeaderAddress | null>): void {
    if (this.#found === look) this.#found = null;
  }
}
