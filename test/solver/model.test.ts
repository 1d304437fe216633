// The builder refuses every model that breaks its own invariant.
import { describe, expect, test } from 'vitest';
import { ModelBuilder, ModelError } from '../../solver/index.ts';
import { aModel, type ModelSpec } from '../support/aModel.ts';

function aBuilder(): ModelBuilder {
  const builder = new ModelBuilder();
  builder.addGroup(0);
  builder.addColumn(5);
  builder.addRow('a', 10);
  builder.addRow('b', 10);
  return builder;
}

describe('a model is built', () => {
  test('entries are sorted by column, sums of repeated entries count, and zeros leave no trace', () => {
    const builder = aBuilder();
    builder.addGroup(1);
    builder.addColumn(7);
    builder.addEntry(0, 1, 3);
    builder.addEntry(0, 0, 2);
    builder.addEntry(0, 0, 2);
    builder.addEntry(1, 0, 0);
    const excess = builder.addExcess(0, 4);
    builder.useExcess(1, excess, 1);
    builder.useExcess(1, excess, 2);
    const model = builder.build();
    expect([...model.starts]).toEqual([0, 3, 4]);
    expect([...model.indices]).toEqual([0, 1, 2, 2]);
    expect([...model.values]).toEqual([4, 3, -1, 3]);
    expect([...model.stage]).toEqual([0, 1]);
    expect(model.rowNames).toEqual(['a', 'b']);
  });

  test('the order in which entries are added leaves no trace', () => {
    const groups = [
      { options: [{ worth: 3, needs: { a: 1, b: 2 } }] },
      { options: [{ worth: 4, needs: { b: 5, a: 6 } }] },
    ];
    const reversed = new ModelBuilder();
    for (const name of ['a', 'b']) reversed.addRow(name, 9);
    for (const worth of [3, 4]) {
      reversed.addGroup(0);
      reversed.addColumn(worth);
    }
    for (const [row, column, coefficient] of [
      [1, 1, 5],
      [0, 1, 6],
      [1, 0, 2],
      [0, 0, 1],
    ] as const) {
      reversed.addEntry(row, column, coefficient);
    }
    expect(reversed.build()).toEqual(aModel({ rows: { a: 9, b: 9 }, groups }));
  });

  test.each<[string, (builder: ModelBuilder) => void]>([
    ['a column before any group', () => new ModelBuilder().addColumn(1)],
    ['an objective below 1', (builder) => builder.addColumn(0)],
    ['a fraction as a coefficient', (builder) => builder.addEntry(0, 0, 0.5)],
    ['a negative coefficient', (builder) => builder.addEntry(0, 0, -1)],
    ['an entry in an unknown row', (builder) => builder.addEntry(7, 0, 1)],
    ['an entry of an unknown column', (builder) => builder.addEntry(0, 7, 1)],
    ['a row added twice', (builder) => builder.addRow('a', 1)],
    [
      'an excess used before the row that defines it',
      (builder) => builder.useExcess(0, builder.addExcess(1, 1), 1),
    ],
    [
      'an excess used in a row that does not exist',
      (builder) => builder.useExcess(9, builder.addExcess(1, 1), 1),
    ],
    [
      'two excesses of one row',
      (builder) => {
        builder.addExcess(0, 1);
        builder.addExcess(0, 1);
      },
    ],
  ])('%s is refused at once', (_, act) => {
    expect(() => act(aBuilder())).toThrow(ModelError);
  });

  test.each<Pick<ModelSpec, 'rows' | 'excesses'> & { title: string }>([
    { title: 'a plain row below zero', rows: { a: -1 } },
    {
      title: 'more excess than its upper bound',
      rows: { a: -5 },
      excesses: [{ of: 'a', upper: 4, into: {} }],
    },
    {
      title: 'an excess that over-fills a later row',
      rows: { a: -3, b: 5 },
      excesses: [{ of: 'a', upper: 4, into: { b: 2 } }],
    },
  ])('a model whose empty plan has $title is refused', ({ rows, excesses }) => {
    expect(() => aModel({ rows, excesses: excesses ?? [], groups: [] })).toThrow(/the empty plan breaks row/);
  });

  test('a value that could leave the safe integers is refused', () => {
    const worth = Number.MAX_SAFE_INTEGER;
    expect(() => aModel({ rows: {}, groups: [{ options: [{ worth, needs: {} }], times: 2 }] })).toThrow(
      ModelError,
    );
    expect(() => aModel({ rows: {}, groups: [{ options: [{ worth, needs: {} }] }] })).not.toThrow();
  });
});
