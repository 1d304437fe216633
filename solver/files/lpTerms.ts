// Sums of terms in an LP file: 3 x + 2 y - z + 7. Invariant: a column that comes twice is added up; products and powers are refused.
// Called by lp.ts and lpColumns.ts.
import { LARGEST } from '../programs/program.ts';
import { readBound, readNumber } from './decimal.ts';
import type { ProgramDraft } from './draft.ts';
import { FileFault, type Place } from './fault.ts';
import type { LpCursor } from './lpCursor.ts';

export interface Linear {
  /** Column -> coefficient. New columns are added to the draft. */
  readonly terms: ReadonlyMap<number, number>;
  readonly constant: number;
  /** Where it begins. */
  readonly place: Place;
}

export function readLinear(cursor: LpCursor, draft: ProgramDraft, what: string): Linear {
  const place = cursor.token;
  const terms = new Map<number, number>();
  let constant = 0;
  let first = true;
  while (cursor.token.kind !== 'compare' && !cursor.atSection()) {
    if (!first && cursor.token.kind !== 'sign') {
      // A line that begins with a name is the next row's: what this one lacks is told by its reader.
      if (cursor.token.opensLine && cursor.token.kind === 'name') break;
      refuseNonlinear(cursor, what);
      throw new FileFault(
        cursor.token,
        `"${cursor.token.text}" in ${what}, where + or - is expected`,
        'write a sign between terms, <=, >= or = before a right side',
      );
    }
    const { column, coefficient, at } = readTerm(cursor, draft, what);
    if (column === null) constant += coefficient;
    else terms.set(column, held((terms.get(column) ?? 0) + coefficient, at, what));
    first = false;
  }
  return { terms, constant, place };
}

function readTerm(
  cursor: LpCursor,
  draft: ProgramDraft,
  what: string,
): { column: number | null; coefficient: number; at: Place } {
  let sign = 1;
  while (cursor.token.kind === 'sign') if (cursor.next().text === '-') sign = -sign;
  refuseNonlinear(cursor, what);
  const at = cursor.token;
  let coefficient = 1;
  let hasNumber = false;
  if (cursor.token.kind === 'number') {
    const token = cursor.next();
    coefficient = readNumber(token.text, token, 'the coefficient');
    hasNumber = true;
    if (cursor.token.text === '*') cursor.next();
  }
  const { token } = cursor;
  const isColumn =
    token.kind === 'name' && !(hasNumber && cursor.atSection()) && !(hasNumber && cursor.peek().text === ':');
  if (!isColumn) {
    if (hasNumber) return { column: null, coefficient: sign * coefficient, at };
    throw new FileFault(
      token,
      `"${token.text}" in ${what}, where a column is expected`,
      'write a number, a column, or both',
    );
  }
  cursor.next();
  refuseNonlinear(cursor, what);
  const column = draft.column(token.text) ?? draft.addColumn(token.text);
  return { column: column.index, coefficient: sign * coefficient, at };
}

/** A signed number or infinity. */
export function readValue(cursor: LpCursor, what: string): number {
  let sign = '';
  if (cursor.token.kind === 'sign') sign = cursor.next().text;
  const token = cursor.next();
  if (token.kind !== 'number' && token.kind !== 'name')
    throw new FileFault(token, `"${token.text}" where ${what} is expected`, 'write a number');
  return readBound(sign + token.text, token, what);
}

function refuseNonlinear({ token }: LpCursor, what: string): void {
  if (token.text === '[')
    throw new FileFault(
      token,
      `a quadratic part in ${what}: only linear programs are read`,
      'leave it out, or write it with linear rows',
    );
  if (token.text === '^' || token.text === '*')
    throw new FileFault(
      token,
      `a product or power in ${what}: only linear programs are read`,
      'write a coefficient and one column a term',
    );
}

function held(value: number, at: Place, what: string): number {
  if (Math.abs(value) <= LARGEST) return value;
  throw new FileFault(
    at,
    `a coefficient of ${what} adds up beyond 2^53 - 1`,
    'divide the row by a common factor',
  );
}
