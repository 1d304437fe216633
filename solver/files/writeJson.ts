// Writes our own form, a column and a row a line. Invariant: what has its default is left out. Called by files.ts.
import type { Program } from '../programs/program.ts';
import type { Names } from './names.ts';

export function writeJson(program: Program, names: Names): string {
  const head = {
    version: 1,
    ...(program.name !== '' && { name: program.name }),
    sense: program.sense,
    ...(program.offset !== 0 && { offset: program.offset }),
  };
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  return [
    '{',
    ...fields,
    ...list(
      'columns',
      names.columns.map((name, j) => columnOf(program, j, name)),
    ),
    ...list(
      'rows',
      names.rows.map((name, i) => rowOf(program, names, { i, name })),
    ),
    '}',
    '',
  ].join('\n');
}

function list(key: 'columns' | 'rows', items: readonly object[]): string[] {
  const lines = items.map((item, at) => `    ${JSON.stringify(item)}${at + 1 < items.length ? ',' : ''}`);
  return [`  "${key}": [`, ...lines, key === 'columns' ? '  ],' : '  ]'];
}

function columnOf({ objective, lower, upper, integer }: Program, j: number, name: string): object {
  const [low, high] = [lower[j]!, upper[j]!];
  const binary = integer[j] === 1 && low === 0 && high === 1;
  return {
    name,
    ...(objective[j] !== 0 && { objective: objective[j] }),
    ...(integer[j] === 1 && { kind: binary ? 'binary' : 'integer' }),
    ...(!binary && low !== 0 && { lower: finiteOrNull(low) }),
    ...(!binary && high !== Number.POSITIVE_INFINITY && { upper: high }),
  };
}

function rowOf(program: Program, names: Names, { i, name }: { i: number; name: string }): object {
  const [low, high] = [program.rowLower[i]!, program.rowUpper[i]!];
  const terms: [string, number][] = [];
  for (let e = program.starts[i]!; e < program.starts[i + 1]!; e++)
    terms.push([names.columns[program.indices[e]!]!, program.values[e]!]);
  if (low === high) return { name, terms: Object.fromEntries(terms), equals: high };
  const bare = !Number.isFinite(low) && !Number.isFinite(high);
  return {
    name,
    terms: Object.fromEntries(terms),
    ...(Number.isFinite(low) && { lower: low }),
    ...((bare || Number.isFinite(high)) && { upper: finiteOrNull(high) }),
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
