// The nearest of a list of names to one that is none of them: what a caller with a typing error may have meant.
// Invariant: the same answer whatever the order of the list; bounded work, for names of any length. Called by suggest.ts.

/** Longer names are compared by their beginnings, longer lists by as many: at most 131,072 steps, on a loop that others wait for. */
const LETTERS_MAX = 32;
const NAMES_MAX = 128;

/** Null of an empty list. Ties go to the first in code units. */
export function nearest(name: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of names.slice(0, NAMES_MAX).toSorted()) {
    const distance = editDistance(fold(name), fold(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Case is the commonest mistake, and no distance. */
function fold(text: string): string {
  return text.slice(0, LETTERS_MAX).toLowerCase();
}

/** Levenshtein's, one row at a time. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
