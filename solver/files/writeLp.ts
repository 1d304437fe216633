// Writes the CPLEX LP form. Invariant: lines stay below 255 characters, where some readers cut; numbers read back as the same double; a row
// with two sides is two rows, for HiGHS 1.15 takes `-5 <= 2 x + y <= 10` for 2 x <= ..., silently.
// Called by files.ts.
import type { Program } from '../programs/program.ts';
import type { Names } from './names.ts';

const LINE_MAX = 200;

export function writeLp(program: Program, names: Names): string {
  const taken = new Set([...names.rows, names.objective]);
  const lines = [
    program.name === '' ? '' : `\\ ${program.name.replaceAll(/\s+/g, ' ')}`,
    program.sense === 'maximise' ? 'Maximize' : 'Minimize',
    ...wrapped(` ${names.objective}:`, objectiveTerms(program, names)),
    'Subject To',
    ...names.rows.flatMap((name, i) =>
      rowLines(program, names, { i, name, second: secondName(name, taken) }),
    ),
    'Bounds',
    ...names.columns.flatMap((name, j) => boundLine(program, j, name)),
  ];
  const whole = names.columns.filter((_, j) => program.integer[j] === 1 && !isBinary(program, j));
  if (whole.length > 0) lines.push('Generals', ...wrapped('', whole));
  const binary = names.columns.filter((_, j) => isBinary(program, j));
  if (binary.length > 0) lines.push('Binaries', ...wrapped('', binary));
  lines.push('End', '');
  return lines.slice(program.name === '' ? 1 : 0).join('\n');
}

/** Every column that stands in no row has a term here, so that the file names it. */
function objectiveTerms(program: Program, names: Names): string[] {
  const inRow = new Uint8Array(names.columns.length);
  for (const j of program.indices) inRow[j] = 1;
  const terms = names.columns.flatMap((name, j) =>
    program.objective[j] === 0 && inRow[j] === 1 ? [] : [term(program.objective[j]!, name)],
  );
  if (program.offset !== 0) terms.push(`${program.offset < 0 ? '-' : '+'} ${Math.abs(program.offset)}`);
  return terms;
}

function secondName(name: string, taken: ReadonlySet<string>): string {
  let second = `${name}_upper`;
  while (taken.has(second)) second += '_';
  return second;
}

function rowLines(
  program: Program,
  names: Names,
  { i, name, second }: { i: number; name: string; second: string },
): string[] {
  const [low, high] = [program.rowLower[i]!, program.rowUpper[i]!];
  const terms: string[] = [];
  for (let e = program.starts[i]!; e < program.starts[i + 1]!; e++)
    terms.push(term(program.values[e]!, names.columns[program.indices[e]!]!));
  // A row needs a term, and a column that the file knows.
  if (terms.length === 0 && names.columns.length > 0) terms.push(`+ 0 ${names.columns[0]}`);
  if (low === high) return wrapped(` ${name}:`, [...terms, `= ${high}`]);
  const upper = `<= ${Number.isFinite(high) ? high : 'inf'}`;
  if (!Number.isFinite(low)) return wrapped(` ${name}:`, [...terms, upper]);
  const lower = wrapped(` ${name}:`, [...terms, `>= ${low}`]);
  return Number.isFinite(high) ? [...lower, ...wrapped(` ${second}:`, [...terms, upper])] : lower;
}

function term(coefficient: number, name: string): string {
  return `${coefficient < 0 ? '-' : '+'} ${Math.abs(coefficient)} ${name}`;
}

function wrapped(head: string, parts: readonly string[]): string[] {
  const lines: string[] = [];
  let line = head;
  for (const part of parts) {
    if (line.length + part.length >= LINE_MAX) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${part}`;
  }
  return [...lines, line];
}

function isBinary({ integer, lower, upper }: Program, j: number): boolean {
  return integer[j] === 1 && lower[j] === 0 && upper[j] === 1;
}

function boundLine(program: Program, j: number, name: string): string[] {
  const [low, high] = [program.lower[j]!, program.upper[j]!];
  if (isBinary(program, j) || (low === 0 && high === Number.POSITIVE_INFINITY)) return [];
  if (low === high) return [` ${name} = ${low}`];
  if (!Number.isFinite(low) && !Number.isFinite(high)) return [` ${name} free`];
  if (!Number.isFinite(high)) return [` ${name} >= ${low}`];
  return [` ${Number.isFinite(low) ? low : '-inf'} <= ${name} <= ${high}`];
}
