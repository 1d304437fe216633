// Verdicts that were given before, by row. Valid for one policy over one version of the data: who changes either, clears it.
// Invariants: bounded; only what a checked answer decided is kept, never what an error or a deadline denied. Called by slot.ts.
import type { Recall } from './batch.ts';
import { keyOf } from './rows.ts';
import type { PolicyRow, Verdict } from './verdict.ts';

/** Twice so many at most; a key is about 150 bytes, so 10 MB. */
const GENERATION_MAX = 20_000;

export class VerdictCache implements Recall {
  readonly #generationMax: number;
  #young = new Map<string, Verdict>();
  #old = new Map<string, Verdict>();
  #hits = 0;
  #misses = 0;

  constructor(generationMax: number = GENERATION_MAX) {
    this.#generationMax = generationMax;
  }

  get counts(): { readonly hits: number; readonly misses: number; readonly entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#young.size + this.#old.size };
  }

  find(row: PolicyRow): Verdict | undefined {
    const key = keyOf(row);
    const young = this.#young.get(key);
    const found = young ?? this.#old.get(key);
    if (found === undefined) {
      this.#misses += 1;
      return undefined;
    }
    this.#hits += 1;
    if (young === undefined) this.#add(key, found);
    return found;
  }

  keep(row: PolicyRow, verdict: Verdict): void {
    this.#add(keyOf(row), verdict);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  /** Two generations in place of a list by use: what was not asked for while one filled up is dropped whole. */
  #add(key: string, verdict: Verdict): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, verdict);
  }
}
