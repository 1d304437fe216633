// The checker: is the plan feasible, and what does the certificate prove? Exact, by code that shares nothing with what made the answer.
// Invariant: imports types alone, runs in a browser. Called by the parent of the solver process, the scheduler, `annona verify`, the console.
// Doubles are exact where they are used: a sum of integers >= 0 below 2^53 is the true sum, and a larger one stays at or above 2^53, over
// every limit. What may be larger or of either sign is a BigInt.
import type { BoundCheck, CertifiedStage, FailedProof, PlanCheck, SolutionCheck } from './checks.ts';
import type { Model } from './model.ts';
import type { DerivedRow, Proof, ProofLeaf, Solution } from './solution.ts';

/** Multipliers are integers over 2^20. */
const ONE = 1n << 20n;
const EXACT_BELOW = 2 ** 53;
/** The solver's trees have 200 leaves at most; each costs a pass over the model. */
const LEAVES_MAX = 1024;
/** Cells of dynamic programming that one certificate may ask for: about half a second. */
const CELLS_MAX = 2 ** 28;

type Load = ReturnType<typeof loadOf>;
/** Columns that lead to a part of a proof, and what they are fixed to. */
type Fixed = ReadonlyMap<number, 0 | 1>;
type Row = Pick<DerivedRow, 'columns' | 'rhs'> & { readonly coefficients: Int32Array | Float64Array };
type PricedRow = Row & { readonly numerator: number; readonly room: bigint };
type Fault = FailedProof | null;
/** Frozen and fixed grants, and fixed ones alone. */
type Taken = { readonly plan: Uint8Array; readonly ones: Uint8Array };
type Base = { readonly weights: ReadonlyMap<number, number>; readonly room: number };
type Claimed = Pick<Solution, 'granted' | 'stages'>;
/** A column of a derived row: its coefficient in the base row, and in the derived one. */
type Choice = { readonly weight: number; readonly worth: number };

/** One column per group at most, every row, excess columns included. */
export function checkPlan(model: Model, granted: Uint8Array): PlanCheck {
  const counts = new Int32Array(model.groupCount);
  for (let j = 0; j < Math.max(model.columnCount, granted.length); j++) {
    const entry = granted[j];
    if (j >= model.columnCount || (entry !== 0 && entry !== 1))
      return { ok: false, broken: 'entry', column: j };
    const group = model.group[j]!;
    counts[group] = counts[group]! + entry;
    if (counts[group]! > 1) return { ok: false, broken: 'group', group, lhs: counts[group]!, rhs: 1 };
  }
  const load = loadOf(model, granted);
  const row = load.broken;
  if (row >= 0) return { ok: false, broken: 'row', row, lhs: load.left[row]!, rhs: load.limits[row]! };
  const values = new Map<number, number>();
  let before = worthOf(model, new Uint8Array(model.columnCount));
  for (const stage of new Set(model.stage.toSorted())) {
    const after = worthOf(model, grantsBefore(model, granted, stage + 1));
    values.set(stage, after - before);
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
export function boundOf(model: Model, stage: CertifiedStage): BoundCheck {
  const load = loadOf(model, stage.frozen);
  if (load.broken >= 0) return { ok: false, fault: 'broken', of: 'row', at: load.broken };
  const fault = derivedRowFault(model, stage, load);
  if (fault !== null) return fault;
  let largest: bigint | null = null;
  let leaves = 0;
  const open: { proof: Proof; fixed: Fixed }[] = [{ proof: stage.certificate.proof, fixed: new Map() }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { proof, fixed } = part;
    if ('column' in proof) {
      const { column, zero, one } = proof;
      const group = model.group[column];
      const settled = [...fixed].some(([j, to]) => j === column || (to === 1 && model.group[j] === group));
      const known = group !== undefined && model.stage[group] === stage.stage;
      // Depth first: no more branchings lead to a leaf than there are leaves.
      const fault = !known ? 'unknown' : settled ? 'notOpen' : fixed.size < LEAVES_MAX ? null : 'tooLarge';
      if (fault !== null) return { ok: false, fault, of: 'column', at: column };
      open.push({ proof: zero, fixed: new Map([...fixed, [column, 0]]) });
      open.push({ proof: one, fixed: new Map([...fixed, [column, 1]]) });
      continue;
    }
    if (++leaves > LEAVES_MAX)
      return { ok: false, fault: 'tooLarge', of: 'column', at: [...fixed.keys()].at(-1)! };
    const leaf = leafBound(model, stage, proof, fixed);
    if (typeof leaf === 'object' && leaf !== null) return leaf;
    if (leaf !== null && (largest === null || leaf > largest)) largest = leaf;
  }
  // Never null: the leaf of all zeros keeps the frozen grants and adds none, which breaks no row.
  return { ok: true, bound: (largest! + BigInt(load.cost) * ONE) >> 20n };
}

/** Everything an answer claims, recomputed: plan, value, bound and gap of every stage, and that nothing left out would still fit. */
export function checkSolution(model: Model, { granted, stages }: Claimed): SolutionCheck {
  const plan = checkPlan(model, granted);
  if (!plan.ok) return { ok: false, plan };
  if (stages.length !== plan.values.size) return { ok: false, claim: 'stages', stage: stages.length };
  for (const [i, [stage, value]] of [...plan.values].entries()) {
    const { certificate, ...claimed } = stages[i]!;
    if (claimed.stage !== stage) return { ok: false, claim: 'stages', stage };
    if (claimed.value !== value) return { ok: false, claim: 'value', stage };
    const proof = boundOf(model, { stage, frozen: grantsBefore(model, granted, stage), certificate });
    if (!proof.ok) return { ok: false, proof, stage };
    if (!Number.isSafeInteger(claimed.bound) || BigInt(claimed.bound) !== proof.bound)
      return { ok: false, claim: 'bound', stage };
    if (claimed.gap !== gapOf(claimed.bound, value)) return { ok: false, claim: 'gap', stage };
  }
  const left = firstThatFits(model, granted);
  return left === null ? { ok: true } : { ok: false, notMaximal: left };
}

/** (bound - value) / max(1, |bound|). */
export function gapOf(bound: number, value: number): number {
  return (bound - value) / Math.max(1, Math.abs(bound));
}

/** The first column of a group without a grant that would still fit, or null: the plan is maximal. */
export function firstThatFits(model: Model, granted: Uint8Array): number | null {
  const served = new Set(model.group.filter((_, j) => granted[j] === 1));
  const fits = fitsBeside(model, loadOf(model, granted));
  const left = fits.findIndex((entry, j) => entry === 1 && !served.has(model.group[j]!));
  return left < 0 ? null : left;
}

function grantsBefore(model: Model, granted: Uint8Array, stage: number): Uint8Array {
  return granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
}

function worthOf(model: Model, granted: Uint8Array): number {
  const worth = granted.reduce((sum, entry, j) => sum + entry * model.objective[j]!, 0);
  return worth - loadOf(model, granted).cost;
}

/**
 * A plan's left side per row, each excess at its least (max(0, left side of its defining row - rhs)), the largest left side per row (the
 * excess that it defines at its upper bound), the excess that each row defines (or -1), their cost, and the first broken row (or -1).
 */
function loadOf(model: Model, granted: Uint8Array) {
  const { columnCount, starts, indices, values } = model;
  const left = new Float64Array(model.rowCount);
  const excess = new Float64Array(model.excessCount);
  const limits = model.rhs.slice();
  const defines = new Int32Array(model.rowCount).fill(-1);
  for (const [k, row] of model.definingRow.entries()) {
    limits[row] = limits[row]! + model.excessUpper[k]!;
    defines[row] = k;
  }
  for (let row = 0; row < model.rowCount; row++) {
    const own = defines[row]!;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const j = indices[e]!;
      const x = j < columnCount ? granted[j]! : j - columnCount === own ? 0 : excess[j - columnCount]!;
      left[row] = left[row]! + values[e]! * x;
    }
    if (own >= 0) excess[own] = Math.max(0, left[row]! - model.rhs[row]!);
  }
  const cost = excess.reduce((sum, e, k) => sum + e * model.excessCost[k]!, 0);
  return {
    left,
    excess,
    limits,
    defines,
    cost,
    broken: limits.findIndex((limit, row) => left[row]! > limit),
  };
}

/** Column -> 1 when it could be added to the plan, its own effect on every excess included. */
function fitsBeside(model: Model, { left, excess, limits, defines }: Load): Uint8Array {
  const { columnCount, starts, indices, values } = model;
  const fits = new Uint8Array(columnCount).fill(1);
  /** Excess -> the columns that would raise it, and by how much. */
  const raised = Array.from(excess, () => new Map<number, number>());
  const increase = new Float64Array(columnCount);
  for (let row = 0; row < model.rowCount; row++) {
    const own = defines[row]!;
    const touched: number[] = [];
    const raise = (j: number, by: number): void => {
      if (increase[j] === 0) touched.push(j);
      increase[j] = increase[j]! + by;
    };
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const k = indices[e]! - columnCount;
      if (k < 0) raise(indices[e]!, values[e]!);
      else if (k !== own) for (const [j, by] of raised[k]!) raise(j, values[e]! * by);
    }
    for (const j of touched) {
      const after = left[row]! + increase[j]!;
      increase[j] = 0;
      if (after > limits[row]!) fits[j] = 0;
      else if (own >= 0 && after - model.rhs[row]! > excess[own]!)
        raised[own]!.set(j, after - model.rhs[row]! - excess[own]!);
    }
  }
  return fits;
}

/** In units of 2^-20; null when the columns fixed to 1 break a row: no plan is in this leaf. */
function leafBound(model: Model, at: CertifiedStage, leaf: ProofLeaf, fixed: Fixed): bigint | Fault {
  const ones = new Uint8Array(model.columnCount);
  for (const [j, to] of fixed) ones[j] = to;
  const plan = at.frozen.map((entry, j) => entry | ones[j]!);
  const rows = pricedRows(model, at, leaf, { plan, ones });
  if (!Array.isArray(rows)) return rows;
  const load = loadOf(model, plan);
  if (load.broken >= 0) return null;
  const served = new Set(model.group.filter((_, j) => ones[j] === 1));
  const open = fitsBeside(model, load).map((fits, j) => {
    const group = model.group[j]!;
    return model.stage[group] === at.stage && !fixed.has(j) && !served.has(group) ? fits : 0;
  });
  const worth = ones.reduce((sum, entry, j) => sum + entry * model.objective[j]!, 0);
  return BigInt(worth) * ONE + dualValue(model, rows, open, load);
}

/** Base rows, then derived rows, with their multipliers and the room that frozen and fixed columns leave. */
function pricedRows(
  model: Model,
  all: CertifiedStage,
  leaf: ProofLeaf,
  to: Taken,
): PricedRow[] | FailedProof {
  const priced: PricedRow[] = [];
  const seen = new Set<string>();
  for (const { numerator, ...named } of [...leaf.multipliers, ...leaf.derivedMultipliers]) {
    const of = 'row' in named ? 'row' : 'derivedRow';
    const at = 'row' in named ? named.row : named.derived;
    const row: Row | undefined = of === 'row' ? baseRow(model, at) : all.certificate.derivedRows[at];
    if (row === undefined) return { ok: false, fault: 'unknown', of, at };
    if (seen.size === seen.add(`${of} ${at}`).size) return { ok: false, fault: 'twice', of, at };
    if (!Number.isSafeInteger(numerator) || numerator < 0)
      return { ok: false, fault: 'notANumerator', of, at };
    // A derived row speaks of this stage's columns alone.
    const taken = of === 'row' ? to.plan : to.ones;
    const use = row.columns.reduce((sum, j, e) => sum + (taken[j] === 1 ? row.coefficients[e]! : 0), 0);
    priced.push({ ...row, numerator, room: BigInt(row.rhs) - BigInt(use) });
  }
  return priced;
}

function baseRow({ starts, indices, values, rhs }: Model, row: number): Row | undefined {
  if (rhs[row] === undefined) return undefined;
  const span = [starts[row], starts[row + 1]] as const;
  return { columns: indices.subarray(...span), coefficients: values.subarray(...span), rhs: rhs[row] };
}

/** A base row as weights and room; the defining row of each excess in `through` is added as often as it stands there. Null: unsound. */
function baseOf(model: Model, { row, through }: DerivedRow, frozen: Uint8Array, load: Load): Base | null {
  let { columns, coefficients, rhs: room } = baseRow(model, row)!;
  const weights = new Map(Array.from(columns, (j, e) => [j, coefficients[e]!]));
  if (through === undefined) return { weights, room: load.limits[row]! - load.left[row]! };
  for (const k of through) {
    const times = Math.max(0, weights.get(model.columnCount + k) ?? 0);
    ({ columns, coefficients } = baseRow(model, model.definingRow[k]!) ?? { columns, coefficients });
    for (const [e, j] of columns.entries()) weights.set(j, (weights.get(j) ?? 0) + times * coefficients[e]!);
    // A right side may be below zero, so that a sum could leave the exact numbers and come back.
    const more = times * (model.rhs[model.definingRow[k]!] ?? Number.NaN);
    if (![times, more, room + more].every(Number.isSafeInteger)) return null;
    room += more;
  }
  const isExact = [...weights.values()].every(Number.isSafeInteger);
  for (const [j, a] of weights) room -= a < 0 ? Number.NaN : a * (frozen[j] ?? 0);
  return isExact && room >= 0 ? { weights, room } : null;
}

/** The sums over rows, groups and excesses of the formula above `boundOf`. */
function dualValue(model: Model, rows: readonly PricedRow[], open: Uint8Array, load: Load): bigint {
  const prices = new Float64Array(model.columnCount);
  const excessPrices = new Array<bigint>(model.excessCount).fill(0n);
  let sum = 0n;
  for (const { numerator, room, columns, coefficients } of rows) {
    sum += BigInt(numerator) * room;
    for (let e = 0; e < columns.length; e++) {
      const k = columns[e]! - model.columnCount;
      if (k < 0) prices[columns[e]!] = prices[columns[e]!]! + numerator * coefficients[e]!;
      else excessPrices[k] = excessPrices[k]! + BigInt(numerator) * BigInt(coefficients[e]!);
    }
  }
  for (const [k, price] of excessPrices.entries()) {
    const worth = -BigInt(model.excessCost[k]!) * ONE - price;
    sum += worth * BigInt(worth > 0n ? model.excessUpper[k]! : load.excess[k]!);
  }
  const large = new Map<number, bigint>();
  for (const [j, price] of prices.entries()) if (open[j] === 1 && price >= EXACT_BELOW) large.set(j, 0n);
  for (const { numerator, columns, coefficients } of large.size > 0 ? rows : []) {
    for (const [e, j] of columns.entries()) {
      const price = large.get(j);
      if (price !== undefined) large.set(j, price + BigInt(numerator) * BigInt(coefficients[e]!));
    }
  }
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

/** Null when every derived row holds in every plan of the stage. */
function derivedRowFault(model: Model, { stage, frozen, certificate }: CertifiedStage, load: Load): Fault {
  const open = certificate.derivedRows.length === 0 ? null : fitsBeside(model, load);
  const work = { cells: CELLS_MAX };
  for (const [at, derived] of certificate.derivedRows.entries()) {
    const { row, columns, coefficients, rhs } = derived;
    const failed = (fault: FailedProof['fault']): Fault => ({ ok: false, fault, of: 'derivedRow', at });
    if (baseRow(model, row) === undefined) return failed('unknown');
    const base = baseOf(model, derived, frozen, load);
    const rises = columns.every((j, i) => j > (columns[i - 1] ?? -1) && j < model.columnCount);
    const positive = columns.length === coefficients.length && coefficients.every((a) => a > 0);
    if (!base || !rises || !positive || !Number.isSafeInteger(rhs) || rhs < 0) return failed('malformed');
    // Columns of other stages, and those that cannot fit, are 0 in every plan of this one.
    const used = [...columns.keys()].filter(
      (i) => open![columns[i]!] === 1 && model.stage[model.group[columns[i]!]!] === stage,
    );
    const groups = Map.groupBy(used, (i) => model.group[columns[i]!]!);
    const choices = Array.from(groups.values(), (group) =>
      usefulOf(group.map((i) => ({ weight: base.weights.get(columns[i]!) ?? 0, worth: coefficients[i]! }))),
    );
    const least = leastBeyond(choices, rhs, work);
    if (least === null) return failed('tooLarge');
    if (least <= base.room) return failed('notDerived');
  }
  return null;
}

/** Rising in weight and worth: a choice that is no lighter than another and worth no more never serves better. */
function usefulOf(choices: Choice[]): Choice[] {
  choices.sort((a, b) => a.weight - b.weight || b.worth - a.worth);
  return choices.filter(({ worth }, i) => choices.findIndex((lighter) => lighter.worth >= worth) === i);
}

/**
 * The least weight of choices, one a group at most, that are worth more than `rhs` together: above the base row's room, no plan has them.
 * Dynamic programming over worth, so that no room is too large; null when it takes more work than is left.
 */
function leastBeyond(groups: readonly Choice[][], rhs: number, work: { cells: number }): number | null {
  let items: Choice[][] = [];
  for (const [worth, alike] of Map.groupBy(groups, (useful) => (useful.length > 1 ? 0 : useful[0]!.worth))) {
    // Of single choices worth the same the lightest serve best, and no more than reach beyond rhs are of use.
    if (worth > 0) alike.sort(([a], [b]) => a!.weight - b!.weight);
    items = items.concat(alike.slice(0, worth > 0 ? Math.ceil((rhs + 1) / worth) : undefined));
  }
  if (items.reduce((sum, useful) => sum + useful.at(-1)!.worth, 0) <= rhs) return Number.POSITIVE_INFINITY;
  work.cells -= items.reduce((sum, useful) => sum + useful.length, 0) * (rhs + 2);
  if (work.cells < 0) return null;
  const least = new Float64Array(rhs + 2).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  let reach = 0;
  for (const useful of items) {
    reach = Math.min(rhs + 1, reach + useful.at(-1)!.worth);
    for (let p = reach; p > 0; p--) {
      for (const { weight, worth } of useful)
        least[p] = Math.min(least[p]!, least[Math.max(0, p - worth)]! + weight);
    }
  }
  return least[rhs + 1]!;
}
