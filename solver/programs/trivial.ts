// What needs no engine: bounds that leave no value, no columns, no rows. Invariant: whole columns leave with whole bounds.
// Called by solveProgram.ts before anything else.
import { checkPoint, type Program, programWith } from './program.ts';

export type Trivial =
  | { readonly kind: 'open'; readonly program: Program }
  | { readonly kind: 'infeasible'; readonly why: string }
  | { readonly kind: 'unbounded'; readonly why: string }
  | { readonly kind: 'optimal'; readonly point: Float64Array };

export function settleTrivially(given: Program): Trivial {
  const program = withWholeBounds(given);
  const empty = emptyInterval(program);
  if (empty !== null) return { kind: 'infeasible', why: empty };
  if (program.columnNames.length === 0) {
    const check = checkPoint(program, new Float64Array(0));
    if (check.ok) return { kind: 'optimal', point: new Float64Array(0) };
    return {
      kind: 'infeasible',
      why: `row ${program.rowNames[check.index]} excludes 0, and there is no column`,
    };
  }
  return program.rowNames.length === 0 ? bestOfEachColumn(program) : { kind: 'open', program };
}

/** x whole and x <= 3.5 is x <= 3. */
function withWholeBounds(program: Program): Program {
  const { lower, upper, integer } = program;
  if (lower.every((low, j) => integer[j] === 0 || (whole(low) && whole(upper[j]!)))) return program;
  return programWith(program, {
    lower: lower.map((low, j) => (integer[j] === 1 ? Math.ceil(low) : low)),
    upper: upper.map((high, j) => (integer[j] === 1 ? Math.floor(high) : high)),
  });
}

function whole(bound: number): boolean {
  return Number.isInteger(bound) || !Number.isFinite(bound);
}

function emptyInterval({
  columnNames,
  lower,
  upper,
  integer,
  rowNames,
  rowLower,
  rowUpper,
}: Program): string | null {
  const isEmpty = (low: number, high: number): boolean =>
    low > high || low === Number.POSITIVE_INFINITY || high === Number.NEGATIVE_INFINITY;
  const column = lower.findIndex((low, j) => isEmpty(low, upper[j]!));
  if (column >= 0) {
    const kind = integer[column] === 1 ? ' whole' : '';
    return `column ${columnNames[column]} has no${kind} value between its bounds ${lower[column]} and ${upper[column]}`;
  }
  const row = rowLower.findIndex((low, i) => isEmpty(low, rowUpper[i]!));
  return row < 0
    ? null
    : `row ${rowNames[row]} has no value between its sides ${rowLower[row]} and ${rowUpper[row]}`;
}

function bestOfEachColumn(program: Program): Trivial {
  const { columnNames, objective, lower, upper, sense } = program;
  const point = new Float64Array(columnNames.length);
  for (let j = 0; j < point.length; j++) {
    const gain = sense === 'maximise' ? objective[j]! : -objective[j]!;
    const best = gain > 0 ? upper[j]! : gain < 0 ? lower[j]! : Math.min(Math.max(0, lower[j]!), upper[j]!);
    if (!Number.isFinite(best)) return { kind: 'unbounded', why: `nothing limits column ${columnNames[j]}` };
    point[j] = best;
  }
  return { kind: 'optimal', point };
}
