// How wrong earlier estimates were, by class and pool: what the next ones are corrected by, and how often they held.
// Invariant: an estimate counts once, when its request starts. Called by estimates.ts.

import type { Instant } from '../domain/quantity.ts';
import { Quantiles, scaled } from './quantiles.ts';

export interface Interval {
  readonly p10: Instant;
  readonly p50: Instant;
  readonly p90: Instant;
}

/** Of the estimates that came true or did not: how many starts lay within p10 and p90. */
export interface Coverage {
  readonly covered: number;
  readonly of: number;
}

/** Fewer errors correct nothing. */
const OBSERVED_LEAST = 16;
/** Coverage is told of about so many of the newest. */
const COVERAGE_OF = 256;
/** Below a second an estimate is as good as now: a ratio of it would say nothing. */
const WAIT_LEAST_MS = 1000;

interface Book {
  readonly errors: Quantiles;
  covered: number;
  of: number;
}

export class Errors {
  readonly #books = new Map<string, Book>();

  /** Every interval is corrected by some of them. */
  get areKnown(): boolean {
    return (this.#books.get('')?.errors.total ?? 0) >= OBSERVED_LEAST;
  }

  /** What was said at `at` of a start that came at `startedAt`. `uncorrected`: the median before any correction. */
  note(
    key: { class: string; pool: string },
    said: { at: Instant; uncorrected: Instant; interval: Interval },
    startedAt: Instant,
  ): void {
    const { at, uncorrected, interval } = said;
    const wait = Math.max(WAIT_LEAST_MS, uncorrected - at);
    const error = Math.floor((Math.max(0, startedAt - at) * 1000) / wait);
    const isCovered = interval.p10 <= startedAt && startedAt <= interval.p90;
    for (const name of namesOf(key)) {
      const book = this.#books.get(name) ?? { errors: new Quantiles(), covered: 0, of: 0 };
      this.#books.set(name, book);
      book.errors.add(error);
      book.of += 1;
      if (isCovered) book.covered += 1;
      if (book.of <= COVERAGE_OF) continue;
      book.of >>= 1;
      book.covered >>= 1;
    }
  }

  /** The interval about a median by what such medians were worth, or as it was given while too little is known. */
  corrected(key: { class: string; pool: string }, at: Instant, given: Interval): Interval {
    const book = this.#bookOf(key);
    if (book === null) return given;
    const wait = Math.max(WAIT_LEAST_MS, given.p50 - at);
    const [low, middle, high] = [book.errors.below(10), book.errors.above(50), book.errors.above(90)];
    return { p10: at + scaled(wait, low!), p50: at + scaled(wait, middle!), p90: at + scaled(wait, high!) };
  }

  /** Null before there is enough to tell. */
  coverage(key: { class: string; pool: string }): Coverage | null {
    const book = this.#bookOf(key);
    return book === null ? null : { covered: book.covered, of: book.of };
  }

  /** The most particular book that knows enough. */
  #bookOf(key: { class: string; pool: string }): Book | null {
    for (const name of namesOf(key)) {
      const book = this.#books.get(name);
      if (book !== undefined && book.errors.total >= OBSERVED_LEAST) return book;
    }
    return null;
  }
}

function namesOf(key: { class: string; pool: string }): readonly string[] {
  return [`${key.class}/${key.pool}`, key.class, ''];
}
