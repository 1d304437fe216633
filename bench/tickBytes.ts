// How big the tick records are, each against its bound. Called by drainRun.ts.

import type { Subject } from './subject.ts';

export interface TickBytes {
  readonly ticks: number;
  readonly bytes: number;
  readonly largest: number;
  /** Of bytes to what its bound allows, over all ticks. */
  readonly worstShare: number;
  readonly overBound: number;
}

const BASE_BYTES = 2048;
/** Per request that the tick opened, and per Decision that it made. No tick carries a basis. */
const ENTRY_BYTES = 150;

export async function tickBytesOf(subject: Pick<Subject, 'query'>): Promise<TickBytes> {
  const rows = await subject.query<{
    tick: number;
    bytes: number;
    storedBytes: number;
    opened: number;
    decisions: number;
  }>('tick-bytes');
  const shares = rows.map(({ storedBytes, opened, decisions }) => {
    return storedBytes / (BASE_BYTES + ENTRY_BYTES * (opened + decisions));
  });
  return {
    ticks: rows.length,
    bytes: rows.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    largest: Math.max(0, ...rows.map(({ storedBytes }) => storedBytes)),
    worstShare: Math.round(Math.max(0, ...shares) * 1000) / 1000,
    overBound: shares.filter((share) => share > 1).length,
  };
}
