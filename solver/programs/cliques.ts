// Groups of columns of which at most one can be 1, from rows that say so: a request's options, an item's knapsacks.
// Invariant: every column that can be granted is in exactly one group; a row that its group implies is covered. Called by packing.ts.

interface Row {
  readonly room: number;
  /** Column and coefficient > 0, rising columns. */
  readonly entries: readonly (readonly [number, number])[];
}

export interface Cliques {
  /** In order of their first column. */
  readonly group: readonly (readonly number[])[];
  /** Row -> 1 when one group holds all its columns. */
  readonly covered: Uint8Array;
}

/** Greedy: longest rows first, each taking the columns that have no group yet. `units`: column -> how many can be granted. */
export function cliquesOf(rows: readonly Row[], units: Float64Array): Cliques {
  const groupOf = new Int32Array(units.length).fill(-1);
  const members: number[][] = [];
  const cliques = rows
    .map((row, at) => ({ row, at }))
    .filter(({ row }) => isClique(row, units))
    .sort((a, b) => b.row.entries.length - a.row.entries.length || a.at - b.at);
  for (const { row } of cliques) {
    const free = row.entries.filter(([j]) => groupOf[j] === -1);
    if (free.length < 2) continue;
    for (const [j] of free) groupOf[j] = members.length;
    members.push(free.map(([j]) => j));
  }
  for (let j = 0; j < units.length; j++) {
    if (groupOf[j] !== -1 || units[j] === 0) continue;
    groupOf[j] = members.length;
    members.push([j]);
  }
  const covered = new Uint8Array(rows.length);
  for (const { row, at } of cliques) {
    const first = groupOf[row.entries[0]![0]]!;
    if (row.entries.every(([j]) => groupOf[j] === first)) covered[at] = 1;
  }
  return { group: members.sort((a, b) => a[0]! - b[0]!), covered };
}

/** No two of its columns fit together, and none fits twice. */
function isClique({ room, entries }: Row, units: Float64Array): boolean {
  if (entries.length < 2) return false;
  let least = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  for (const [j, coefficient] of entries) {
    if (units[j] !== 1) return false;
    if (coefficient < least) {
      second = least;
      least = coefficient;
    } else if (coefficient < second) second = coefficient;
  }
  return least + second > room;
}
