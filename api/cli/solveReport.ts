// What `annona solve` prints: one JSON object, or lines for a person. Called by solve.ts.

import type { Conflict, Program, ProgramAnswer } from '../../solver/index.ts';
import type { CommandIo } from './io.ts';

export interface SolveReport {
  readonly program: Program;
  readonly answer: ProgramAnswer;
  readonly seconds: number;
}

/** A row of more terms is cut in print; JSON has its name, the file the rest. */
const TERMS_SHOWN = 8;

export function solveJson({ program, answer, seconds }: SolveReport, withSolution: boolean): object {
  const { point, conflict, ...rest } = answer;
  return {
    name: program.name,
    sense: program.sense,
    columns: program.columnNames.length,
    rows: program.rowNames.length,
    ...rest,
    seconds,
    conflict: conflict && conflictJson(program, conflict),
    ...(withSolution && { solution: point && valuesByName(program, point) }),
  };
}

/** An object without a prototype: a column may be called anything. */
function valuesByName({ columnNames }: Program, point: Float64Array): Record<string, number> {
  const values: Record<string, number> = Object.create(null);
  for (const [j, name] of columnNames.entries()) values[name] = point[j]!;
  return values;
}

function conflictJson(program: Program, { rows, bounds, needsWhole, irreducible }: Conflict): object {
  return {
    rows: rows.map((row) => program.rowNames[row]),
    bounds: bounds.map(({ column, side }) => ({
      column: program.columnNames[column],
      side,
      value: program[side][column],
    })),
    needsWhole,
    irreducible,
  };
}

export function printAnswer(
  { program, answer, seconds }: SolveReport,
  { io, withSolution }: { io: CommandIo; withSolution: boolean },
): void {
  const { status, objective, bound, boundFrom, gap, engine, engineBuild, work, ended, conflict, point } =
    answer;
  const line = (label: string, text: string): void => io.out(`${label.padEnd(10)} ${text}`);
  line('status', ended === 'complete' ? status : `${status} (${ENDS[ended]})`);
  if (objective !== null) line('objective', String(objective));
  if (bound !== null)
    line('bound', `${bound} (${boundFrom === 'certificate' ? 'certificate' : 'the word of the engine'})`);
  if (gap !== null) line('gap', `${(gap * 100).toFixed(3)} %`);
  const size = `${program.columnNames.length} columns, ${program.rowNames.length} rows, ${program.sense}`;
  line('program', program.name === '' ? size : `${program.name}: ${size}`);
  line('engine', [engine, `(${engineBuild})`].join(' '));
  const counts = Object.entries(work).map(([name, count]) => `${name} ${count}`);
  line('work', [...counts, `${seconds.toFixed(1)} s`].join(', '));
  for (const note of answer.notes) line('note', note);
  if (engine === 'anytime' && status === 'feasible' && ended === 'complete')
    line('note', 'not proved to be the best; --engine highs goes on until it is');
  if (conflict !== null) printConflict(program, conflict, io);
  if (withSolution && point !== null) printPoint(program, point, io);
}

const ENDS = {
  workLimit: 'the work limit came first',
  timeLimit: 'the time limit came first',
  interrupted: 'stopped',
  fault: 'the engine failed',
} as const;

function printConflict(program: Program, conflict: Conflict, io: CommandIo): void {
  const { rows, bounds, needsWhole, irreducible } = conflict;
  io.out('');
  io.out(
    irreducible
      ? 'these clash, and without any one of them the others do not:'
      : 'these clash, and fewer might:',
  );
  for (const row of rows) io.out(`  ${rowText(program, row)}`);
  for (const { column, side } of bounds)
    io.out(`  ${program.columnNames[column]} ${side === 'lower' ? '>=' : '<='} ${program[side][column]}`);
  if (needsWhole) io.out('  and that columns are whole: fractions would do');
}

function rowText(
  { rowNames, rowLower, rowUpper, starts, indices, values, columnNames }: Program,
  row: number,
): string {
  const terms: string[] = [];
  for (let e = starts[row]!; e < starts[row + 1]! && terms.length < TERMS_SHOWN; e++) {
    const value = values[e]!;
    const size = Math.abs(value) === 1 ? '' : `${Math.abs(value)} `;
    const sign = value < 0 ? '- ' : terms.length > 0 ? '+ ' : '';
    terms.push(`${sign}${size}${columnNames[indices[e]!]}`);
  }
  const left = starts[row + 1]! - starts[row]! - terms.length;
  if (left > 0) terms.push(`+ ${left} more`);
  const [low, high] = [rowLower[row]!, rowUpper[row]!];
  const sum = terms.join(' ') || '0';
  if (low === high) return `${rowNames[row]}: ${sum} = ${high}`;
  if (!Number.isFinite(low)) return `${rowNames[row]}: ${sum} <= ${high}`;
  return Number.isFinite(high)
    ? `${rowNames[row]}: ${low} <= ${sum} <= ${high}`
    : `${rowNames[row]}: ${sum} >= ${low}`;
}

/** Columns at 0 are left out. */
function printPoint({ columnNames }: Program, point: Float64Array, io: CommandIo): void {
  const shown = [...columnNames.entries()].filter(([j]) => point[j] !== 0);
  const width = shown.reduce((most, [, name]) => Math.max(most, name.length), 0);
  io.out('');
  for (const [j, name] of shown) io.out(`${name.padEnd(width)}  ${point[j]}`);
  if (shown.length < point.length) io.out(`${point.length - shown.length} columns are 0`);
}
