// Draws from a fixed seed: chance that is the same in every process. Invariant: whole 32-bit arithmetic only (mulberry32).
// Used by exchange.ts and programs/evolve.ts; nothing else is drawn.

/** In [0, 1). */
export type Draw = () => number;

export function drawFrom(seed: number): Draw {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
