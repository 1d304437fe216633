// Exact amounts: safe integers in base units, with arithmetic that refuses to round. Used wherever units, seconds or money are added.
// Invariant: nothing here returns a number outside 0..2^53-1 unless its name says so. A breach is a bug and throws.

/** Units of a pool, a quota or an account: an integer in base units. */
export type Units = number;
/** Milliseconds since the Unix epoch, from the database's clock. */
export type Instant = number;

export class QuantityError extends RangeError {
  override name = 'QuantityError';
}

export function units(value: number, what: string): Units {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new QuantityError(`${what}: ${value} is not a whole amount`);
  return value;
}

export function add(a: Units, b: Units): Units {
  return units(a + b, `${a} + ${b}`);
}

export function subtract(a: Units, b: Units): Units {
  return units(a - b, `${a} - ${b}`);
}

/** ceil(a * b / divisor), exact: the product may pass 2^53 on the way, so it is taken in BigInt. */
export function multiplyDivideUp(a: Units, b: Units, divisor: Units): Units {
  const product = BigInt(a) * BigInt(b);
  const by = BigInt(divisor);
  return units(Number((product + by - 1n) / by), `${a} * ${b} / ${divisor}`);
}

/** floor(a * b / divisor), exact. */
export function multiplyDivideDown(a: Units, b: Units, divisor: Units): Units {
  return units(Number((BigInt(a) * BigInt(b)) / BigInt(divisor)), `${a} * ${b} / ${divisor}`);
}
