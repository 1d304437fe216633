// Page cursors: the id after which to go on, opaque to callers. Invariant: what did not come from here is refused, not guessed.
// Used by readers.ts and logs.ts, and by the readers in adapters/memory.

export class InvalidCursorError extends RangeError {
  override name = 'InvalidCursorError';
}

export function encodeCursor(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** @throws InvalidCursorError */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[\x21-\x7d]{1,200}$/.test(id) || encodeCursor(id) !== cursor) {
    throw new InvalidCursorError('this is no cursor of ours: pass `next` of the page before as it was');
  }
  return id;
}

/** @throws InvalidCursorError */
export function tickOfCursor(cursor: string): number {
  const text = decodeCursor(cursor);
  if (!/^\d{1,15}$/.test(text)) throw new InvalidCursorError('this is no cursor of a tick');
  return Number(text);
}
