// What PostgreSQL cannot keep in text: the NUL character and half a surrogate pair. The edge refuses both; this is the second look,
// so that no such text can reach the leader, whose commit it would stop for ever. Called by the intake writers.

export class UnstorableTextError extends RangeError {
  override name = 'UnstorableTextError';
}

/** JSON.stringify writes both as an escape, so one look at the serialised form covers every string inside. */
const SUSPECT = /\\u0000|\\ud/;
/** The same behind an even number of backslashes: an escape, and not a backslash that was itself escaped. */
const ESCAPED = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** @throws UnstorableTextError */
export function assertStorable(json: string): void {
  if (SUSPECT.test(json) && ESCAPED.test(json)) {
    throw new UnstorableTextError(
      'a string holds a NUL character or half a surrogate pair, which the database cannot keep',
    );
  }
}
