// The checker: is the plan feasible, and what does the certificate prove? Exact, by code that shares nothing with what made the answer.
// Invariant: imports no engine and no step of the solve, runs in a browser. Called by the parent of the solver process, the scheduler,
// `annona verify` and the console.
import type { Model } from './model.ts';
import type { Solution, StageCertificate, StageOutcome } from './solution.ts';

/** Multipliers are integers over 2^20. */
const ONE = 1n << 20n;
/** Doubles hold every integer below this exactly; a sum of non-negative terms that stays below it was exact all along. */
const EXACT_BELOW = 2 ** 53;

export type PlanCheck =
  | {
      readonly ok: true /** Stage -> sum of objective over its granted columns. */;
      readonly values: ReadonlyMap<number, number>;
    }
  | {
      readonly ok: false;
      readonly broken: 'row';
      readonly row: number;
      readonly lhs: number;
      readonly rhs: number;
    }
  | {
      readonly ok: false;
      readonly broken: 'group';
      readonly group: number;
      readonly lhs: number;
      readonly rhs: 1;
    }
  | { readonly ok: false; readonly broken: 'entry'; readonly column: number };

export type BoundCheck =
  | { readonly ok: true; readonly bound: bigint }
  | { readonly ok: false; readonly fault: 'unknownRow' | 'rowTwice' | 'notANumerator'; readonly row: number };

export type SolutionCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly plan: Extract<PlanCheck, { ok: false }> }
  | { readonly ok: false; readonly multiplier: Extract<BoundCheck, { ok: false }>; readonly stage: number }
  | { readonly ok: false; readonly claim: 'stages' | 'value' | 'bound' | 'gap'; readonly stage: number }
  | { readonly ok: false; readonly notMaximal: number };

/** Left sides with every excess at its least value, max(0, lhs of its defining row - rhs). */
interface Exact {
  readonly left: readonly bigint[];
  readonly excess: readonly bigint[];
  /** Row -> the excess it defines, or -1. */
  readonly definedBy: Int32Array;
}

/** One column per group at most, every row, excess columns included. */
export function checkPlan(model: Model, granted: Uint8Array): PlanCheck {
  const counts = new Int32Array(model.groupCount);
  const values = new Map<number, number>();
  for (const stage of model.stage) values.set(stage, 0);
  for (let j = 0; j < Math.max(model.columnCount, granted.length); j++) {
    const entry = granted[j];
    if (j >= model.columnCount || (entry !== 0 && entry !== 1))
      return { ok: false, broken: 'entry', column: j };
    if (entry === 0) continue;
    const group = model.group[j]!;
    counts[group] = counts[group]! + 1;
    if (counts[group]! > 1) return { ok: false, broken: 'group', group, lhs: counts[group]!, rhs: 1 };
    const stage = model.stage[group]!;
    values.set(stage, values.get(stage)! + model.objective[j]!);
  }
  const exact = evaluate(model, granted);
  for (let row = 0; row < model.rowCount; row++) {
    const rhs = limitOf(model, exact, row);
    const lhs = exact.left[row]!;
    if (lhs > rhs) return { ok: false, broken: 'row', row, lhs: Number(lhs), rhs: Number(rhs) };
  }
  return { ok: true, values };
}

/**
 * What the multipliers prove by weak duality (Lagrangian bound over the rows, exact over the groups):
 * sum_i lambda_i rhs'_i + sum_g max(0, max over columns of g that fit alone of (c_j - lambda A_j)) + sum_k upper_k max(0, -lambda A_k),
 * with rhs' the room that the frozen grants leave. No plan of this stage that keeps them has more. True for any multipliers >= 0.
 */
export function boundOf(
  model: Model,
  stage: { readonly stage: number; readonly frozen: Uint8Array; readonly certificate: StageCertificate },
): BoundCheck {
  const lambda = new Float64Array(model.rowCount);
  const seen = new Uint8Array(model.rowCount);
  for (const { row, numerator } of stage.certificate.multipliers) {
    if (!Number.isInteger(row) || row < 0 || row >= model.rowCount)
      return { ok: false, fault: 'unknownRow', row };
    if (seen[row] === 1) return { ok: false, fault: 'rowTwice', row };
    if (!Number.isSafeInteger(numerator) || numerator < 0) return { ok: false, fault: 'notANumerator', row };
    seen[row] = 1;
    lambda[row] = numerator;
  }
  let sum = 0n;
  for (let row = 0; row < model.rowCount; row++) {
    if (lambda[row] === 0) continue;
    sum += BigInt(lambda[row]!) * (BigInt(model.rhs[row]!) - structuralLeft(model, row, stage.frozen));
  }
  sum += bestOfGroups(model, { ...stage, lambda });
  const excesses = new Map(Array.from(model.excessUpper, (_, k) => [model.columnCount + k, 0n]));
  addExactPrices(model, lambda, excesses);
  for (const [j, price] of excesses) {
    if (price < 0n) sum -= BigInt(model.excessUpper[j - model.columnCount]!) * price;
  }
  return { ok: true, bound: sum >> 20n };
}

/** Everything an answer claims, recomputed: plan, value, bound and gap of every stage, and that nothing left out would still fit. */
export function checkSolution(model: Model, solution: Pick<Solution, 'granted' | 'stages'>): SolutionCheck {
  const plan = checkPlan(model, solution.granted);
  if (!plan.ok) return { ok: false, plan };
  const wantStages = [...plan.values.keys()].sort((a, b) => a - b);
  if (solution.stages.length !== wantStages.length)
    return { ok: false, claim: 'stages', stage: solution.stages.length };
  for (const [i, stage] of wantStages.entries()) {
    const outcome = solution.stages[i]!;
    if (outcome.stage !== stage) return { ok: false, claim: 'stages', stage };
    const check = checkStage(model, { outcome, value: plan.values.get(stage)!, granted: solution.granted });
    if (!check.ok) return check;
  }
  const left = firstThatFits(model, solution.granted);
  return left === null ? { ok: true } : { ok: false, notMaximal: left };
}

function checkStage(
  model: Model,
  { outcome, value, granted }: { outcome: StageOutcome; value: number; granted: Uint8Array },
): SolutionCheck {
  const { stage, certificate } = outcome;
  if (outcome.value !== value) return { ok: false, claim: 'value', stage };
  const frozen = granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
  const check = boundOf(model, { stage, frozen, certificate });
  if (!check.ok) return { ok: false, multiplier: check, stage };
  if (!Number.isSafeInteger(outcome.bound) || BigInt(outcome.bound) !== check.bound) {
    return { ok: false, claim: 'bound', stage };
  }
  if (outcome.gap !== gapOf(outcome.bound, value)) return { ok: false, claim: 'gap', stage };
  return { ok: true };
}

/** (bound - value) / max(1, |bound|). */
export function gapOf(bound: number, value: number): number {
  return (bound - value) / Math.max(1, Math.abs(bound));
}

/** The first column of a group without a grant that would still fit, or null: the plan is maximal. */
export function firstThatFits(model: Model, granted: Uint8Array): number | null {
  const served = new Uint8Array(model.groupCount);
  for (let j = 0; j < model.columnCount; j++) if (granted[j] === 1) served[model.group[j]!] = 1;
  const fits = fitsBeside(model, granted);
  for (let j = 0; j < model.columnCount; j++) if (fits[j] === 1 && served[model.group[j]!] === 0) return j;
  return null;
}

function evaluate(model: Model, granted: Uint8Array): Exact {
  const left: bigint[] = [];
  const excess = new Array<bigint>(model.excessCount).fill(0n);
  const definedBy = new Int32Array(model.rowCount).fill(-1);
  for (const [k, row] of model.definingRow.entries()) definedBy[row] = k;
  for (let row = 0; row < model.rowCount; row++) {
    let sum = structuralLeft(model, row, granted);
    // Excess entries stand at a row's end, behind the structural columns.
    for (
      let e = model.starts[row + 1]! - 1;
      e >= model.starts[row]! && model.indices[e]! >= model.columnCount;
      e--
    ) {
      const k = model.indices[e]! - model.columnCount;
      if (k !== definedBy[row]) sum += BigInt(model.values[e]!) * excess[k]!;
    }
    left.push(sum);
    const k = definedBy[row]!;
    if (k >= 0) excess[k] = atLeastZero(sum - BigInt(model.rhs[row]!));
  }
  return { left, excess, definedBy };
}

function structuralLeft(model: Model, row: number, granted: Uint8Array): bigint {
  let sum = 0n;
  for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
    const j = model.indices[e]!;
    if (j < model.columnCount && granted[j] === 1) sum += BigInt(model.values[e]!);
  }
  return sum;
}

function limitOf(model: Model, { definedBy }: Exact, row: number): bigint {
  const k = definedBy[row]!;
  return BigInt(model.rhs[row]!) + (k < 0 ? 0n : BigInt(model.excessUpper[k]!));
}

/** Column -> 1 when it could be added to the plan, its own effect on every excess included. */
function fitsBeside(model: Model, granted: Uint8Array): Uint8Array {
  const exact = evaluate(model, granted);
  const fits = new Uint8Array(model.columnCount).fill(1);
  /** Excess -> column -> by how much the column would raise it. */
  const raised = Array.from({ length: model.excessCount }, () => new Map<number, bigint>());
  for (let row = 0; row < model.rowCount; row++) {
    const room = limitOf(model, exact, row) - exact.left[row]!;
    const k = exact.definedBy[row]!;
    const end = model.starts[row + 1]!;
    const plain = k < 0 && (end === model.starts[row]! || model.indices[end - 1]! < model.columnCount);
    if (plain) {
      // Exact: room is at most rhs, and both sides are safe integers.
      const most = Number(room);
      for (let e = model.starts[row]!; e < end; e++) if (model.values[e]! > most) fits[model.indices[e]!] = 0;
      continue;
    }
    for (const [column, by] of increasesOf(model, row, { raised, ownExcess: k })) {
      if (by > room) fits[column] = 0;
      else if (k >= 0) {
        const excess = atLeastZero(exact.left[row]! + by - BigInt(model.rhs[row]!));
        if (excess > exact.excess[k]!) raised[k]!.set(column, excess - exact.excess[k]!);
      }
    }
  }
  return fits;
}

/** Column -> by how much it alone raises this row, directly and through the excesses the row uses. */
function increasesOf(
  model: Model,
  row: number,
  { raised, ownExcess }: { raised: readonly ReadonlyMap<number, bigint>[]; ownExcess: number },
): Map<number, bigint> {
  const increases = new Map<number, bigint>();
  for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
    const column = model.indices[e]!;
    const coefficient = BigInt(model.values[e]!);
    if (column < model.columnCount) increases.set(column, coefficient);
    else if (column - model.columnCount !== ownExcess) {
      for (const [by, more] of raised[column - model.columnCount]!) {
        increases.set(by, (increases.get(by) ?? 0n) + coefficient * more);
      }
    }
  }
  return increases;
}

interface PricedStage {
  readonly stage: number;
  readonly frozen: Uint8Array;
  readonly lambda: Float64Array;
}

/** Sum over the stage's groups of max(0, best c_j - lambda A_j among columns that fit alone), in units of 2^-20. */
function bestOfGroups(model: Model, { stage, frozen, lambda }: PricedStage): bigint {
  const fits = fitsBeside(model, frozen);
  const prices = columnPrices(model, lambda);
  const large = new Map<number, bigint>();
  for (let j = 0; j < model.columnCount; j++)
    if (prices[j]! >= EXACT_BELOW && fits[j] === 1) large.set(j, 0n);
  if (large.size > 0) addExactPrices(model, lambda, large);
  let sum = 0n;
  let best = 0n;
  for (let j = 0; j < model.columnCount; j++) {
    const group = model.group[j]!;
    if (j > 0 && model.group[j - 1] !== group) {
      sum += best;
      best = 0n;
    }
    if (fits[j] === 0 || model.stage[group] !== stage) continue;
    const worth = BigInt(model.objective[j]!) * ONE - (large.get(j) ?? BigInt(prices[j]!));
    if (worth > best) best = worth;
  }
  return sum + best;
}

/** lambda A_j in doubles; exact where it stays below 2^53, because every term is an integer >= 0. */
function columnPrices(model: Model, lambda: Float64Array): Float64Array {
  const prices = new Float64Array(model.columnCount + model.excessCount);
  for (let row = 0; row < model.rowCount; row++) {
    if (lambda[row] === 0) continue;
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const j = model.indices[e]!;
      prices[j] = prices[j]! + lambda[row]! * model.values[e]!;
    }
  }
  return prices;
}

/** Adds lambda A_j to each wanted column, excess columns included. */
function addExactPrices(model: Model, lambda: Float64Array, wanted: Map<number, bigint>): void {
  for (let row = 0; row < model.rowCount; row++) {
    if (lambda[row] === 0) continue;
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const price = wanted.get(model.indices[e]!);
      if (price === undefined) continue;
      wanted.set(model.indices[e]!, price + BigInt(lambda[row]!) * BigInt(model.values[e]!));
    }
  }
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
