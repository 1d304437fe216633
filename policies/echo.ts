// What every answer of an engine is held to: that it is an answer to the question that was put, and names only rows that were in it.
// Called by batch.ts, views.ts and engine.ts; pure.
import { isRecord } from './bundle.ts';

export interface Echo {
  readonly tick: string;
  readonly data: string;
}

/** A truncated or foreign input still gets an answer from the engine, but cannot echo what this chunk would. */
export function checkEcho(result: unknown, expected: Echo): Record<string, unknown> {
  if (!isRecord(result)) throw new Error('the policy gave no answer');
  const { v, tick, data } = result;
  if (v !== 1 || tick !== expected.tick || data !== expected.data)
    throw new Error('the policy answered another question than was put to it');
  return result;
}

/** Row i in bit i % 8 of byte i / 8. */
export function bitsOf(list: unknown, n: number): Uint8Array {
  if (!Array.isArray(list)) throw new Error('the policy gave no list of rows');
  const bits = new Uint8Array(Math.ceil(n / 8));
  for (const index of list) {
    if (!Number.isSafeInteger(index) || index < 0 || index >= n)
      throw new Error(`the policy named row ${index} of ${n}`);
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

export function hasBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}
