// The checker's arithmetic of derived rows: the least weight that choices worth more than a limit have together.
// Invariant: exact, by dynamic programming over worth; imports nothing. Called by verify.ts alone.

/** A column of a derived row: its coefficient in the base row, and in the derived one. */
type Choice = { readonly weight: number; readonly worth: number };

/** Rising in weight and worth: a choice that is no lighter than another and worth no more never serves better. */
export function usefulOf(choices: Choice[]): Choice[] {
  choices.sort((a, b) => a.weight - b.weight || b.worth - a.worth);
  return choices.filter(({ worth }, i) => choices.findIndex((lighter) => lighter.worth >= worth) === i);
}

/**
 * The least weight of choices, one a group at most, that are worth more than `rhs` together: above the base row's room, no plan has them.
 * Dynamic programming over worth, so that no room is too large; null when it takes more work than is left.
 */
export function leastBeyond(
  groups: readonly Choice[][],
  rhs: number,
  work: { cells: number },
): number | null {
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
