// Token buckets in this process: what limits calls where nothing is shared between processes. A shared one may stand behind the same port.
// Invariant: a call takes from all of its buckets or from none; amounts are whole thousandths, so that no rounding gathers.

import type { RateBucket, RateLimiter, RateOutcome, RateStanding } from '../../api/ports.ts';
import type { Instant } from '../../scheduler/index.ts';

/** One token a second is one thousandth a millisecond. */
const THOUSANDTHS = 1000;
/** Callers are those of the organisation; past this many, buckets that have filled up again are forgotten: they say nothing. */
const BUCKETS_MAX = 20_000;

interface Filling {
  /** Thousandths of a token, as of `at`. */
  level: number;
  at: Instant;
}

export class BucketRateLimiter implements RateLimiter {
  readonly #now: () => Instant;
  readonly #fillings = new Map<string, Filling>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  async take(buckets: readonly RateBucket[], tokens: number): Promise<RateOutcome> {
    const now = this.#now();
    if (this.#fillings.size > BUCKETS_MAX) this.#forgetFull(buckets, now);
    const fillings = buckets.map((bucket) => this.#fill(bucket, now));
    // More than a bucket holds takes all of it: such a call must be possible now and then.
    const prices = buckets.map((bucket) => priceOf(bucket, tokens));
    const isTaken = fillings.every(({ level }, i) => level >= (prices[i] ?? 0));
    if (isTaken) for (const [i, filling] of fillings.entries()) filling.level -= prices[i] ?? 0;
    return outcomeOf(buckets, { tokens, levels: fillings.map(({ level }) => level), isTaken });
  }

  #fill({ key, perSecond, burst }: RateBucket, now: Instant): Filling {
    const filling = this.#fillings.get(key);
    if (filling === undefined) {
      const full = { level: burst * THOUSANDTHS, at: now };
      this.#fillings.set(key, full);
      return full;
    }
    // A clock that goes back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, now - filling.at);
    filling.level = Math.min(burst * THOUSANDTHS, filling.level + elapsedMs * perSecond);
    filling.at = now;
    return filling;
  }

  #forgetFull([bucket]: readonly RateBucket[], now: Instant): void {
    const fullAfterMs = bucket === undefined ? 0 : (bucket.burst / bucket.perSecond) * 1000;
    for (const [key, { at }] of this.#fillings) if (now - at > fullAfterMs) this.#fillings.delete(key);
  }
}

/**
 * The answer to a call, from the levels that it left, in thousandths. Shared by every limiter, so that all of them say the same.
 * A bucket that was short is the first whose level is below the price.
 */
export function outcomeOf(
  buckets: readonly RateBucket[],
  {
    tokens,
    levels,
    isTaken,
  }: { readonly tokens: number; readonly levels: readonly number[]; readonly isTaken: boolean },
): RateOutcome {
  const standings = buckets.map((bucket, i) => standingOf(bucket, levels[i] ?? 0));
  if (isTaken) return { type: 'taken', standings };
  const lacking = buckets.map((bucket, i) => Math.max(0, priceOf(bucket, tokens) - (levels[i] ?? 0)));
  const waits = buckets.map(({ perSecond }, i) => Math.ceil((lacking[i] ?? 0) / (perSecond * THOUSANDTHS)));
  const short = buckets[lacking.findIndex((lack) => lack > 0)];
  return {
    type: 'refused',
    bucket: short?.name ?? '',
    retryAfterSeconds: Math.max(...waits),
    standings,
  };
}

function priceOf({ burst }: RateBucket, tokens: number): number {
  return Math.min(tokens, burst) * THOUSANDTHS;
}

function standingOf({ name, perSecond, burst }: RateBucket, level: number): RateStanding {
  const fullInSeconds = Math.ceil((burst * THOUSANDTHS - level) / (perSecond * THOUSANDTHS));
  return { name, remaining: Math.floor(level / THOUSANDTHS), fullInSeconds };
}
