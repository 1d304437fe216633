// A plan with one column granted whatever it costs: the plan that there is with room made for it, and the groups in doubt solved again.
// Invariant: whatever the core's answer, `whole` is a plan of the model that has the column and keeps what was frozen. Called by
// scheduler/whatItTakes.ts. All the rest solved anew is more work for a worse plan: the one that there is came of more of it.
import { type Columns, columnsOf } from './columns.ts';
import { Load } from './load.ts';
import { type Model, ModelBuilder } from './model.ts';
import type { Proof, StageCertificate } from './solution.ts';

export interface Forcing {
  readonly stage: number;
  /** Its grants in earlier stages stay. */
  readonly granted: Uint8Array;
  /** Of the stage: whose price is nearest to zero there is in doubt. */
  readonly certificate: StageCertificate;
  /** Groups of the stage that are solved again, at most. */
  readonly groupsMost: number;
}

export interface ForcedCore {
  /** The groups in doubt, in the room that all others leave. */
  readonly model: Model;
  /** All other groups of the stage are in it: what it proves holds for every plan that has the column. */
  readonly isWhole: boolean;
  /** What the core finds taken: earlier stages, the column, and grants of groups that are in no doubt. */
  readonly kept: Uint8Array;
  /** The better of the core's plan and the repaired one, with later stages as far as they fit. */
  whole(chosen: Uint8Array): Uint8Array;
}

/** Per column of the stage its core; null when it does not fit beside the grants of earlier stages: no plan of its stage has it. */
export function forcing(model: Model, given: Forcing): (column: number) => ForcedCore | null {
  const columns = columnsOf(model);
  const prices = pricesOf(model, given.certificate);
  return (column) => {
    const draft = Draft.with(model, columns, { ...given, column });
    if (draft === null) return null;
    const repaired = repair(draft, { ...given, column, prices });
    const { open, kept } = coreOf(model, { ...given, column, prices, repaired: repaired.plan });
    return {
      model: rest(model, { kept, open }),
      isWhole: kept.every(
        (entry, j) => entry === 0 || j === column || model.stage[model.group[j]!]! < given.stage,
      ),
      kept,
      whole(chosen) {
        const solved = draft.copy();
        for (const [j, entry] of kept.entries()) if (entry === 1) solved.add(j);
        for (const [at, j] of open.entries()) if (chosen[at] === 1) solved.add(j);
        solved.fill(byFalling(prices, solved.openOf(given.stage)));
        const best = solved.value >= repaired.value ? solved : repaired.copy();
        for (const stage of columns.stages) {
          if (stage <= given.stage) continue;
          const later = best.openOf(stage);
          best.fill([...later.filter((j) => given.granted[j] === 1), ...byFalling(model.objective, later)]);
        }
        return best.plan;
      },
    };
  };
}

interface Forced extends Forcing {
  readonly column: number;
  readonly prices: Float64Array;
}

/** A plan under way: what is added fits, one column a group. */
class Draft {
  readonly plan: Uint8Array;
  readonly model: Model;
  readonly #load: Load;
  readonly #served: Uint8Array;
  #worth = 0;

  private constructor(
    model: Model,
    load: Load,
    from: { plan: Uint8Array; served: Uint8Array; worth: number },
  ) {
    this.model = model;
    this.#load = load;
    this.plan = from.plan;
    this.#served = from.served;
    this.#worth = from.worth;
  }

  /** The frozen grants and the column; null when it does not fit. */
  static with(
    model: Model,
    columns: Columns,
    { stage, granted, column }: Omit<Forced, 'prices'>,
  ): Draft | null {
    const plan = new Uint8Array(model.columnCount);
    const served = new Uint8Array(model.groupCount);
    const draft = new Draft(model, new Load(columns), { plan, served, worth: 0 });
    for (const [j, entry] of granted.entries())
      if (entry === 1 && model.stage[model.group[j]!]! < stage) draft.add(j);
    return draft.add(column) ? draft : null;
  }

  copy(): Draft {
    const from = { plan: this.plan.slice(), served: this.#served.slice(), worth: this.#worth };
    return new Draft(this.model, this.#load.copy(), from);
  }

  /** Comparable among drafts of the same frozen grants. */
  get value(): number {
    return this.#worth - this.#load.cost;
  }

  add(j: number): boolean {
    const group = this.model.group[j]!;
    if (this.#served[group] === 1 || !this.#load.add(j)) return false;
    this.#served[group] = 1;
    this.plan[j] = 1;
    this.#worth += this.model.objective[j]!;
    return true;
  }

  fill(order: Iterable<number>): void {
    for (const j of order) this.add(j);
  }

  openOf(stage: number): number[] {
    const { group, stage: stages } = this.model;
    return [...group.keys()].filter((j) => stages[group[j]!] === stage && this.#served[group[j]!] === 0);
  }
}

/** Whoever is granted stays as long as there is room, in two orders: most worth for what is contested first, and most worth. The better one. */
function repair(draft: Draft, { stage, granted, column, prices }: Forced): Draft {
  const model = draft.model;
  const densities = densitiesOn(model, column);
  const drafts = [
    densities,
    Float64Array.from(densities, (d, j) => (d === Number.POSITIVE_INFINITY ? d : model.objective[j]!)),
  ].map((order) => {
    const repaired = draft.copy();
    const open = repaired.openOf(stage);
    repaired.fill(
      byFalling(
        order,
        open.filter((j) => granted[j] === 1),
      ),
    );
    repaired.fill(byFalling(prices, open));
    return repaired;
  });
  return drafts.reduce((best, one) => (one.value > best.value ? one : best));
}

/** Worth over the share that a column takes of the rows that `of` is in; infinite where it takes nothing of them. */
function densitiesOn(model: Model, of: number): Float64Array {
  const shares = new Float64Array(model.columnCount);
  for (let row = 0; row < model.rowCount; row++) {
    const [from, to] = [model.starts[row]!, model.starts[row + 1]!];
    if (!model.indices.subarray(from, to).includes(of)) continue;
    for (let e = from; e < to; e++) {
      const j = model.indices[e]!;
      if (j < model.columnCount) shares[j] = shares[j]! + model.values[e]! / Math.max(1, model.rhs[row]!);
    }
  }
  return shares.map((share, j) => (share === 0 ? Number.POSITIVE_INFINITY : model.objective[j]! / share));
}

function byFalling(key: Float64Array, columns: readonly number[]): number[] {
  return columns.toSorted((a, b) => (key[a]! === key[b]! ? a - b : key[b]! > key[a]! ? 1 : -1));
}

/** Groups that the repair has changed, then those whose price is nearest to zero, measured by their worth. */
function coreOf(
  model: Model,
  { stage, granted, column, prices, groupsMost, repaired }: Forced & { readonly repaired: Uint8Array },
): { readonly open: readonly number[]; readonly kept: Uint8Array } {
  const { group, objective } = model;
  const doubt = new Float64Array(model.groupCount).fill(Number.POSITIVE_INFINITY);
  for (let j = 0; j < model.columnCount; j++) {
    const near = repaired[j] === granted[j] ? Math.abs(prices[j]!) / Math.max(1, objective[j]!) : -1;
    doubt[group[j]!] = Math.min(doubt[group[j]!]!, near);
  }
  const others = [...doubt.keys()].filter((g) => model.stage[g] === stage && g !== group[column]);
  const inDoubt = new Set(others.sort((a, b) => doubt[a]! - doubt[b]! || a - b).slice(0, groupsMost));
  return {
    open: [...group.keys()].filter((j) => inDoubt.has(group[j]!)),
    kept: repaired.map((entry, j) => (inDoubt.has(group[j]!) ? 0 : entry)),
  };
}

/** Column -> worth less what its rows cost at the multipliers; where the proof branches, at those of its first leaf. A guide, in doubles. */
function pricesOf(model: Model, { proof, derivedRows }: StageCertificate): Float64Array {
  const prices = Float64Array.from(model.objective);
  const { multipliers, derivedMultipliers } = leafOf(proof);
  const charge = (
    numerator: number,
    { columns, coefficients }: { columns: Int32Array; coefficients: ArrayLike<number> },
  ): void => {
    for (const [e, j] of columns.entries())
      if (j < model.columnCount) prices[j] = prices[j]! - (numerator / 2 ** 20) * coefficients[e]!;
  };
  for (const { row, numerator } of multipliers) {
    const span = [model.starts[row]!, model.starts[row + 1]!] as const;
    charge(numerator, {
      columns: model.indices.subarray(...span),
      coefficients: model.values.subarray(...span),
    });
  }
  for (const { derived, numerator } of derivedMultipliers) charge(numerator, derivedRows[derived]!);
  return prices;
}

function leafOf(proof: Proof): Exclude<Proof, { readonly column: number }> {
  return 'column' in proof ? leafOf(proof.zero) : proof;
}

/** The open columns alone, in rows less what is kept. Excesses stay as they are: the room of their rows says what they are at already. */
function rest(model: Model, { kept, open }: { kept: Uint8Array; open: readonly number[] }): Model {
  const builder = new ModelBuilder();
  const at = new Int32Array(model.columnCount).fill(-1);
  for (const [i, j] of open.entries()) {
    if (i === 0 || model.group[open[i - 1]!] !== model.group[j])
      builder.addGroup(model.stage[model.group[j]!]!);
    at[j] = builder.addColumn(model.objective[j]!);
  }
  for (const [row, name] of model.rowNames.entries())
    builder.addRow(name, model.rhs[row]! - useOf(model, row, kept));
  for (const [k, row] of model.definingRow.entries())
    builder.addExcess(row, model.excessUpper[k]!, model.excessCost[k]!);
  for (let row = 0; row < model.rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const j = model.indices[e]!;
      const excess = j - model.columnCount;
      if (excess >= 0 && model.definingRow[excess] !== row) builder.useExcess(row, excess, model.values[e]!);
      else if (excess < 0 && at[j]! >= 0) builder.addEntry(row, at[j]!, model.values[e]!);
    }
  }
  return builder.build();
}

function useOf(model: Model, row: number, kept: Uint8Array): number {
  let use = 0;
  for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++)
    if (kept[model.indices[e]!] === 1) use += model.values[e]!;
  return use;
}
