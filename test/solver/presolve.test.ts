// What a stage is reduced to: columns that fit alone, rows that can bind, shapes.
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../solver/columns.ts';
import type { Model } from '../../solver/index.ts';
import { Load } from '../../solver/load.ts';
import { type StageView, viewStage } from '../../solver/presolve.ts';
import { aModel } from '../support/aModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

function view(model: Model, stage = 0, frozen: readonly number[] = []): StageView | null {
  const columns = columnsOf(model);
  const load = new Load(columns);
  for (const j of frozen) load.add(j);
  return viewStage({ model, columns, stage, load, frozen });
}

function rowNames(model: Model, of: StageView): string[] {
  return [...of.rows].map((row) => model.rowNames[row]!);
}

const needs = (gpu: number) => ({ worth: 10, needs: { gpu } });

describe('a stage view', () => {
  test('keeps only the columns that fit alone beside the frozen grants', () => {
    const model = aModel({
      rows: { gpu: 4 },
      groups: [
        { stage: 0, options: [needs(2)] },
        { stage: 1, options: [needs(3), needs(2)] },
        { stage: 1, options: [needs(5)] },
      ],
    });
    expect([...view(model, 1)!.fitting]).toEqual([1, 2]);
    expect([...view(model, 1, [0])!.fitting]).toEqual([2]);
    expect(view(model, 1, [0, 2])).toBeNull();
  });

  test('drops a row whose largest entries of all groups fit together, and keeps it one unit below', () => {
    const groups = [{ options: [needs(3), needs(1)] }, { options: [needs(2)] }];
    const roomy = aModel({ rows: { gpu: 5 }, groups });
    const tight = aModel({ rows: { gpu: 4 }, groups });
    expect(rowNames(roomy, view(roomy)!)).toEqual([]);
    expect(rowNames(tight, view(tight)!)).toEqual(['gpu']);
  });

  test.each([
    { title: 'nobody can exceed the share', share: 6, upper: 9, lent: 0, wantRows: [] },
    { title: 'the excess fits in what is lent', share: 4, upper: 9, lent: 2, wantRows: [] },
    {
      title: 'the excess can outgrow what is lent',
      share: 4,
      upper: 9,
      lent: 1,
      wantRows: ['share', 'lent'],
    },
    { title: 'the excess can outgrow its own bound', share: 3, upper: 2, lent: 9, wantRows: ['share'] },
  ])('of a defining row and its user keeps what can bind when $title', ({ share, upper, lent, wantRows }) => {
    const model = aModel({
      rows: { share, lent },
      excesses: [{ of: 'share', upper, into: { lent: 1 } }],
      groups: [{ options: [{ worth: 1, needs: { share: 2 } }], times: 3 }],
    });
    expect(rowNames(model, view(model)!)).toEqual(wantRows);
  });

  test('groups alike in every row that can bind become one shape, though their own accounts differ', () => {
    const model = aModel({
      rows: { gpu: 3, mine: 100, yours: 100 },
      groups: [
        { options: [{ worth: 10, needs: { gpu: 2, mine: 5 } }] },
        { options: [{ worth: 10, needs: { gpu: 2, yours: 7 } }] },
        { options: [{ worth: 11, needs: { gpu: 2, yours: 7 } }] },
        { options: [{ worth: 10, needs: { gpu: 2 } }] },
      ],
    });
    expect(view(model)!.shapes.map((shape) => shape.groups)).toEqual([[0, 1, 3], [2]]);
  });

  test('a group with a second option, or the same option in another order, is another shape', () => {
    const small = { worth: 9, needs: { gpu: 1 } };
    const model = aModel({
      rows: { gpu: 3 },
      groups: [
        { options: [needs(2)] },
        { options: [needs(2), small] },
        { options: [small, needs(2)] },
        { options: [needs(2), small] },
      ],
    });
    const { shapes, optionShape } = view(model)!;
    expect(shapes.map((shape) => shape.groups)).toEqual([[0], [1, 3], [2]]);
    expect([...optionShape]).toEqual([0, 1, 1, 2, 2]);
  });

  test('a tick of few worths has far fewer shapes than requests', () => {
    const model = aModel({
      rows: { gpu: 500 },
      groups: [
        { options: [needs(1)], times: 400 },
        { options: [needs(2)], times: 400 },
      ],
    });
    expect(view(model)!.shapes.map((shape) => shape.groups.length)).toEqual([400, 400]);
  });

  test('room is what the frozen grants leave, and may be negative in a defining row', () => {
    const model = aModel({
      rows: { share: 2, lent: 6 },
      excesses: [{ of: 'share', upper: 9, into: { lent: 1 } }],
      groups: [
        { stage: 0, options: [{ worth: 1, needs: { share: 5 } }] },
        { stage: 1, options: [{ worth: 1, needs: { share: 2 } }], times: 3 },
      ],
    });
    const reduced = view(model, 1, [0])!;
    expect(rowNames(model, reduced)).toEqual(['share', 'lent']);
    expect([...reduced.room]).toEqual([-3, 6]);
    expect([...reduced.excessMost]).toEqual([9]);
  });

  test('every fitting column of a synthetic tick belongs to exactly one shape', () => {
    const model = syntheticTick({ requests: 300, seed: 4, worthLevels: 2 });
    const { shapes, fitting } = view(model)!;
    const groups = shapes.flatMap((shape) => shape.groups);
    expect(new Set(groups).size).toBe(groups.length);
    expect(shapes.reduce((sum, shape) => sum + shape.groups.length * shape.options, 0)).toBe(fitting.length);
  });
});
