// Names as a file format can hold them. Invariant: unique, and the same program gives the same names. Called by files.ts.
import type { Program } from '../programs/program.ts';

export interface Names {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly objective: string;
  /** How many columns and rows have another name than in the program. */
  readonly renamed: number;
}

/** What a name may not hold, and how long it may be. Readers cut off or refuse names beyond 255. */
const FORBIDDEN = {
  // White space ends a field in free form; a dollar sign begins a comment there.
  mps: /\s|^\$/g,
  lp: /^[\d.eE](?=[\d.]|$)|^[^A-Za-z!"#$%&(),;?@_`'{}~|/\u0080-\uffff]|[^\w!"#$%&(),.;?@`'{}~|/\u0080-\uffff]/g,
  json: null,
} as const;
const LENGTH_MAX = 255;
/** Words that open a section, or are numbers, where a column may stand. */
const LP_WORDS =
  /^(?:max|min|maxim\w*|minim\w*|subject|such|st\.?|s\.t\.|bounds?|gen|generals?|int|integers?|bin|binary|binaries|semis?|sos[12]?|end|free|lazy|user|inf|infinity)$/i;

export function namesFor(program: Program, format: 'mps' | 'lp' | 'json'): Names {
  const columns = held(program.columnNames, { format, prefix: 'x' });
  const rows = held(program.rowNames, { format, prefix: 'r' });
  const taken = new Set(rows);
  let objective = 'obj';
  while (taken.has(objective)) objective += '_';
  const changed = (held: readonly string[], names: readonly string[]): number =>
    held.filter((name, at) => name !== names[at]).length;
  return {
    columns,
    rows,
    objective,
    renamed: changed(columns, program.columnNames) + changed(rows, program.rowNames),
  };
}

function held(
  names: readonly string[],
  { format, prefix }: { format: 'mps' | 'lp' | 'json'; prefix: string },
): string[] {
  const forbidden = FORBIDDEN[format];
  if (forbidden === null) return [...names];
  const mended = names.map((name) => {
    const plain = name.replace(forbidden, '_').slice(0, LENGTH_MAX);
    return plain === '' || (format === 'lp' && LP_WORDS.test(plain)) ? `${prefix}_${plain}` : plain;
  });
  // A name that could stand as it was keeps it; the others make room.
  const taken = new Set(names.filter((name, at) => mended[at] === name));
  return mended.map((name, at) => {
    if (name === names[at]) return name;
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}
