// bench/solver.ts as a person reads it: a line a size and backlog, medians over the seeds, then the bars.
import { type Bar, type Machine, median } from './figures.ts';
import { printBars, printMachine } from './report.ts';
import { gapAt, type InstanceFigures } from './solverRun.ts';

export interface SolverResult {
  readonly machine: Machine & { readonly loadAverageAfter: readonly number[] };
  readonly bars: Readonly<Record<string, Bar>>;
  readonly ticks: readonly InstanceFigures[];
}

export function printSolver({ machine, bars, ticks }: SolverResult, print: (line: string) => void): void {
  printMachine(machine, print);
  print('family   requests backlog  columns  formulate  cold ms  gap %   at 100 ms  at 1 s   warm ms  gap %');
  const groups = new Map<string, InstanceFigures[]>();
  for (const tick of ticks) {
    const key = `${tick.family.padEnd(8)} ${String(tick.requests).padStart(8)} ${String(tick.backlog).padStart(7)}`;
    groups.set(key, [...(groups.get(key) ?? []), tick]);
  }
  for (const [key, group] of groups) {
    const of = (figure: (tick: InstanceFigures) => number, digits: number, width: number): string =>
      (median(group.map(figure)) ?? Number.NaN).toFixed(digits).padStart(width);
    print(
      [
        key,
        of(({ columns }) => columns, 0, 8),
        of(({ formulateMs }) => formulateMs, 0, 10),
        of(({ cold }) => cold.ms, 0, 8),
        of(({ cold }) => 100 * cold.gap, 3, 7),
        of(({ cold }) => 100 * gapAt(cold, 100), 3, 10),
        of(({ cold }) => 100 * gapAt(cold, 1000), 3, 8),
        of(({ warm }) => warm.ms, 0, 8),
        of(({ warm }) => 100 * warm.gap, 3, 7),
      ].join(' '),
    );
  }
  printBars(bars, print);
}
