// When the budget of an account's period runs out, at the pace so far: two paces, each stated, and the earlier end of the two.
// Invariant: whole numbers from end to end (BigInt on the way); no pace, no date, and then a reason instead. Called by accounts.ts.

import type { AccountPeriod, Instant } from '../../scheduler/index.ts';

/*
 * committed = reserved + spent                 what the budget does not have any more
 * period:    pace = committed / (at - start of the period)
 * lastDay:   pace = (reserved - refunded, of the last 24 h) / 24 h, or of the period where it is younger
 * runs out at  at + (budget - committed) / pace,  where that lies before the period's end
 * projected    committed + pace x (end - at), rounded up
 */

const DAY_MS = 86_400_000;

export type NoRunOut = 'budgetLasts' | 'nothingBurnt' | 'nothingElapsed' | 'noCurrentPeriod';

export interface ForecastInput {
  readonly period: AccountPeriod;
  readonly reserved: number;
  readonly spent: number;
  /** Committed since `lastDayFrom`: reserved less refunded. */
  readonly committedLastDay: number;
  readonly at: Instant;
}

export interface MethodForecast {
  readonly method: 'period' | 'lastDay';
  readonly from: Instant;
  readonly to: Instant;
  /** Below nothing where more was given back than taken. */
  readonly burnt: number;
  readonly burntPerDay: number;
  readonly projectedSpend: number;
  readonly runsOutAt: Instant | null;
  readonly reason: NoRunOut | null;
}

export interface Forecast {
  readonly runsOutAt: Instant | null;
  readonly reason: NoRunOut | null;
  readonly projectedSpend: number;
  readonly methods: readonly MethodForecast[];
}

export function currentPeriod(periods: readonly AccountPeriod[], at: Instant): AccountPeriod | null {
  return periods.find(({ startsAt, endsAt }) => startsAt <= at && at < endsAt) ?? null;
}

/** Where the last day begins: not before the period, whose budget knows nothing of what came before. */
export function lastDayFrom(period: AccountPeriod, at: Instant): Instant {
  return Math.max(period.startsAt, at - DAY_MS);
}

export function forecastOf(input: ForecastInput): Forecast {
  const { period, reserved, spent, committedLastDay, at } = input;
  const methods = [
    paced(input, { method: 'period', from: period.startsAt, burnt: reserved + spent }),
    paced(input, { method: 'lastDay', from: lastDayFrom(period, at), burnt: committedLastDay }),
  ];
  const [first, second] = methods as [MethodForecast, MethodForecast];
  const ends = methods.flatMap(({ runsOutAt }) => runsOutAt ?? []);
  const projectedSpend = Math.max(first.projectedSpend, second.projectedSpend);
  if (ends.length > 0) return { runsOutAt: Math.min(...ends), reason: null, projectedSpend, methods };
  const reason =
    [first.reason, second.reason].find((each) => each === 'budgetLasts') ?? first.reason ?? second.reason;
  return { runsOutAt: null, reason, projectedSpend, methods };
}

interface Pace {
  readonly method: MethodForecast['method'];
  readonly from: Instant;
  readonly burnt: number;
}

function paced(
  { period, reserved, spent, at }: ForecastInput,
  { method, from, burnt }: Pace,
): MethodForecast {
  const committed = reserved + spent;
  const elapsedMs = at - from;
  const stated = { method, from, to: at, burnt };
  // Nothing is left: that is no matter of pace.
  if (committed >= period.budget && committed > 0) {
    const pace =
      elapsedMs > 0 && burnt > 0 ? paceOf(burnt, elapsedMs, { committed, leftMs: period.endsAt - at }) : null;
    return {
      ...stated,
      burntPerDay: pace?.burntPerDay ?? 0,
      projectedSpend: pace?.projectedSpend ?? committed,
      runsOutAt: at,
      reason: null,
    };
  }
  const still = { ...stated, burntPerDay: 0, projectedSpend: committed, runsOutAt: null };
  if (elapsedMs <= 0) return { ...still, reason: 'nothingElapsed' };
  if (burnt <= 0) return { ...still, reason: 'nothingBurnt' };
  const pace = paceOf(burnt, elapsedMs, { committed, leftMs: period.endsAt - at });
  const lastsMs = (BigInt(period.budget - committed) * BigInt(elapsedMs)) / BigInt(burnt);
  const runsOut = BigInt(at) + lastsMs;
  return runsOut < BigInt(period.endsAt)
    ? { ...stated, ...pace, runsOutAt: Number(runsOut), reason: null }
    : { ...stated, ...pace, runsOutAt: null, reason: 'budgetLasts' };
}

function paceOf(
  burnt: number,
  elapsedMs: number,
  { committed, leftMs }: { committed: number; leftMs: number },
): { burntPerDay: number; projectedSpend: number } {
  const elapsed = BigInt(elapsedMs);
  const ahead = (BigInt(burnt) * BigInt(leftMs) + elapsed - 1n) / elapsed;
  return {
    burntPerDay: bounded((BigInt(burnt) * BigInt(DAY_MS)) / elapsed),
    projectedSpend: bounded(BigInt(committed) + ahead),
  };
}

/** A pace measured over a millisecond may pass what a number holds exactly: then the greatest amount there is. */
function bounded(amount: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(amount < most ? amount : most);
}
