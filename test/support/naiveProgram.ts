// A program's definition written out plainly, and its optimum by trying every point: what solver/programs is compared with.
// Invariant: whole columns between finite bounds only, in hundredths, so that sums are exact. Imports only a type.
import type { Program } from '../../solver/index.ts';

export type NaiveOutcome =
  | { readonly kind: 'infeasible' }
  | { readonly kind: 'optimal'; readonly objective: number };

const hundredths = (value: number): number => (Number.isFinite(value) ? Math.round(value * 100) : value);

export function naiveHolds(program: Program, point: readonly number[]): boolean {
  const isInside = (value: number, low: number, high: number): boolean => low <= value && value <= high;
  if (!point.every((value, j) => isInside(value, program.lower[j]!, program.upper[j]!))) return false;
  return program.rowNames.every((_, i) => {
    let sum = 0;
    for (let e = program.starts[i]!; e < program.starts[i + 1]!; e++)
      sum += hundredths(program.values[e]!) * point[program.indices[e]!]!;
    return isInside(sum, hundredths(program.rowLower[i]!), hundredths(program.rowUpper[i]!));
  });
}

export function naiveOutcome(program: Program): NaiveOutcome {
  let best: number | null = null;
  const point = new Array<number>(program.columnNames.length).fill(0);
  const worth = (): number =>
    point.reduce((sum, value, j) => sum + hundredths(program.objective[j]!) * value, 0);
  const sign = program.sense === 'maximise' ? 1 : -1;
  const walk = (j: number): void => {
    if (j === point.length) {
      if (naiveHolds(program, point) && (best === null || sign * worth() > sign * best)) best = worth();
      return;
    }
    for (let value = Math.ceil(program.lower[j]!); value <= program.upper[j]!; value++) {
      point[j] = value;
      walk(j + 1);
    }
  };
  walk(0);
  return best === null ? { kind: 'infeasible' } : { kind: 'optimal', objective: best / 100 + program.offset };
}
