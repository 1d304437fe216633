// Waiting for a state, with an end: the benches sleep on nothing else.

import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;

/** True when it came true in time. */
export async function until(isSo: () => boolean, patienceMs: number): Promise<boolean> {
  const endMs = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > endMs) return false;
    await sleep(LOOK_MS);
  }
  return true;
}
