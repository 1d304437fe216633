// The checker: is the plan feasible, and what does the certificate prove? Exact, by code that shares nothing with what made the answer.
// Invariant: imports types and derivedRows.ts alone, runs in a browser. Called by the parent of the solver process, the scheduler, `annona verify` and the
// console. Doubles are exact here wherever they are used: a sum of non-negative integers below 2^53 is the true sum, and one that is
// larger stays at or above 2^53, above every right side. Whatever may be larger, or of either sign, is a BigInt.
import type { BoundCheck, FailedProof, PlanCheck, ProofFault, SolutionCheck } from './checks.ts';
import { checkDerivedRows } from './derivedRows.ts';
import type { Model } from './model.ts';
import type { DerivedRow, Proof, ProofLeaf, Solution, StageCertificate, StageOutcome } from './solution.ts';

/** Multipliers are integers over 2^20. */
const ONE = 1n << 20n;
const EXACT_BELOW = 2 ** 53;
/** A tree that the solver makes has 200 leaves at most; each costs a pass over the model. */
const LEAVES_MAX = 1024;

/** A plan's left side per row and value per excess, each excess at its least: max(0, lhs of its defining row - rhs). */
interface Load {
  readonly left: Float64Array;
  readonly excess: Float64Array;
}

interface Stage {
  readonly stage: number;
  /** Column -> 1 when an earlier stage granted it. */
  readonly frozen: Uint8Array;
  readonly certificate: StageCertificate;
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
  const load = loadOf(model, granted);
  const row = brokenRow(model, load);
  if (row !== null)
    return { ok: false, broken: 'row', row, lhs: load.left[row]!, rhs: limitsOf(model)[row]! };
  if (model.excessCost.every((cost) => cost === 0)) return { ok: true, values };
  let before = costOf(model, loadOf(model, new Uint8Array(model.columnCount)));
  for (const stage of [...values.keys()].sort((a, b) => a - b)) {
    const after = costOf(model, loadOf(model, grantsBefore(model, granted, stage + 1)));
    values.set(stage, values.get(stage)! - (after - before));
    before = after;
  }
  return { ok: true, values };
}

/**
 * What the certificate proves: no plan of this stage that keeps the frozen grants is worth more. The largest of the proof's leaves, each
 * by weak duality (Lagrangian bound over base and derived rows, exact over the groups):
 *   sum of c_j over columns fixed to 1 + sum_i lambda_i rhs'_i + sum_g max(0, max over open columns of g that fit alone of (c_j - lambda A_j))
 *   + sum_k max(p_k least_k, p_k upper_k) + sum_k cost_k e_k(before the stage),   p_k = -cost_k - lambda A_k,
 * with rhs' the room that frozen and fixed grants leave, and least_k the excess that they need. True for any multipliers >= 0.
 */
export function boundOf(model: Model, stage: Stage): BoundCheck {
  const load = loadOf(model, stage.frozen);
  const broken = brokenRow(model, load);
  if (broken !== null) return { ok: false, fault: 'broken', of: 'row', at: broken };
  const { derivedRows } = stage.certificate;
  const room = limitsOf(model).map((limit, row) => limit - load.left[row]!);
  const derived =
    derivedRows.length > 0
      ? checkDerivedRows(model, { derivedRows, room, open: openColumns(model, stage.stage, load) })
      : null;
  if (derived !== null) return derived;
  let largest: bigint | null = null;
  let leaves = 0;
  const open: Branch[] = [{ proof: stage.certificate.proof, ones: [], zeros: [] }];
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    const { proof, ones, zeros } = branch;
    if ('column' in proof) {
      const { column } = proof;
      const fault = branchFault(model, stage.stage, { column, ones, zeros });
      if (fault !== null) return { ok: false, fault, of: 'column', at: column };
      open.push({ proof: proof.zero, ones, zeros: [...zeros, column] });
      open.push({ proof: proof.one, ones: [...ones, column], zeros });
      continue;
    }
    leaves++;
    if (leaves > LEAVES_MAX) return { ok: false, fault: 'tooLarge', of: 'column', at: zeros.at(-1)! };
    const leaf = leafBound(model, stage, { leaf: proof, ones, zeros });
    if (typeof leaf === 'object' && leaf !== null) return leaf;
    if (leaf !== null && (largest === null || leaf > largest)) largest = leaf;
  }
  // Never null: the leaf of all zeros keeps the frozen grants and adds none, which breaks no row.
  return { ok: true, bound: (largest! + BigInt(costOf(model, load)) * ONE) >> 20n };
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
  const proof = boundOf(model, { stage, frozen: grantsBefore(model, granted, stage), certificate });
  if (!proof.ok) return { ok: false, proof, stage };
  if (!Number.isSafeInteger(outcome.bound) || BigInt(outcome.bound) !== proof.bound)
    return { ok: false, claim: 'bound', stage };
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
  const fits = fitsBeside(model, loadOf(model, granted));
  for (let j = 0; j < model.columnCount; j++) if (fits[j] === 1 && served[model.group[j]!] === 0) return j;
  return null;
}

function grantsBefore(model: Model, granted: Uint8Array, stage: number): Uint8Array {
  return granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
}

function definedBy(model: Model): Int32Array {
  const excess = new Int32Array(model.rowCount).fill(-1);
  for (const [k, row] of model.definingRow.entries()) excess[row] = k;
  return excess;
}

/** Row -> largest left side, its own excess at its upper bound. */
function limitsOf(model: Model): Float64Array {
  const limits = model.rhs.slice();
  for (const [k, row] of model.definingRow.entries()) limits[row] = limits[row]! + model.excessUpper[k]!;
  return limits;
}

function loadOf(model: Model, granted: Uint8Array): Load {
  const { columnCount, starts, indices, values } = model;
  const defines = definedBy(model);
  const left = new Float64Array(model.rowCount);
  const excess = new Float64Array(model.excessCount);
  for (let row = 0; row < model.rowCount; row++) {
    let sum = 0;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const j = indices[e]!;
      if (j < columnCount) sum += granted[j] === 1 ? values[e]! : 0;
      else if (j - columnCount !== defines[row]) sum += values[e]! * excess[j - columnCount]!;
    }
    left[row] = sum;
    if (defines[row]! >= 0) excess[defines[row]!] = Math.max(0, sum - model.rhs[row]!);
  }
  return { left, excess };
}

function brokenRow(model: Model, { left }: Load): number | null {
  const row = limitsOf(model).findIndex((limit, i) => left[i]! > limit);
  return row < 0 ? null : row;
}

function costOf(model: Model, { excess }: Load): number {
  return excess.reduce((sum, e, k) => sum + e * model.excessCost[k]!, 0);
}

/** Column -> 1 when it could be added to the plan, its own effect on every excess included. */
function fitsBeside(model: Model, { left, excess }: Load): Uint8Array {
  const { columnCount, starts, indices, values } = model;
  const limits = limitsOf(model);
  const defines = definedBy(model);
  const fits = new Uint8Array(columnCount).fill(1);
  /** Excess -> the columns that would raise it, and by how much. */
  const raised = Array.from(excess, () => ({ columns: [] as number[], by: [] as number[] }));
  const increase = new Float64Array(columnCount);
  for (let row = 0; row < model.rowCount; row++) {
    const touched: number[] = [];
    const raise = (j: number, by: number): void => {
      if (increase[j] === 0) touched.push(j);
      increase[j] = increase[j]! + by;
    };
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const k = indices[e]! - columnCount;
      if (k < 0) raise(indices[e]!, values[e]!);
      else if (k !== defines[row])
        for (const [i, j] of raised[k]!.columns.entries()) raise(j, values[e]! * raised[k]!.by[i]!);
    }
    const k = defines[row]!;
    for (const j of touched) {
      const by = increase[j]!;
      increase[j] = 0;
      if (by > limits[row]! - left[row]!) fits[j] = 0;
      const more = k < 0 || fits[j] === 0 ? 0 : left[row]! + by - model.rhs[row]! - excess[k]!;
      if (more > 0) {
        raised[k]!.columns.push(j);
        raised[k]!.by.push(more);
      }
    }
  }
  return fits;
}

/** Column -> 1 when it is of the stage and fits beside the plan. */
function openColumns(model: Model, stage: number, load: Load): Uint8Array {
  return fitsBeside(model, load).map((fits, j) => (model.stage[model.group[j]!] === stage ? fits : 0));
}

/** What led to a part of the proof: columns fixed to 1 and to 0. */
interface Branch {
  readonly proof: Proof;
  readonly ones: readonly number[];
  readonly zeros: readonly number[];
}

function branchFault(
  model: Model,
  stage: number,
  { column, ones, zeros }: Omit<Branch, 'proof'> & { column: number },
): ProofFault | null {
  const group = model.group[column];
  if (group === undefined || model.stage[group] !== stage) return 'unknown';
  if (zeros.includes(column) || ones.some((one) => model.group[one] === group)) return 'notOpen';
  return ones.length + zeros.length >= LEAVES_MAX ? 'tooLarge' : null;
}

/** In units of 2^-20; null when the columns fixed to 1 break a row: no plan is in this leaf. */
function leafBound(
  model: Model,
  stage: Stage,
  { leaf, ones, zeros }: Omit<Branch, 'proof'> & { leaf: ProofLeaf },
): bigint | null | FailedProof {
  const fixed = new Uint8Array(model.columnCount);
  for (const j of ones) fixed[j] = 1;
  const plan = stage.frozen.map((entry, j) => entry | fixed[j]!);
  const rows = pricedRows(model, stage.certificate.derivedRows, { leaf, plan, fixed });
  if (!Array.isArray(rows)) return rows;
  const load = loadOf(model, plan);
  if (brokenRow(model, load) !== null) return null;
  const open = openColumns(model, stage.stage, load);
  const settled = new Set(ones.map((j) => model.group[j]!));
  for (let j = 0; j < model.columnCount; j++) if (settled.has(model.group[j]!)) open[j] = 0;
  for (const j of zeros) open[j] = 0;
  let sum = bestOfGroups(model, rows, open) + worthOfExcesses(model, rows, load);
  for (const j of ones) sum += BigInt(model.objective[j]!) * ONE;
  for (const { numerator, room } of rows) sum += BigInt(numerator) * room;
  return sum;
}

/** A base or derived row that has a multiplier, and the room that frozen and fixed columns leave in it. */
interface PricedRow {
  readonly numerator: number;
  readonly columns: Int32Array;
  readonly coefficients: Float64Array | Int32Array;
  readonly room: bigint;
}

function pricedRows(
  model: Model,
  derivedRows: readonly DerivedRow[],
  { leaf, plan, fixed }: { leaf: ProofLeaf; plan: Uint8Array; fixed: Uint8Array },
): PricedRow[] | FailedProof {
  const priced: PricedRow[] = [];
  const seen = { row: new Set<number>(), derivedRow: new Set<number>() };
  const all = [
    ...leaf.multipliers.map(({ row, numerator }) => ({ of: 'row' as const, at: row, numerator })),
    ...leaf.derivedMultipliers.map(({ derived, numerator }) => ({
      of: 'derivedRow' as const,
      at: derived,
      numerator,
    })),
  ];
  for (const { of, at, numerator } of all) {
    const derived = of === 'row' ? null : derivedRows[at];
    const from = model.starts[at];
    if (derived === undefined || (derived === null && !(at < model.rowCount && from !== undefined)))
      return { ok: false, fault: 'unknown', of, at };
    if (seen[of].has(at)) return { ok: false, fault: 'twice', of, at };
    if (!Number.isSafeInteger(numerator) || numerator < 0)
      return { ok: false, fault: 'notANumerator', of, at };
    seen[of].add(at);
    const columns = derived?.columns ?? model.indices.subarray(from, model.starts[at + 1]);
    const coefficients = derived?.coefficients ?? model.values.subarray(from, model.starts[at + 1]);
    // A derived row speaks of this stage's columns alone; a base row's frozen columns take their room.
    const taken = derived === null ? plan : fixed;
    const use = columns.reduce((sum, j, e) => sum + (taken[j] === 1 ? coefficients[e]! : 0), 0);
    priced.push({
      numerator,
      columns,
      coefficients,
      room: BigInt(derived?.rhs ?? model.rhs[at]!) - BigInt(use),
    });
  }
  return priced;
}

/** Sum over groups of max(0, best c_j - lambda A_j among open columns). */
function bestOfGroups(model: Model, rows: readonly PricedRow[], open: Uint8Array): bigint {
  const prices = new Float64Array(model.columnCount);
  for (const { numerator, columns, coefficients } of rows) {
    for (let e = 0; e < columns.length; e++) {
      const j = columns[e]!;
      if (j < model.columnCount) prices[j] = prices[j]! + numerator * coefficients[e]!;
    }
  }
  const large = new Map<number, bigint>();
  for (let j = 0; j < model.columnCount; j++)
    if (open[j] === 1 && prices[j]! >= EXACT_BELOW) large.set(j, 0n);
  if (large.size > 0) addExactPrices(rows, large);
  let sum = 0n;
  let best = 0n;
  for (let j = 0; j < model.columnCount; j++) {
    if (j > 0 && model.group[j - 1] !== model.group[j]) {
      sum += best;
      best = 0n;
    }
    if (open[j] === 0) continue;
    const worth = BigInt(model.objective[j]!) * ONE - (large.get(j) ?? BigInt(prices[j]!));
    if (worth > best) best = worth;
  }
  return sum + best;
}

/** Sum over excesses of the better of least and most, at -cost - lambda A each. */
function worthOfExcesses(model: Model, rows: readonly PricedRow[], { excess }: Load): bigint {
  const prices = new Map(Array.from(excess, (_, k) => [model.columnCount + k, 0n]));
  addExactPrices(rows, prices);
  let sum = 0n;
  for (const [j, price] of prices) {
    const k = j - model.columnCount;
    const worth = -BigInt(model.excessCost[k]!) * ONE - price;
    sum += worth * BigInt(worth > 0n ? model.excessUpper[k]! : excess[k]!);
  }
  return sum;
}

/** Adds lambda A_j to each wanted column, excess columns included. */
function addExactPrices(rows: readonly PricedRow[], wanted: Map<number, bigint>): void {
  for (const { numerator, columns, coefficients } of rows) {
    for (let e = 0; e < columns.length; e++) {
      const price = wanted.get(columns[e]!);
      if (price !== undefined) wanted.set(columns[e]!, price + BigInt(numerator) * BigInt(coefficients[e]!));
    }
  }
}
