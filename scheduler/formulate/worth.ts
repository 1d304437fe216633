// The columns' groups and values while they grow: what a tick takes off them, or a policy adds, is known only when all columns are.
// Invariant: every column leaves here worth at least 1, in the order in which it came. Called by index.ts and fairness.ts.

import type { ModelBuilder } from '../../solver/index.ts';

export class Worths {
  readonly #stages: number[] = [];
  readonly #groups: number[] = [];
  readonly #values: number[] = [];

  /** A group of columns that exclude each other; its columns follow at once. */
  addGroup(stage: number): number {
    this.#stages.push(stage);
    return this.#stages.length - 1;
  }

  addColumn(group: number, value: number): number {
    this.#groups.push(group);
    this.#values.push(value);
    return this.#values.length - 1;
  }

  lower(column: number, by: number): void {
    this.#values[column] = this.#values[column]! - by;
  }

  raise(column: number, by: number): void {
    this.#values[column] = this.#values[column]! + by;
  }

  /** Once, before any row. */
  emit(builder: ModelBuilder): void {
    let column = 0;
    for (const [group, stage] of this.#stages.entries()) {
      builder.addGroup(stage);
      for (; this.#groups[column] === group; column++) builder.addColumn(this.#values[column]!);
    }
  }
}
