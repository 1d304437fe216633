// The part of the checker that says whether derived rows follow from their base rows. Exact: weights are non-negative integers, and a sum
// of them in doubles that leaves 2^53 stays above every room. Invariant: imports types alone. Called by verify.ts.
import type { FailedProof, ProofFault } from './checks.ts';
import type { Model } from './model.ts';
import type { DerivedRow } from './solution.ts';

/** Cells of dynamic programming that one certificate may ask for: about half a second. */
const CELLS_MAX = 2 ** 28;

/**
 * Null when every derived row holds in every plan that takes at most `room` of each row, by columns that are `open` (the stage's that fit
 * beside the frozen grants), one a group.
 */
export function checkDerivedRows(
  model: Model,
  { derivedRows, room, open }: { derivedRows: readonly DerivedRow[]; room: Float64Array; open: Uint8Array },
): FailedProof | null {
  const work = { cells: CELLS_MAX };
  for (const [at, derived] of derivedRows.entries()) {
    const { row, columns, coefficients, rhs } = derived;
    const failed = (fault: ProofFault): FailedProof => ({ ok: false, fault, of: 'derivedRow', at });
    if (!(row >= 0 && row < model.rowCount && Number.isInteger(row))) return failed('unknown');
    if (!(Number.isSafeInteger(rhs) && rhs >= 0) || columns.length !== coefficients.length)
      return failed('malformed');
    const groups = new Map<number, Choice[]>();
    let e = model.starts[row]!;
    for (const [i, j] of columns.entries()) {
      if (!(j > (columns[i - 1] ?? -1) && j < model.columnCount && coefficients[i]! > 0))
        return failed('malformed');
      while (e < model.starts[row + 1]! && model.indices[e]! < j) e++;
      const weight = e < model.starts[row + 1]! && model.indices[e] === j ? model.values[e]! : 0;
      // Columns of other stages, and those that cannot fit, are 0 in every plan of this one.
      const group = model.group[j]!;
      if (open[j] === 0) continue;
      const choices = groups.get(group);
      if (choices) choices.push({ weight, worth: coefficients[i]! });
      else groups.set(group, [{ weight, worth: coefficients[i]! }]);
    }
    const least = leastBeyond(groups.values(), rhs, work);
    if (least === null) return failed('tooLarge');
    if (least <= room[row]!) return failed('notDerived');
  }
  return null;
}

/** A column of a derived row: its coefficient in the base row, and in the derived one. */
interface Choice {
  readonly weight: number;
  readonly worth: number;
}

/**
 * The least weight of choices, one a group at most, that are worth more than `rhs` together: above the base row's room, no plan has them.
 * Dynamic programming over worth, so that no capacity is too large; null when it takes more work than is left.
 */
function leastBeyond(groups: Iterable<Choice[]>, rhs: number, work: { cells: number }): number | null {
  const items: Choice[][] = [];
  const alike = new Map<number, number[]>();
  for (const choices of groups) {
    choices.sort((a, b) => a.weight - b.weight || b.worth - a.worth);
    const useful = choices.filter((one, i) => choices.slice(0, i).every(({ worth }) => worth < one.worth));
    const { weight, worth } = useful[0]!;
    const weights = alike.get(worth);
    if (useful.length > 1) items.push(useful);
    else if (weights) weights.push(weight);
    else alike.set(worth, [weight]);
  }
  for (const [worth, weights] of alike) {
    // Of choices worth the same the lightest serve best, and no more than reach beyond rhs are of use.
    const lightest = Float64Array.from(weights)
      .sort()
      .subarray(0, Math.ceil((rhs + 1) / worth));
    for (const weight of lightest) items.push([{ weight, worth }]);
  }
  const all = items.reduce((sum, useful) => sum + useful.at(-1)!.worth, 0);
  if (all <= rhs) return Number.POSITIVE_INFINITY;
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
