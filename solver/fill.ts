// Counts of a stage's options as granted columns. Invariant: within a shape first come, first served; ties by order of arrival.
// Called by stage.ts.
import type { Load } from './load.ts';
import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';

/** Every group its best column, when all of them fit together beside `load`; else null. */
export function takeBest(model: Model, view: StageView, load: Load): number[] | null {
  const filled = load.copy();
  const granted: number[] = [];
  for (const shape of view.shapes) {
    let best = 0;
    for (let o = 1; o < shape.options; o++) {
      if (worthOf(model, view, shape.first + o) > worthOf(model, view, shape.first + best)) best = o;
    }
    for (const group of shape.groups) {
      const column = view.fitting[view.firstFitting[group]! + best]!;
      if (!filled.add(column)) return null;
      granted.push(column);
    }
  }
  return granted.sort((a, b) => a - b);
}

/**
 * Columns granted when option q of the view goes to counts[q] groups of its shape. The best options go to the earliest groups; the rows
 * cannot tell them apart, so any assignment of the counts is feasible.
 */
export function grantedColumns(model: Model, view: StageView, counts: Int32Array): number[] {
  const { shapes, fitting, firstFitting } = view;
  const columns: number[] = [];
  let option = 0;
  for (const shape of shapes) {
    const options = Array.from({ length: shape.options }, (_, o) => o);
    if (shape.options > 1) {
      const worth = (o: number): number => worthOf(model, view, shape.first + o);
      options.sort((a, b) => worth(b) - worth(a) || a - b);
    }
    let next = 0;
    for (const o of options) {
      for (let n = counts[option + o]!; n > 0; n--) {
        columns.push(fitting[firstFitting[shape.groups[next]!]! + o]!);
        next++;
      }
    }
    option += shape.options;
  }
  return columns.sort((a, b) => a - b);
}

function worthOf(model: Model, view: StageView, fitting: number): number {
  return model.objective[view.fitting[fitting]!]!;
}
