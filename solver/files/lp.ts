// Reads the CPLEX LP form: objective, rows with ranges, bounds, general and binary columns. Pure.
// Invariant: what is more than a mixed-integer linear program is refused with line and column. Called by files.ts.
import type { Program } from '../programs/program.ts';
import { ProgramDraft } from './draft.ts';
import { FileFault } from './fault.ts';
import { readBounds, readColumnList } from './lpColumns.ts';
import { LpCursor, type SectionName } from './lpCursor.ts';
import { readLinear, readValue } from './lpTerms.ts';

const INFINITE = Number.POSITIVE_INFINITY;

/** Throws FileFault. */
export function readLp(text: string): { program: Program; notes: string[] } {
  const cursor = new LpCursor(text);
  const draft = new ProgramDraft();
  readObjective(cursor, draft);
  for (;;) {
    const section = cursor.section();
    if (section === null) {
      const { token } = cursor;
      throw new FileFault(
        token,
        `"${token.text}" where a section begins`,
        'sections are Subject To, Bounds, Generals, Binaries, End',
      );
    }
    if (section === 'end') break;
    readSection(section, cursor, draft);
  }
  return { program: draft.build(), notes: [] };
}

function readSection(section: Exclude<SectionName, 'end'>, cursor: LpCursor, draft: ProgramDraft): void {
  switch (section) {
    case 'rows':
      while (!cursor.atSection()) readRow(cursor, draft);
      return;
    case 'bounds':
      readBounds(cursor, draft);
      return;
    case 'generals':
    case 'binaries':
      readColumnList(cursor, draft, section);
      return;
    default:
      section satisfies never;
  }
}

function readObjective(cursor: LpCursor, draft: ProgramDraft): void {
  const word = cursor.token.text.toLowerCase();
  if (/^max(imi[sz]e|imum)?$/.test(word)) draft.sense = 'maximise';
  else if (!/^min(imi[sz]e|imum)?$/.test(word))
    throw new FileFault(
      cursor.token,
      `"${cursor.token.text}" where the objective begins`,
      'open with Maximize or Minimize',
    );
  cursor.next();
  cursor.label();
  if (cursor.atSection()) return;
  const { terms, constant } = readLinear(cursor, draft, 'the objective');
  draft.offset = constant;
  for (const [column, coefficient] of terms) draft.columns[column]!.objective = coefficient;
}

/** label: left compare right, with a number in front for a range: label: -5 <= left <= 10. */
function readRow(cursor: LpCursor, draft: ProgramDraft): void {
  const at = cursor.token;
  const name = cursor.label() ?? freshName(draft);
  if (draft.row(name) !== undefined)
    throw new FileFault(at, `row ${name} stands twice`, 'give each row its own name');
  const row = draft.addRow(name, -INFINITE, INFINITE);
  const lead = cursor.leadingValue();
  if (lead !== null) {
    const sign = cursor.compare();
    bind(row, { sign: flipped(sign), value: lead });
  }
  const { terms, constant, place } = readLinear(cursor, draft, `row ${name}`);
  if (constant !== 0)
    throw new FileFault(place, `a constant on the left of row ${name}`, 'move it to the right side');
  for (const [column, coefficient] of terms) row.entries.set(column, coefficient);
  if (cursor.token.kind === 'compare') {
    const sign = cursor.compare();
    bind(row, { sign, value: readValue(cursor, `the right side of row ${name}`) });
    const { token } = cursor;
    if (token.text === '->')
      throw new FileFault(token, 'an indicator constraint', 'write it with linear rows');
    if (!token.opensLine && !cursor.atSection())
      throw new FileFault(
        token,
        `"${token.text}" behind the right side of row ${name}`,
        'columns stand on the left, one number on the right',
      );
  } else if (lead === null) {
    throw new FileFault(cursor.token, `row ${name} has no right side`, 'write <=, >= or = and a number');
  }
}

function bind(row: { lower: number; upper: number }, { sign, value }: { sign: string; value: number }): void {
  if (sign !== '<=') row.lower = Math.max(row.lower, value);
  if (sign !== '>=') row.upper = Math.min(row.upper, value);
}

function flipped(sign: string): string {
  return sign === '<=' ? '>=' : sign === '>=' ? '<=' : sign;
}

/** As other readers name them: R1, R2, ... by place. */
function freshName(draft: ProgramDraft): string {
  let number = draft.rows.length + 1;
  while (draft.row(`R${number}`) !== undefined) number++;
  return `R${number}`;
}
