// The result of bench:kueue as a person reads it. Called by kueue.ts without --json.

import type { Bar, Machine } from './figures.ts';
import type { KueueRun } from './kueueRun.ts';
import { counts, percent, printBars, printMachine, row, spreadText } from './report.ts';

type Print = (line: string) => void;

export interface KueueResult {
  readonly machine: Machine;
  readonly bars: Readonly<Record<string, Bar>>;
  readonly run: KueueRun;
}

export function printKueue({ machine, bars, run }: KueueResult, print: Print): void {
  printMachine(machine, print);
  print(row('workloads', `${run.ran} of ${run.workloads} have run`));
  print(row('wall', `${run.wallSeconds} s, ${run.wallOverFloor} of the floor of ${run.floorSeconds} s`));
  print(row('preempted', `${run.preemptions}, ${run.lostUnitSeconds} unit-seconds lost`));
  print(row('with them', `${run.wallOverFloorWithLost} of the floor of ${run.floorWithLostSeconds} s`));
  for (const [name, { meanMs, firstLeaseMs, kueueMeanMs }] of Object.entries(run.admission)) {
    print(row(name, `admitted after ${meanMs} ms in the mean (Kueue ${kueueMeanMs})`));
    print(row('', spreadText(firstLeaseMs, 'ms')));
  }
  print(row('quota use', `${percent(run.quotaUse.useful)}, held ${percent(run.quotaUse.held)}`));
  const { server, memory } = run;
  if (memory)
    print(
      row(
        'memory',
        `${memory.megabytes} MB of ${memory.processes} processes, ${memory.ownMegabytesAtEnd} at the end with shared pages counted once`,
      ),
    );
  print(row('ticks', `${server.ticksPerSecond}/s, ${server.faults} faults`));
  for (const [phase, ms] of Object.entries(server.phasesMs)) print(row(`  ${phase}`, spreadText(ms, 'ms')));
  if (server.processors) print(row('processors', counts(server.processors)));
  if (run.refusals.first !== null) print(row('refused', `${run.refusals.count}: ${run.refusals.first}`));
  for (const violation of run.violations) print(row('violated', violation));
  printBars(bars, print);
}
