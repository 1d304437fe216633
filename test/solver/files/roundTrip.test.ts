// Reading what was written gives the program again, in every form; and HiGHS, which has readers of its own, reads the same from it.

import fc from 'fast-check';
import loadHighs, { type Highs } from 'highs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FileFormat, type Program, readProgram, writeProgram } from '../../../solver/index.ts';
import { anyProgram } from '../../support/randomProgram.ts';

const load = loadHighs as unknown as typeof loadHighs.default;
let highs: Highs;
beforeAll(async () => {
  highs = await load({ print: () => {}, printErr: () => {} });
});

const FORMATS: readonly FileFormat[] = ['mps', 'lp', 'json'];

function readBack(text: string, format: FileFormat): Program {
  const read = readProgram(text, format);
  if (!read.ok) throw new Error(`${JSON.stringify(read.problem)}\n${text}`);
  return read.program;
}

/** In an order of columns that the text does not fix: LP files name them as they come. */
function byName(program: Program): unknown {
  const { columnNames, rowNames, starts, indices, values } = program;
  return {
    sense: program.sense,
    offset: program.offset,
    columns: Object.fromEntries(
      columnNames.map((name, j) => [
        name,
        [program.objective[j], program.lower[j], program.upper[j], program.integer[j]],
      ]),
    ),
    rows: Object.fromEntries(
      rowNames.map((name, i) => {
        const entries = [...indices.subarray(starts[i], starts[i + 1])].map((j, e) => [
          columnNames[j],
          values[starts[i]! + e],
        ]);
        return [name, [program.rowLower[i], program.rowUpper[i], Object.fromEntries(entries)]];
      }),
    ),
  };
}

/** LP has a row with two sides as two rows. */
function withSplitRows(program: Program): Program {
  const { rowNames, rowLower, rowUpper, starts, indices, values } = program;
  const parts = rowNames.flatMap((name, i) => {
    const row = { name, i, lower: rowLower[i]!, upper: rowUpper[i]! };
    const isRange = Number.isFinite(row.lower) && Number.isFinite(row.upper) && row.lower !== row.upper;
    if (!isRange) return [row];
    return [
      { ...row, upper: Number.POSITIVE_INFINITY },
      { ...row, name: `${name}_upper`, lower: Number.NEGATIVE_INFINITY },
    ];
  });
  const entries = parts.map(({ i }) => [starts[i]!, starts[i + 1]!] as const);
  return {
    ...program,
    rowNames: parts.map(({ name }) => name),
    rowLower: Float64Array.from(parts, ({ lower }) => lower),
    rowUpper: Float64Array.from(parts, ({ upper }) => upper),
    starts: Int32Array.from([
      0,
      ...parts.map((_, at) => entries.slice(0, at + 1).reduce((sum, [from, to]) => sum + to - from, 0)),
    ]),
    indices: Int32Array.from(entries.flatMap(([from, to]) => [...indices.subarray(from, to)])),
    values: Float64Array.from(entries.flatMap(([from, to]) => [...values.subarray(from, to)])),
  };
}

function asHighsReads(text: string, format: 'mps' | 'lp'): unknown {
  const model = highs.createModel({
    format,
    data: format === 'mps' ? new TextEncoder().encode(text) : text,
  } as never);
  try {
    const lp = model.getLp();
    const name = (j: number): string => model.getColName(j);
    const columns = [...Array(lp.numCols).keys()];
    const rows = [...Array(lp.numRows).keys()].map(
      (i) => [model.getRowName(i), { at: i, entries: {} as Record<string, number> }] as const,
    );
    for (const j of columns) {
      for (let e = lp.matrix.starts[j]!; e < lp.matrix.starts[j + 1]!; e++)
        rows[lp.matrix.indices[e]!]![1].entries[name(j)] = lp.matrix.values[e]!;
    }
    return {
      sense: lp.sense === highs.constants.objectiveSense.maximize ? 'maximise' : 'minimise',
      offset: (lp.offset ?? 0) + 0,
      columns: Object.fromEntries(
        columns.map((j) => [
          name(j),
          [lp.colCost[j]! + 0, lp.colLower[j], lp.colUpper[j], lp.integrality?.[j] ?? 0],
        ]),
      ),
      rows: Object.fromEntries(
        rows.map(([row, { at, entries }]) => [row, [lp.rowLower[at], lp.rowUpper[at], entries]]),
      ),
    };
  } finally {
    model.dispose();
  }
}

describe.each(FORMATS)('a program as %s', (format) => {
  it('is the program again when it is read', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        const { text, renamed } = writeProgram(program, format);
        expect(renamed).toBe(0);
        expect(byName(readBack(text, format))).toEqual(
          byName(format === 'lp' ? withSplitRows(program) : program),
        );
      }),
      { numRuns: 300 },
    );
  });
});

// LP files name columns as they come, so their order there is not the program's.
describe.each(['mps', 'json'] as const)('a program as %s', (format) => {
  it('is the same text when it is written again', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        const { text } = writeProgram(program, format);
        expect(writeProgram(readBack(text, format), format).text).toEqual(text);
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(['mps', 'lp'] as const)('HiGHS, which reads %s by itself,', (format) => {
  it('finds in our files what we find', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        const { text } = writeProgram(program, format);
        expect(asHighsReads(text, format)).toEqual(byName(readBack(text, format)));
      }),
      { numRuns: 200 },
    );
  });
});

describe('names that a form cannot hold', () => {
  const odd = (columnNames: string[]): Program => ({
    name: 'odd',
    sense: 'maximise',
    offset: 0,
    columnNames,
    objective: Float64Array.from(columnNames, (_, j) => j + 1),
    lower: new Float64Array(columnNames.length),
    upper: new Float64Array(columnNames.length).fill(1),
    integer: new Uint8Array(columnNames.length).fill(1),
    rowNames: ['capacity/gpu a/now'],
    rowLower: Float64Array.of(Number.NEGATIVE_INFINITY),
    rowUpper: Float64Array.of(2),
    starts: Int32Array.of(0, columnNames.length),
    indices: Int32Array.from(columnNames.keys()),
    values: new Float64Array(columnNames.length).fill(1),
  });

  it.each([
    { format: 'mps' as const, names: ['a b', 'a_b', '$x', ' '], want: 4 },
    { format: 'lp' as const, names: ['1x', 'e1', 'end', 'x-y', 'x+y', 'free', 'st', 'ok'], want: 8 },
  ])('are changed in $format, each to its own, and counted', ({ format, names, want }) => {
    const { text, renamed } = writeProgram(odd(names), format);
    expect(renamed).toBe(want);
    const read = readBack(text, format);
    expect(new Set(read.columnNames).size).toBe(names.length);
    expect([...read.objective]).toEqual(names.map((_, j) => j + 1));
    expect(read.values.length).toBe(names.length);
  });

  it('stay in JSON, whatever they are', () => {
    const names = ['a b', '__proto__', 'constructor', '"', 'ü', '1'];
    const { text, renamed } = writeProgram(odd(names), 'json');
    expect(renamed).toBe(0);
    expect(readBack(text, 'json')).toEqual(odd(names));
  });
});
