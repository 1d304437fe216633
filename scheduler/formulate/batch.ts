// What the requests of one tick ask for together, counted shape by shape: of 11,000 that wait a few dozen shapes are unlike any other.
// Invariant: the room is asked before anything is looked up in it. Called by index.ts; how many columns each may have stands here too.

import type { Shape } from './candidates.ts';
import type { Room } from './room.ts';

/** Columns a request has at most: a shape spreads over 8 places. */
const COLUMNS_MAX = 8;
/**
 * Columns of a tick, about: beyond 500 requests each gets fewer, down to 4, so that a burst does not outgrow the tick. At 40,000 a busy
 * machine that fell behind solved for 300 ms, fell further behind, and never caught up.
 */
const COLUMNS_OF_TICK = 8_000;
const COLUMNS_LEAST = 4;

/** What each of so many requests may have. */
export function columnsOfEach(requests: number): number {
  const share = Math.floor(COLUMNS_OF_TICK / Math.max(1, requests));
  return Math.min(COLUMNS_MAX, Math.max(COLUMNS_LEAST, share));
}

/** `everyPlace`: rows are written as if all could bind, so nothing is counted. */
export function askTogether(room: Room, shapes: readonly Shape[], everyPlace: boolean): void {
  const counts = new Map<Shape, number>();
  for (const shape of shapes) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  for (const [shape, count] of counts) {
    if (!everyPlace) room.ask(shape.demand, count);
    if (shape.isExclusive) room.contestDatasets();
  }
}
