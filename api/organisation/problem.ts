// What is wrong with an organisation tree: where, what, and what would be right where the choices are a closed list.
// Invariant: sorted by file, line, column, message in code units, so that the same tree gives the same list everywhere.

export interface Problem {
  /** Relative to the directory, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly allowed?: readonly string[];
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.message, b.message),
  );
}

/** One line for a terminal: `file:line:column: message (allowed: a, b)`. */
export function problemLine(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const allowed = problem.allowed === undefined ? '' : ` (allowed: ${problem.allowed.join(', ') || 'none'})`;
  return `${where}: ${problem.message}${allowed}`;
}

// A longer list hides the one name that was meant: beyond 12, the five nearest are shown.
const NAMES_SHOWN_WHOLE = 12;
const NAMES_SHOWN_NEAR = 5;

/** All names when they are few, otherwise the nearest by edit distance, nearest first. */
export function allowedNames(names: Iterable<string>, wanted: string): readonly string[] {
  const all = [...names].sort(compareText);
  if (all.length <= NAMES_SHOWN_WHOLE) return all;
  return all
    .map((name) => ({ name, distance: editDistance(name, wanted) }))
    .sort((a, b) => a.distance - b.distance || compareText(a.name, b.name))
    .slice(0, NAMES_SHOWN_NEAR)
    .map(({ name }) => name);
}

/** The one name that was probably meant: nearest, within a third of the length. */
export function meantName(names: Iterable<string>, wanted: string): string | null {
  let best: { name: string; distance: number } | null = null;
  for (const name of [...names].sort(compareText)) {
    const distance = editDistance(name, wanted);
    if (best === null || distance < best.distance) best = { name, distance };
  }
  return best !== null && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.name : null;
}

/**
 * Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, the commonest slip, count 1 each.
 * Ids have at most 63 characters; longer texts are cut, they are near nothing anyway.
 */
function editDistance(a: string, b: string): number {
  const from = a.slice(0, 64);
  const to = b.slice(0, 64);
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = swaps ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    before = row;
    row = next;
  }
  return row[to.length]!;
}
