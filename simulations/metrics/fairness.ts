// How evenly departments were served. Invariant: of no department, or none that held anything, the answer is 1: nobody had less than another.
// Called by recorder.ts.

/** Jain, Chiu, Hawe: "A quantitative measure of fairness and discrimination" (1984): 1 is even, 1/n is one that has all. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/** The least share as a part of the largest. */
export function leastOfMost(shares: readonly number[]): number {
  const most = Math.max(0, ...shares);
  return most === 0 ? 1 : Math.min(...shares) / most;
}
