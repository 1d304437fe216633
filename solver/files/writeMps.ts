// Writes MPS in free form, which every current reader takes. Invariant: numbers are the shortest text that reads back as the same double.
// Called by files.ts.
import { byColumn, type Program } from '../programs/program.ts';
import type { Names } from './names.ts';

export function writeMps(program: Program, names: Names): string {
  const lines = [
    `NAME ${program.name.replaceAll(/\s+/g, '_')}`.trimEnd(),
    'OBJSENSE',
    program.sense === 'maximise' ? '    MAX' : '    MIN',
    'ROWS',
    ` N  ${names.objective}`,
    ...names.rows.map((name, i) => ` ${kindOf(program, i)}  ${name}`),
    'COLUMNS',
    ...columnLines(program, names),
    'RHS',
  ];
  if (program.offset !== 0) lines.push(`    RHS  ${names.objective}  ${-program.offset}`);
  for (const [i, name] of names.rows.entries()) {
    const side = sideOf(program, i);
    if (side !== 0) lines.push(`    RHS  ${name}  ${side}`);
  }
  const ranges = names.rows.flatMap((name, i) => rangeLine(program, i, name));
  if (ranges.length > 0) lines.push('RANGES', ...ranges);
  const bounds = names.columns.flatMap((name, j) => boundLines(program, j, name));
  if (bounds.length > 0) lines.push('BOUNDS', ...bounds);
  lines.push('ENDATA', '');
  return lines.join('\n');
}

/** A row without any side is a free row, which readers leave out: an L row with an infinite side keeps it. */
function kindOf({ rowLower, rowUpper }: Program, row: number): 'L' | 'G' | 'E' {
  if (rowLower[row] === rowUpper[row]) return 'E';
  return Number.isFinite(rowLower[row]) && !Number.isFinite(rowUpper[row]) ? 'G' : 'L';
}

function sideOf(program: Program, row: number): number {
  const side = kindOf(program, row) === 'G' ? program.rowLower[row]! : program.rowUpper[row]!;
  return Number.isFinite(side) ? side : 1e30;
}

function rangeLine(program: Program, row: number, name: string): string[] {
  const range = program.rowUpper[row]! - program.rowLower[row]!;
  return kindOf(program, row) === 'L' && Number.isFinite(range) ? [`    RNG  ${name}  ${range}`] : [];
}

function columnLines(program: Program, names: Names): string[] {
  const lines: string[] = [];
  const columns = byColumn(program);
  let marked = false;
  for (const [j, name] of names.columns.entries()) {
    if ((program.integer[j] === 1) !== marked) {
      marked = !marked;
      lines.push(`    MARKER  'MARKER'  '${marked ? 'INTORG' : 'INTEND'}'`);
    }
    // An entry of 0 keeps a column that stands nowhere else.
    const empty = columns.starts[j] === columns.starts[j + 1];
    if (program.objective[j] !== 0 || empty)
      lines.push(`    ${name}  ${names.objective}  ${program.objective[j]}`);
    for (let e = columns.starts[j]!; e < columns.starts[j + 1]!; e++)
      lines.push(`    ${name}  ${names.rows[columns.rows[e]!]}  ${columns.values[e]}`);
  }
  if (marked) lines.push("    MARKER  'MARKER'  'INTEND'");
  return lines;
}

/** Integer columns always get a line: without one, readers take 0 to 1. */
function boundLines({ lower, upper, integer }: Program, j: number, name: string): string[] {
  const line = (kind: string, value = ''): string => ` ${kind} BND  ${name}  ${value}`.trimEnd();
  const [low, high] = [lower[j]!, upper[j]!];
  if (low === high) return [line('FX', String(low))];
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return [line('FR')];
  if (integer[j] === 1 && low === 0 && high === 1) return [line('BV')];
  const lines: string[] = [];
  if (low === Number.NEGATIVE_INFINITY) lines.push(line('MI'));
  else if (low !== 0 || high < 0) lines.push(line('LO', String(low)));
  if (high !== Number.POSITIVE_INFINITY) lines.push(line('UP', String(high)));
  else if (integer[j] === 1) lines.push(line('PL'));
  return lines;
}
