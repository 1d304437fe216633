// CPLEX LP as it is found, and a line and column for what is more than a mixed-integer linear program.
import { describe, expect, it } from 'vitest';
import { type Program, readProgram } from '../../../solver/index.ts';

const INFINITE = Number.POSITIVE_INFINITY;

function read(text: string): Program {
  const found = readProgram(text, 'lp');
  if (!found.ok) throw new Error(JSON.stringify(found.problem));
  return found.program;
}

function problemIn(text: string): string {
  const found = readProgram(text, 'lp');
  if (found.ok) throw new Error('it was read');
  const { line, column, message, advice } = found.problem;
  expect(advice.length).toBeGreaterThan(5);
  return `${line}:${column} ${message}`;
}

const rowOf = (program: Program, i: number): unknown => ({
  [program.rowNames[i]!]: [program.rowLower[i], program.rowUpper[i]],
  ...Object.fromEntries(
    [...program.indices.subarray(program.starts[i], program.starts[i + 1])].map((j, e) => [
      program.columnNames[j],
      program.values[program.starts[i]! + e],
    ]),
  ),
});

const rows = (...lines: readonly string[]): Program =>
  read(['max', ' x + y + z', 'st', ...lines, 'end'].join('\n'));

describe('rows of LP', () => {
  it.each([
    ['c: x + 2 y <= 4', { c: [-INFINITE, 4], x: 1, y: 2 }],
    ['c: x + 2 y < 4', { c: [-INFINITE, 4], x: 1, y: 2 }],
    ['c: x =< 4', { c: [-INFINITE, 4], x: 1 }],
    ['c: - x + - 3y => -4', { c: [-4, INFINITE], x: -1, y: -3 }],
    ['c: 2 x = 4', { c: [4, 4], x: 2 }],
    ['c: 2 * x = 4', { c: [4, 4], x: 2 }],
    ['c: x + x - y >= 1', { c: [1, INFINITE], x: 2, y: -1 }],
    ['x >= 1', { R1: [1, INFINITE], x: 1 }],
    ['c: -5 <= x + y <= 10', { c: [-5, 10], x: 1, y: 1 }],
    ['c: 10 >= x + y >= -5', { c: [-5, 10], x: 1, y: 1 }],
    ['c: 3 <= 2 x', { c: [3, INFINITE], x: 2 }],
    ['c: x\n + 2\n y <= 1e1', { c: [-INFINITE, 10], x: 1, y: 2 }],
    ['c: x <= inf', { c: [-INFINITE, INFINITE], x: 1 }],
    ['c: x >= -1e30', { c: [-INFINITE, INFINITE], x: 1 }],
    ['c: .5 x + 1. y <= 2 \\ a comment <= 9', { c: [-INFINITE, 2], x: 0.5, y: 1 }],
  ])('%j', (line, want) => {
    expect(rowOf(rows(line), 0)).toEqual(want);
  });

  it('stand one behind the other, with and without names', () => {
    const program = rows('a: x <= 1', 'y >= 2', 'z = 3 end: x + y <= 4'.split(' end')[0]!, 'end: x + y <= 4');
    expect(program.rowNames).toEqual(['a', 'R2', 'R3', 'end']);
  });
});

describe('the rest of LP', () => {
  it.each(['Maximize', 'MAXIMISE', 'max', 'Maximum'])('%s maximises', (word) => {
    expect(read(`${word}\n obj: x\nst\n x <= 1\nend`).sense).toBe('maximise');
  });

  it('has a constant in the objective, and may have no objective', () => {
    expect(read('min\n obj: 3 x + 7 - 2\nst\n x <= 1\nend').offset).toBe(5);
    expect([...read('min\n obj:\nst\n x <= 1\nend').objective]).toEqual([0]);
    expect(read('min\nsubject to\n x <= 1\nend').columnNames).toEqual(['x']);
  });

  it('takes bounds in every way', () => {
    const program = read(
      'min a + b + c + d + e + f + g\nst\n r: a >= 1\nbounds\n a <= 4\n 2 <= b <= 5\n c free\n d = 3\n -inf <= e <= -4\n f >= -2\n 7 >= g\nend',
    );
    expect([...program.lower]).toEqual([0, 2, -INFINITE, 3, -INFINITE, -2, 0]);
    expect([...program.upper]).toEqual([4, 5, INFINITE, 3, -4, INFINITE, 7]);
  });

  it('knows general and binary columns by every name of their sections', () => {
    for (const [general, binary] of [
      ['General', 'Binary'],
      ['Generals', 'Binaries'],
      ['gen', 'bin'],
      ['Integers', 'BINARY'],
    ]) {
      const program = read(
        `max x + y + z\nst\n c: x + y + z <= 4\nBounds\n x <= 9\n${general}\n x\n${binary}\n y\nEnd`,
      );
      expect([...program.integer]).toEqual([1, 1, 0]);
      expect([...program.upper]).toEqual([9, 1, INFINITE]);
    }
  });

  it('lets columns be called as a section is, where no section begins', () => {
    expect(read('max\n obj: 2 bin + gen\nst\n c: bin + gen <= 4\nend').columnNames).toEqual(['bin', 'gen']);
  });
});

describe('what LP cannot say here is refused with its place:', () => {
  it.each([
    [
      'a quadratic objective',
      'max\n obj: x + [ x ^2 ] / 2\nst\n x <= 1\nend',
      '2:11 a quadratic part in the objective: only linear programs are read',
    ],
    [
      'a power',
      'max\n obj: x ^ 2\nst\n x <= 1\nend',
      '2:9 a product or power in the objective: only linear programs are read',
    ],
    [
      'a product',
      'max\n obj: x\nst\n c: x * y <= 1\nend',
      '4:7 a product or power in row c: only linear programs are read',
    ],
    [
      'semi-continuous columns',
      'max\n x\nst\n x <= 1\nsemi-continuous\n x\nend',
      '5:1 semi-continuous columns: only linear programs are read',
    ],
    [
      'ordered sets',
      'max\n x\nst\n x <= 1\nSOS\n s1: S1:: x:1\nend',
      '5:1 special ordered sets: only linear programs are read',
    ],
    [
      'lazy constraints',
      'max\n x\nst\n x <= 1\nlazy constraints\n x <= 1\nend',
      '5:1 lazy constraints: only linear programs are read',
    ],
    ['an indicator', 'max\n x\nst\n c: y = 1 -> x <= 1\nend', '4:11 an indicator constraint'],
    ['columns on the right', 'max\n x\nst\n c: x <= 1 + y\nend', '4:12 "+" behind the right side of row c'],
    ['a constant on the left', 'max\n x\nst\n c: x + 3 <= 1\nend', '4:5 a constant on the left of row c'],
    ['a row without a side', 'max\n x\nst\n c: x\n d: x <= 1\nend', '5:2 row c has no right side'],
    [
      'two columns without a sign',
      'max\n x y\nst\n x <= 1\nend',
      '2:4 "y" in the objective, where + or - is expected',
    ],
    ['a name twice', 'max\n x\nst\n c: x <= 1\n c: x <= 2\nend', '5:2 row c stands twice'],
    ['an unknown column', 'max\n x\nst\n c: x <= 1\nbounds\n w <= 2\nend', '6:2 unknown column w'],
    [
      'a negative upper bound alone',
      'max\n x\nst\n c: x <= 1\nbounds\n x <= -2\nend',
      expect.stringContaining('6:2 x has the upper bound -2 and no lower one'),
    ],
    [
      'a number beyond 2^53',
      'max\n 1e17 x\nst\n c: x <= 1\nend',
      expect.stringContaining('2:2 the coefficient 1e17 is beyond 2^53'),
    ],
    [
      'a sum beyond 2^53',
      'max\n 9e15 x + 9e15 x\nst\n c: x <= 1\nend',
      '2:11 a coefficient of the objective adds up beyond 2^53 - 1',
    ],
    ['no objective', 'st\n c: x <= 1\nend', '1:1 "st" where the objective begins'],
    ['no end', 'max\n x\nst\n c: x <= 1\n', '5:1 the file ends without End'],
    ['nothing at all', '', '1:1 "" where the objective begins'],
    ['a sign without a meaning', 'max\n x\nst\n c: x <= 1 §\nend', expect.stringContaining('4:12')],
    [
      'a control character',
      'max\n x \u0001\nst\n c: x <= 1\nend',
      '2:4 the sign "\u0001" has no meaning here',
    ],
  ])('%s', (_, text, want) => {
    expect(problemIn(text)).toEqual(want);
  });
});
