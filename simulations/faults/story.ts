// What happened in one run, line by line: as a digest always, as text for people when asked for.
// Invariant: two runs of one seed have one digest. Called by every part of a simulated cluster.

import type { Loop } from '../world/loop.ts';

/** FNV-1a on two lanes of 32 bits: tells histories apart at a thousandth of what SHA-256 costs. */
const PRIME = 0x01000193;

export class Story {
  readonly lines: string[] = [];
  readonly #loop: Loop;
  readonly #isKept: boolean;
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  constructor(loop: Loop, isKept: boolean) {
    this.#loop = loop;
    this.#isKept = isKept;
  }

  tell(who: string, what: string): void {
    const line = `${this.#loop.elapsedUs} ${who}: ${what}`;
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, PRIME);
      this.#high = Math.imul(this.#high ^ code ^ (this.#low >>> 16), PRIME);
    }
    if (this.#isKept) this.lines.push(`${seconds(this.#loop.elapsedUs)} ${who.padEnd(12)} ${what}`);
  }

  digest(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(6).padStart(11)} s`;
}
