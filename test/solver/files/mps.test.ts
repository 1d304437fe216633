// MPS as it is found: both forms, every section and bound, and a line and column for whatever cannot be read.
import { describe, expect, it } from 'vitest';
import { type Program, readProgram } from '../../../solver/index.ts';

const INFINITE = Number.POSITIVE_INFINITY;

/** One row, two whole columns and one continuous, with what a test adds. */
function mps({ rhs = '    RHS c1 10', between = '', bounds = [] as string[], head = '' } = {}): string {
  return [
    'NAME toy',
    ...(head ? [head] : []),
    'ROWS',
    ' N obj',
    ' L c1',
    'COLUMNS',
    "    M 'MARKER' 'INTORG'",
    '    x obj -1 c1 1',
    '    y obj -1 c1 1',
    "    M 'MARKER' 'INTEND'",
    '    z obj -1 c1 1',
    'RHS',
    rhs,
    ...(between ? [between] : []),
    'BOUNDS',
    ...bounds,
    'ENDATA',
  ].join('\n');
}

function read(text: string): { program: Program; notes: readonly string[] } {
  const found = readProgram(text, 'mps');
  if (!found.ok) throw new Error(JSON.stringify(found.problem));
  return found;
}

function problemIn(text: string): string {
  const found = readProgram(text, 'mps');
  if (found.ok) throw new Error('it was read');
  const { line, column, message, advice } = found.problem;
  expect(advice.length).toBeGreaterThan(5);
  return `${line}:${column} ${message}`;
}

const boundsOf = ({ lower, upper }: Program, j: number): [number, number] => [lower[j]!, upper[j]!];

describe('the bounds of MPS', () => {
  it.each([
    { lines: [' UP BND z 4.5'], column: 2, want: [0, 4.5] },
    { lines: [' LO BND z -4.5'], column: 2, want: [-4.5, INFINITE] },
    { lines: [' FX BND z 2'], column: 2, want: [2, 2] },
    { lines: [' FR BND z'], column: 2, want: [-INFINITE, INFINITE] },
    { lines: [' MI BND z'], column: 2, want: [-INFINITE, INFINITE] },
    { lines: [' MI BND z', ' UP BND z -4'], column: 2, want: [-INFINITE, -4] },
    { lines: [' UP BND z -4', ' LO BND z -9'], column: 2, want: [-9, -4] },
    { lines: [' PL BND y'], column: 1, want: [0, INFINITE] },
    { lines: [' UP BND y 7'], column: 1, want: [0, 7] },
    { lines: [' LO BND y 2'], column: 1, want: [2, INFINITE] },
    { lines: [' UP BND z 1e30'], column: 2, want: [0, INFINITE] },
    { lines: [' LO BND z -Infinity'], column: 2, want: [-INFINITE, INFINITE] },
    { lines: [' UP z 4'], column: 2, want: [0, 4] },
    { lines: [' FR z'], column: 2, want: [-INFINITE, INFINITE] },
    { lines: [' UP BND z 4', ' UP OTHER z 9'], column: 2, want: [0, 4] },
  ])('$lines give $want', ({ lines, column, want }) => {
    expect(boundsOf(read(mps({ bounds: lines })).program, column)).toEqual(want);
  });

  it.each([
    { line: ' BV BND z', want: [0, 1] },
    { line: ' LI BND z -2', want: [-2, INFINITE] },
    { line: ' UI BND z 3', want: [0, 3] },
  ])('$line makes a whole column', ({ line, want }) => {
    const { program } = read(mps({ bounds: [line] }));
    expect([boundsOf(program, 2), program.integer[2]]).toEqual([want, 1]);
  });

  it('are 0 to 1 for columns between markers without a line, and that is said', () => {
    const { program, notes } = read(mps({ bounds: [' UP BND y 7'] }));
    expect(boundsOf(program, 0)).toEqual([0, 1]);
    expect(notes).toEqual([expect.stringMatching(/^1 integer columns .* 0 to 1/)]);
  });
});

describe('sides, ranges and the objective of MPS', () => {
  it.each([
    { kind: 'L', range: 4, want: [6, 10] },
    { kind: 'L', range: -4, want: [6, 10] },
    { kind: 'G', range: 4, want: [10, 14] },
    { kind: 'G', range: -4, want: [10, 14] },
    { kind: 'E', range: 4, want: [10, 14] },
    { kind: 'E', range: -4, want: [6, 10] },
    { kind: 'E', range: 0, want: [10, 10] },
  ])('a range of $range on a row of kind $kind is $want', ({ kind, range, want }) => {
    const text = mps({ between: `RANGES\n    RNG c1 ${range}` }).replace(' L c1', ` ${kind} c1`);
    const { program } = read(text);
    expect([program.rowLower[0], program.rowUpper[0]]).toEqual(want);
  });

  it('the right side of the objective is its constant with the other sign', () => {
    expect(read(mps({ rhs: '    RHS c1 10 obj 5' })).program.offset).toBe(-5);
    expect(read(mps({ rhs: '    RHS obj -2.5' })).program.offset).toBe(2.5);
  });

  it.each(['OBJSENSE\n    MAX', 'OBJSENSE MAX', 'OBJSENSE\n  MAXIMIZE', 'objsense\n max'])(
    '%j maximises',
    (head) => {
      expect(read(mps({ head })).program.sense).toBe('maximise');
    },
  );

  it('OBJNAME chooses among the N rows; the others are left out, and that is said', () => {
    const text = mps({ head: 'OBJNAME\n    cost' })
      .replace(' L c1', ' N cost\n L c1')
      .replace('z obj -1', 'z cost 3 obj -1');
    const { program, notes } = read(text);
    expect([...program.objective]).toEqual([0, 0, 3]);
    expect(program.rowNames).toEqual(['c1']);
    expect(notes).toContainEqual(expect.stringContaining('free row obj'));
  });

  it("reads Fortran's exponents, comments, blank lines and carriage returns", () => {
    const text = mps({ rhs: '    RHS c1 1.5D+1' })
      .replace('ROWS', '* a comment\n\nROWS')
      .replaceAll('\n', '\r\n');
    expect(read(text).program.rowUpper[0]).toBe(15);
  });
});

describe('the fixed form', () => {
  const fixed = [
    'NAME          BLANKS',
    'ROWS',
    ' N  COST',
    ' L  MY ROW',
    'COLUMNS',
    '    A COL     COST               1.5   MY ROW             2.0',
    'RHS',
    '    MY RHS    MY ROW             4.0',
    'BOUNDS',
    ' UP BND       A COL              9.0',
    'ENDATA',
  ].join('\n');

  it('may have blanks in names', () => {
    const { program } = read(fixed);
    expect([program.columnNames, program.rowNames, [...program.values], program.upper[0]]).toEqual([
      ['A COL'],
      ['MY ROW'],
      [2],
      9,
    ]);
  });

  it('is told where it breaks, also there', () => {
    expect(problemIn(fixed.replace('UP BND       A COL', 'UP BND       B COL'))).toBe(
      '10:15 unknown column B COL',
    );
    expect(problemIn(fixed.replace('    A COL  ', '    A COL\t'))).toBe('6:10 a tab in fixed form');
  });
});

describe('what MPS cannot say, or says twice, is refused with its place:', () => {
  it.each([
    ['an unknown section', mps({ head: 'ROWZ' }), '2:1 unknown section ROWZ'],
    [
      'a quadratic objective',
      mps({ head: 'QUADOBJ' }),
      '2:1 a quadratic objective (QUADOBJ): only linear programs are read',
    ],
    [
      'semi-continuous columns',
      mps({ bounds: [' SC BND z 4'] }),
      '14:2 SC: semi-continuous columns are not read',
    ],
    ['an unknown row', mps({ rhs: '    RHS c9 1' }), '12:9 unknown row c9'],
    ['an unknown column', mps({ bounds: [' UP BND w 4'] }), '14:9 unknown column w'],
    ['a bound without a value', mps({ bounds: [' UP BND z'] }), '14:10 UP of z has no value'],
    [
      'a word for a number',
      mps({ rhs: '    RHS c1 ten' }),
      '12:12 the right side of c1 "ten" is not a number',
    ],
    ['not a number', mps({ rhs: '    RHS c1 NaN' }), '12:12 the right side of c1 "NaN" is not a number'],
    [
      'a number beyond 2^53',
      mps({ rhs: '    RHS c1 9007199254740993' }),
      expect.stringContaining('12:12 the right side of c1 9007199254740993 is beyond 2^53 - 1'),
    ],
    [
      'a number that vanishes',
      mps({ rhs: '    RHS c1 1e-400' }),
      '12:12 the right side of c1 1e-400 is too small to be held',
    ],
    [
      'an infinite coefficient',
      mps().replace('y obj -1', 'y obj inf'),
      '8:11 the coefficient of y in obj "inf" is not a number',
    ],
    ['two right sides', mps({ rhs: '    RHS c1 1\n    RHS c1 2' }), '13:9 c1 has two right sides'],
    ['two entries', mps().replace('z obj -1 c1 1', 'z c1 1 c1 2'), '10:12 z has two entries in c1'],
    ['a row twice', mps().replace(' L c1', ' L c1\n G c1'), '5:4 row c1 stands twice'],
    [
      'a column in two places',
      mps().replace("    M 'MARKER' 'INTEND'", '    x c1 3'),
      '9:5 column x comes a second time',
    ],
    [
      'a negative upper bound alone',
      mps({ bounds: [' UP BND z -4'] }),
      expect.stringContaining('14:11 z has the upper bound -4 and no lower one'),
    ],
    ['an end that is missing', mps().replace('ENDATA', ''), '13:7 the file ends without ENDATA'],
    ['no objective', mps().replace(' N obj', ' G obj').replaceAll(' obj -1', ''), '14:7 no objective'],
    ['nothing at all', '', '1:1 the file ends without ENDATA'],
    ['data before a section', '  x y 1\nENDATA', '1:3 data before the first section'],
  ])('%s', (_, text, want) => {
    expect(problemIn(text)).toEqual(want);
  });
});
