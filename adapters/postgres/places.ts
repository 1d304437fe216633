// Places in the ledger, as page cursors: tick, source, type and number of the line, newest first.
// Invariant: what did not come from here is refused. Used by accounts.ts here and in adapters/memory.

import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';

export interface LedgerPlace {
  readonly tick: number;
  readonly source: string;
  readonly type: string;
  /** From 1; 0 stands behind the last line of its row. */
  readonly line: number;
}

const PLACE = /^(\d{1,15})\/([^/]{1,100})\/(reserve|settle|refund)\/(\d{1,4})$/;

export function encodePlace({ tick, source, type, line }: LedgerPlace): string {
  return encodeCursor(`${tick}/${source}/${type}/${line}`);
}

/** @throws InvalidCursorError */
export function decodePlace(cursor: string): LedgerPlace {
  const [, tick, source, type, line] = PLACE.exec(decodeCursor(cursor)) ?? [];
  if (source === undefined || type === undefined)
    throw new InvalidCursorError('this is no cursor of the ledger');
  return { tick: Number(tick), source, type, line: Number(line) };
}

/** Newest first. */
export function comparePlaces(a: LedgerPlace, b: LedgerPlace): number {
  return b.tick - a.tick || order(b.source, a.source) || order(b.type, a.type) || b.line - a.line;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
