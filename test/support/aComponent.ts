// The first component of a model's first stage: what the methods of solver/ are given. Used by solver tests.
// Invariant: nothing is frozen before it.
import { columnsOf } from '../../solver/columns.ts';
import { type Component, componentsOf } from '../../solver/components.ts';
import type { Model } from '../../solver/index.ts';
import { Load } from '../../solver/load.ts';
import { viewStage } from '../../solver/presolve.ts';

export function theComponents(model: Model): Component[] {
  const columns = columnsOf(model);
  const view = viewStage({ model, columns, stage: 0, load: new Load(columns), frozen: [] });
  return view === null ? [] : componentsOf(model, columns, view);
}

export function aComponent(model: Model): Component {
  const [first] = theComponents(model);
  if (first === undefined) throw new Error('no column of this model fits');
  return first;
}
