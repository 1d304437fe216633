// What the components prove, as one certificate of their stage: multipliers of the model's rows, derived rows over its columns, branches.
// Invariant: components share no row, so that their multipliers unite and their bounds add up. Called by stage.ts.
import type { ComponentAnswer } from './component.ts';
import type { Component } from './components.ts';
import type { Cut } from './cuts.ts';
import type { Multipliers } from './lagrangian.ts';
import type { StageView } from './presolve.ts';
import type {
  DerivedMultiplier,
  DerivedRow,
  Multiplier,
  Proof,
  ProofLeaf,
  StageCertificate,
} from './solution.ts';
import { LEAVES_MAX, type Tree } from './tree.ts';

/** A component's share of the proof. */
export interface PartialProof {
  readonly derivedRows: readonly DerivedRow[];
  readonly proof: Proof;
  readonly leaves: number;
}

const NOTHING: PartialProof = {
  derivedRows: [],
  proof: { multipliers: [], derivedMultipliers: [] },
  leaves: 1,
};

/** `fallback`: numerators per row of the program, for an answer without a linear program. */
export function partialProof(
  view: StageView,
  component: Component,
  { answer, fallback }: { answer: ComponentAnswer; fallback: () => Float64Array },
): PartialProof {
  if (answer.tree !== null) {
    const columns = spreadColumns(view, component);
    const prover = new Prover(component, answer.tree.cuts, (q) => [columns[q]!]);
    const proof = prover.treeOf(answer.tree.tree, (q) => columns[q]!);
    return { derivedRows: prover.derivedRows, proof, leaves: answer.tree.leaves };
  }
  const { cuts, multipliers } = answer.bounding ?? {
    cuts: [],
    multipliers: { rows: fallback(), cuts: NO_CUTS },
  };
  const prover = new Prover(component, cuts, (q) => optionColumns(view, component.options[q]!));
  const proof = prover.leafOf(multipliers);
  return { derivedRows: prover.derivedRows, proof, leaves: 1 };
}

const NO_CUTS = new Float64Array(0);

/**
 * One proof of all parts. Trees multiply: each leaf of the first goes on as the second. Where that grows too large, a later part's
 * `withoutTree` stands in, whose bound is weaker.
 */
export function combine(
  parts: readonly { readonly full: PartialProof; readonly withoutTree: () => PartialProof }[],
): StageCertificate {
  let whole = NOTHING;
  for (const { full, withoutTree } of parts) {
    whole = join(whole, whole.leaves * full.leaves <= LEAVES_MAX ? full : withoutTree());
  }
  return { derivedRows: whole.derivedRows, proof: whole.proof, frozenDigest: '' };
}

function join(a: PartialProof, b: PartialProof): PartialProof {
  const behind = a.derivedRows.length;
  const moved = (leaf: ProofLeaf): ProofLeaf => ({
    multipliers: leaf.multipliers,
    derivedMultipliers: leaf.derivedMultipliers.map(({ derived, numerator }) => ({
      derived: derived + behind,
      numerator,
    })),
  });
  const under = (first: ProofLeaf): Proof =>
    mapLeaves(b.proof, (leaf) => {
      const second = moved(leaf);
      return {
        multipliers: [...first.multipliers, ...second.multipliers],
        derivedMultipliers: [...first.derivedMultipliers, ...second.derivedMultipliers],
      };
    });
  return {
    derivedRows: [...a.derivedRows, ...b.derivedRows],
    proof: mapLeaves(a.proof, under),
    leaves: a.leaves * b.leaves,
  };
}

function mapLeaves(proof: Proof, leaf: (leaf: ProofLeaf) => Proof): Proof {
  if (!('column' in proof)) return leaf(proof);
  return { column: proof.column, zero: mapLeaves(proof.zero, leaf), one: mapLeaves(proof.one, leaf) };
}

class Prover {
  readonly derivedRows: DerivedRow[] = [];
  readonly #component: Component;
  readonly #cuts: readonly Cut[];
  readonly #columnsOf: (option: number) => readonly number[];
  /** Cut -> its derived row, once a leaf has used it. */
  readonly #derived = new Map<number, number>();

  constructor(component: Component, cuts: readonly Cut[], columnsOf: (option: number) => readonly number[]) {
    this.#component = component;
    this.#cuts = cuts;
    this.#columnsOf = columnsOf;
  }

  treeOf(tree: Tree, columnOf: (option: number) => number): Proof {
    if ('multipliers' in tree) return this.leafOf(tree.multipliers);
    return {
      column: columnOf(tree.option),
      zero: this.treeOf(tree.zero, columnOf),
      one: this.treeOf(tree.one, columnOf),
    };
  }

  leafOf({ rows, cuts }: Multipliers): ProofLeaf {
    const multipliers: Multiplier[] = [];
    for (let i = 0; i < rows.length; i++) {
      if (rows[i]! > 0) multipliers.push({ row: this.#component.rows[i]!, numerator: rows[i]! });
    }
    const derivedMultipliers: DerivedMultiplier[] = [];
    for (let c = 0; c < cuts.length; c++) {
      if (cuts[c]! > 0) derivedMultipliers.push({ derived: this.#derivedRow(c), numerator: cuts[c]! });
    }
    return { multipliers, derivedMultipliers };
  }

  #derivedRow(c: number): number {
    const known = this.#derived.get(c);
    if (known !== undefined) return known;
    this.#derived.set(c, this.derivedRows.length);
    this.derivedRows.push(this.#expand(this.#cuts[c]!));
    return this.derivedRows.length - 1;
  }

  #expand({ row, through, options, coefficients, rhs }: Cut): DerivedRow {
    const pairs: [column: number, coefficient: number][] = [];
    for (let i = 0; i < options.length; i++) {
      for (const column of this.#columnsOf(options[i]!)) pairs.push([column, coefficients[i]!]);
    }
    pairs.sort(([a], [b]) => a - b);
    return {
      row: this.#component.rows[row]!,
      ...(through.length > 0 && {
        through: Int32Array.from(through, (k) => this.#component.excesses[k]!),
      }),
      columns: Int32Array.from(pairs, ([column]) => column),
      coefficients: Int32Array.from(pairs, ([, coefficient]) => coefficient),
      rhs,
    };
  }
}

/** Columns of an option of the view: one per group of its shape. */
function optionColumns(view: StageView, option: number): number[] {
  const shape = view.shapes[view.optionShape[option]!]!;
  const offset = view.optionFitting[option]! - shape.first;
  return shape.groups.map((group) => view.fitting[view.firstFitting[group]! + offset]!);
}

/** Option of the spread program -> column of the model: group by group within a shape, as `spread` lays them out. */
function spreadColumns(view: StageView, component: Component): number[] {
  const columns: number[] = [];
  for (const s of component.shapes) {
    const shape = view.shapes[s]!;
    for (const group of shape.groups) {
      for (let o = 0; o < shape.options; o++) columns.push(view.fitting[view.firstFitting[group]! + o]!);
    }
  }
  return columns;
}
