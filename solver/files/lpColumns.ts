// The sections of an LP file that speak of single columns: Bounds, Generals, Binaries. Called by lp.ts.
// Invariant: a column is known from the objective or a row; a name that is not is a slip of the pen and refused.
import { isInfinite } from './decimal.ts';
import type { DraftColumn, ProgramDraft } from './draft.ts';
import { FileFault } from './fault.ts';
import type { LpCursor } from './lpCursor.ts';
import { readValue } from './lpTerms.ts';
import type { LpToken } from './lpTokens.ts';

/** x <= 5, 2 <= x <= 5, x = 3, x free. */
export function readBounds(cursor: LpCursor, draft: ProgramDraft): void {
  const lowered = new Set<DraftColumn>();
  const negative = new Map<DraftColumn, LpToken>();
  while (!cursor.atSection()) {
    const lead = cursor.leadingValue();
    const leadSign = lead === null ? null : cursor.compare();
    const token = cursor.next();
    const column = knownColumn(draft, token);
    if (lead !== null)
      setBound(column, {
        sign: leadSign === '<=' ? '>=' : leadSign === '>=' ? '<=' : '=',
        value: lead,
        lowered,
      });
    if (lead === null && cursor.token.text.toLowerCase() === 'free' && !cursor.token.opensLine) {
      cursor.next();
      column.lower = Number.NEGATIVE_INFINITY;
      column.upper = Number.POSITIVE_INFINITY;
    } else if (cursor.token.kind === 'compare') {
      const sign = cursor.compare();
      setBound(column, { sign, value: readValue(cursor, `the bound of ${column.name}`), lowered });
    } else if (lead === null) {
      throw new FileFault(
        cursor.token,
        `no bound behind ${column.name}`,
        'write <=, >=, = and a number, or free',
      );
    }
    if (column.upper < 0 && column.lower === 0) negative.set(column, token);
  }
  for (const [column, at] of negative) {
    if (column.upper >= 0 || column.lower !== 0 || lowered.has(column)) continue;
    throw new FileFault(
      at,
      `${column.name} has the upper bound ${column.upper} and no lower one: readers differ in whether it is then 0 or none`,
      `write -inf <= ${column.name} <= ${column.upper}`,
    );
  }
}

function setBound(
  column: DraftColumn,
  { sign, value, lowered }: { sign: string; value: number; lowered: Set<DraftColumn> },
): void {
  if (sign !== '<=') {
    column.lower = value;
    lowered.add(column);
  }
  if (sign !== '>=') column.upper = value;
}

export function readColumnList(cursor: LpCursor, draft: ProgramDraft, kind: 'generals' | 'binaries'): void {
  while (!cursor.atSection()) {
    const column = knownColumn(draft, cursor.next());
    column.integer = true;
    if (kind === 'generals') continue;
    // A bound that was given stays where it is tighter: a fixed binary is fixed.
    column.lower = Math.max(column.lower, 0);
    column.upper = Math.min(column.upper, 1);
  }
}

function knownColumn(draft: ProgramDraft, token: LpToken): DraftColumn {
  const column = token.kind === 'name' ? draft.column(token.text) : undefined;
  if (column !== undefined) return column;
  if (token.kind !== 'name' || isInfinite(token.text))
    throw new FileFault(token, `"${token.text}" where a column is expected`, 'write the name of a column');
  throw new FileFault(
    token,
    `unknown column ${token.text}`,
    `columns stand in the objective or in a row: add 0 ${token.text} to the objective`,
  );
}
