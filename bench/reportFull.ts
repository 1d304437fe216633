// The result of bench:full as a person reads it. Called by full.ts without --json.

import type { Bar, Machine } from './figures.ts';
import type { FullRun } from './fullRun.ts';
import { counts, printBars, printFigures, printMachine, row, spreadText } from './report.ts';

type Print = (line: string) => void;

export interface FullResult {
  readonly machine: Machine;
  readonly bars: Readonly<Record<string, Bar>>;
  readonly run: FullRun;
}

export function printFull({ machine, bars, run }: FullResult, print: Print): void {
  printMachine(machine, print);
  printFigures('without Kafka', run.withoutKafka.steady!, print);
  printFigures('with Kafka', run.withKafka.steady!, print);
  print(row('kept up with', `${run.withKafka.steady!.decidedPerSecond}/s`));
  print(row('ratio', `p50 ${run.ratio.p50}, p99 ${run.ratio.p99}`));
  const { p50, p99 } = run.ratioInTheSameRun;
  print(row('  in the same run', `p50 ${p50}, p99 ${p99}`));
  const { loop } = run;
  print(`closed loop: ${loop.sent} requests`);
  print(row('terminal', `${loop.terminalPerSecond}/s`));
  print(row('first Decision', spreadText(loop.firstDecisionMs, 'ms')));
  if (loop.server.processors) print(row('processors', counts(loop.server.processors)));
  printBars(bars, print);
}
