// Our own form: what the schema allows is read, what it refuses is refused with its place, numbers are exact.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileFormatOf, readProgram, writeProgram } from '../../../solver/index.ts';
import { anyProgram } from '../../support/randomProgram.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/program.schema.json'), 'utf8'),
);
const isValid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

const GOOD = {
  version: 1,
  name: 'lab',
  sense: 'maximise',
  offset: 2,
  columns: [
    { name: 'x', objective: 3, kind: 'integer', upper: 4 },
    { name: 'y', kind: 'binary' },
    { name: 'z', lower: null, upper: 2.5 },
  ],
  rows: [
    { name: 'r', terms: { x: 1, y: -2 }, upper: 4, lower: null },
    { name: 's', terms: { z: 1 }, equals: 1 },
  ],
};

function problemIn(text: string): string {
  const found = readProgram(text, 'json');
  if (found.ok) throw new Error('it was read');
  expect(found.problem.advice.length).toBeGreaterThan(5);
  return `${found.problem.line}:${found.problem.column} ${found.problem.message}`;
}

/** The good document with one thing else. */
const bent = (bend: (document: typeof GOOD & Record<string, unknown>) => void): string => {
  const document = structuredClone(GOOD);
  bend(document);
  return JSON.stringify(document, null, 1);
};

describe('a program in JSON', () => {
  it('is read as it says', () => {
    expect(isValid(GOOD)).toBe(true);
    const found = readProgram(JSON.stringify(GOOD), 'json');
    if (!found.ok) throw new Error(JSON.stringify(found.problem));
    const { program } = found;
    expect(program).toMatchObject({
      name: 'lab',
      sense: 'maximise',
      offset: 2,
      columnNames: ['x', 'y', 'z'],
      rowNames: ['r', 's'],
    });
    expect([[...program.lower], [...program.upper], [...program.integer]]).toEqual([
      [0, 0, Number.NEGATIVE_INFINITY],
      [4, 1, 2.5],
      [1, 1, 0],
    ]);
    expect([[...program.rowLower], [...program.rowUpper]]).toEqual([
      [Number.NEGATIVE_INFINITY, 1],
      [4, 1],
    ]);
  });

  it('follows its schema whenever we write it', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        expect(isValid(JSON.parse(writeProgram(program, 'json').text))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [
      'an unknown field',
      bent((d) => Object.assign(d, { surprise: 1 })),
      'unknown field "surprise" of a program',
    ],
    [
      'an unknown field of a column',
      bent((d) => Object.assign(d.columns[0]!, { ub: 1 })),
      'unknown field "ub" of a column',
    ],
    ['another version', bent((d) => Object.assign(d, { version: 2 })), 'an unknown version'],
    ['a missing sense', bent((d) => Reflect.deleteProperty(d, 'sense')), '"sense" is missing'],
    ['another sense', bent((d) => Object.assign(d, { sense: 'max' })), 'unknown sense'],
    [
      'a number in quotes',
      bent((d) => Object.assign(d.columns[0]!, { objective: '3' })),
      '"objective" is no number',
    ],
    ['an unknown kind', bent((d) => Object.assign(d.columns[0]!, { kind: 'bool' })), 'unknown kind "bool"'],
    [
      'a bound on a binary',
      bent((d) => Object.assign(d.columns[1]!, { upper: 2 })),
      'a bound on the binary column y',
    ],
    ['a row without a side', bent((d) => Reflect.deleteProperty(d.rows[1]!, 'equals')), 'row s has no side'],
    [
      'two kinds of side',
      bent((d) => Object.assign(d.rows[1]!, { upper: 2 })),
      'row s has "equals" and another side',
    ],
    [
      'terms as a list',
      bent((d) => Object.assign(d.rows[1]!, { terms: [] })),
      'the terms of row s are no object',
    ],
    [
      'an empty name',
      bent((d) => Object.assign(d.rows[1]!, { name: '' })),
      'a name is a string that is not empty',
    ],
    ['columns as an object', bent((d) => Object.assign(d, { columns: {} })), '"columns" is no list'],
  ])('refuses %s, and so does the schema', (_, text, want) => {
    expect(isValid(JSON.parse(text))).toBe(false);
    expect(problemIn(text)).toMatch(new RegExp(`^\\d+:\\d+ ${want}`));
  });

  it.each([
    ['an unknown column', bent((d) => Object.assign(d.rows[1]!.terms, { w: 1 })), 'unknown column w'],
    ['a column twice', bent((d) => d.columns.push(d.columns[0]!)), 'column x stands twice'],
    ['a row twice', bent((d) => d.rows.push(d.rows[0]!)), 'row r stands twice'],
    ['a key twice', JSON.stringify(GOOD).replace('"x":1', '"x":1,"x":2'), '"x" stands twice'],
    [
      'a number beyond 2^53',
      JSON.stringify(GOOD).replace('"offset":2', '"offset":9007199254740993'),
      '"offset" 9007199254740993 is beyond 2\\^53',
    ],
    [
      'a number that vanishes',
      JSON.stringify(GOOD).replace('"offset":2', '"offset":1e-999'),
      '"offset" 1e-999 is too small',
    ],
    [
      'NaN',
      JSON.stringify(GOOD).replace('"offset":2', '"offset":NaN'),
      '"N" stands where a value is expected',
    ],
    [
      'a plus sign',
      JSON.stringify(GOOD).replace('"offset":2', '"offset":+2'),
      '"\\+" stands where a value is expected',
    ],
    [
      'a leading zero',
      JSON.stringify(GOOD).replace('"offset":2', '"offset":02'),
      '"2" stands where "," is expected',
    ],
    [
      'a trailing comma',
      JSON.stringify(GOOD).replace('"offset":2,', '"offset":2,,'),
      '"," stands where a key is expected',
    ],
    ['two documents', `${JSON.stringify(GOOD)} {}`, '"{" stands where the end is expected'],
    ['half a document', JSON.stringify(GOOD).split('"name"')[0]!, 'the file ends where a key is expected'],
    ['a string with a line break', '{"a\n": 1}', 'a string that does not end'],
    ['a deep nest', '['.repeat(50_000), 'nested too deeply'],
    ['nothing', '', 'the file ends where a value is expected'],
  ])('refuses %s, which a schema cannot see', (_, text, want) => {
    expect(problemIn(text)).toMatch(new RegExp(`^\\d+:\\d+ ${want}`));
  });

  it('tells line and column as an editor counts them', () => {
    expect(problemIn('{\n  "version": 1,\n  "sense": "max"\n}')).toBe('3:12 unknown sense');
  });
});

describe('the form of a file', () => {
  it.each([
    ['plant.mps', '', 'mps'],
    ['plant.MPS.gz', '', 'mps'],
    ['plant.lp', '', 'lp'],
    ['plant.json.gz', '', 'json'],
    ['-', ' \n{"version": 1}', 'json'],
    ['-', '* a comment\nNAME x\nROWS\n', 'mps'],
    ['plant.txt', 'Maximize\n obj: x\n', 'lp'],
  ])('%s with %j is %s', (name, text, want) => {
    expect(fileFormatOf(name, text)).toBe(want);
  });
});
