// Decimal numbers as whole ones: 0.25 and 1.5 are 25 and 150 over 100. Invariant: exact in the digits that a double shows, or null.
// Called by program.ts and packing.ts.

/** 10^k, written out: a power of a variable is not the same on every engine. */
const TENS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

interface Digits {
  /** The number is mantissa / 10^decimals. */
  readonly mantissa: number;
  readonly decimals: number;
}

/** The least power of ten that makes all of them whole, and they scaled by it; null beyond nine decimals or 2^53. */
export function asWhole(values: Iterable<number>): { scale: number; whole: number[] } | null {
  const digits: Digits[] = [];
  let decimals = 0;
  for (const value of values) {
    const found = digitsOf(value);
    if (found === null) return null;
    digits.push(found);
    decimals = Math.max(decimals, found.decimals);
  }
  const whole = digits.map((one) => one.mantissa * TENS[decimals - one.decimals]!);
  return whole.every(Number.isSafeInteger) ? { scale: TENS[decimals]!, whole } : null;
}

function digitsOf(value: number): Digits | null {
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? { mantissa: value, decimals: 0 } : null;
  const parts = /^(-?\d+)\.(\d+)$/.exec(String(value));
  if (parts === null || parts[2]!.length >= TENS.length) return null;
  const mantissa = Number(parts[1]! + parts[2]!);
  return Number.isSafeInteger(mantissa) ? { mantissa, decimals: parts[2]!.length } : null;
}
