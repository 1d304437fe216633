// What a request that a tick left waiting lacked, by the prices that the tick recorded: weak duality, exact integers, no solve.
// Invariant: no plan of its class that grants it is better than the tick's plan less `atLeast`. Called by explanations and whatItTakes.ts.

import type { ProofLeaf, StageOutcome } from '../solver/index.ts';
import { columnsOfRequest, type DecidedProgram } from './decidedProgram.ts';
import type { RequestId } from './domain/ids.ts';
import type { Instant, Units } from './domain/quantity.ts';

export interface PricedRow {
  readonly row: string;
  readonly units: Units;
  /** What the units cost at the tick's price of the row, rounded down. */
  readonly price: Units;
}

/** Numbers are in points of the tick's objective: they compare requests of one class in one tick, and nobody is charged by them. */
export interface Lack {
  readonly tick: number;
  readonly at: Instant;
  readonly class: string;
  /** Of the column that lacks least: what it is worth, and what its rows cost at the recorded prices. */
  readonly value: Units;
  readonly price: Units;
  /** Dearest first, at most 10. */
  readonly rows: readonly PricedRow[];
  /** It would have had to be worth so much more, at least. */
  readonly atLeast: Units;
}

const ONE = 1n << 20n;
const ROWS_MOST = 10;

/** Null where it was granted, was in no program, or where the proof branches and there is no one price: whatItTakes.ts bounds that. */
export function lackOf(program: DecidedProgram, request: RequestId): Lack | null {
  const { formulation, solution, snapshot, tick } = program;
  const { model } = formulation;
  const columns = columnsOfRequest(formulation, request);
  const stage = model.stage[model.group[columns[0] ?? -1] ?? -1];
  const outcome = solution.stages.find((one) => one.stage === stage);
  if (outcome === undefined || columns.some((column) => solution.granted[column] === 1)) return null;
  const { certificate } = outcome;
  if ('column' in certificate.proof) return null;
  const priced = pricesOf(program, { leaf: certificate.proof, outcome, columns });
  const lacks = (column: number): bigint => priced.get(column)!.sum - BigInt(model.objective[column]!) * ONE;
  const best = columns.reduce((least, column) => (lacks(column) < lacks(least) ? column : least));
  const { sum, rows } = priced.get(best)!;
  return {
    tick,
    at: snapshot.now,
    class: snapshot.configuration.classes.find(({ rank }) => rank === stage)?.name ?? '',
    value: model.objective[best]!,
    price: pointsOf(sum),
    rows: [...rows]
      .map(([row, { units, price }]) => ({ row: model.rowNames[row]!, units, price: pointsOf(price) }))
      .sort((a, b) => b.price - a.price || (a.row < b.row ? -1 : 1))
      .slice(0, ROWS_MOST),
    atLeast: atLeast(outcome, lacks(best)),
  };
}

/**
 * max(0, value - floor(L + c - lambda A)), L the bound before it was rounded down: below bound + 1, by at least 2^-20. Without a gap and
 * in whole points that is lambda A - c - gap.
 */
function atLeast({ value, bound }: StageOutcome, lack: bigint): Units {
  if (lack <= 0n) return 0;
  const most = ((BigInt(bound) + 1n) * ONE - 1n - lack) >> 20n;
  return pointsOf(BigInt(value) - most > 0n ? (BigInt(value) - most) * ONE : 0n);
}

function pointsOf(numerator: bigint): Units {
  return Number(numerator >> 20n);
}

interface Cost {
  sum: bigint;
  /** Row -> what the column takes of it, and its price, derived rows counted to the row that they follow from. */
  readonly rows: Map<number, { units: Units; price: bigint }>;
}

function pricesOf(
  { formulation: { model } }: DecidedProgram,
  of: { readonly leaf: ProofLeaf; readonly outcome: StageOutcome; readonly columns: readonly number[] },
): Map<number, Cost> {
  const costs = new Map(of.columns.map((column): [number, Cost] => [column, { sum: 0n, rows: new Map() }]));
  const add = (column: number, at: { row: number; units: Units; price: bigint }): void => {
    const cost = costs.get(column);
    if (cost === undefined) return;
    cost.sum += at.price;
    const before = cost.rows.get(at.row) ?? { units: 0, price: 0n };
    cost.rows.set(at.row, { units: before.units + at.units, price: before.price + at.price });
  };
  for (const { row, numerator } of of.leaf.multipliers) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const units = model.values[e]!;
      add(model.indices[e]!, { row, units, price: BigInt(numerator) * BigInt(units) });
    }
  }
  for (const { derived, numerator } of of.leaf.derivedMultipliers) {
    const { row, columns, coefficients } = of.outcome.certificate.derivedRows[derived]!;
    for (const [i, column] of columns.entries())
      add(column, { row, units: 0, price: BigInt(numerator) * BigInt(coefficients[i]!) });
  }
  return costs;
}
