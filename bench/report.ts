// The results as a person reads them. Called by http.ts and drain.ts without --json, and for its parts by reportKueue.ts.

import type { DrainRun } from './drainRun.ts';
import type { Bar, Machine, Spread } from './figures.ts';
import type { Figures, HttpOptions, HttpRun } from './httpRun.ts';

type Print = (line: string) => void;

export interface HttpResult {
  readonly options: HttpOptions;
  readonly machine: Machine & { readonly loadAverageAfter: readonly number[] };
  readonly bars: Readonly<Record<string, Bar>>;
  readonly runs: readonly HttpRun[];
}

export function printHttp({ machine, bars, runs }: HttpResult, print: Print): void {
  printMachine(machine, print);
  for (const [i, run] of runs.entries()) {
    if (runs.length > 1) print(`run ${i + 1}`);
    if (run.steady) printFigures('steady', run.steady, print);
    if (run.surge) {
      printFigures('surge', run.surge, print);
      print(
        row(
          'recovered after',
          run.surge.recoverySeconds === null ? 'not in time' : `${run.surge.recoverySeconds} s`,
        ),
      );
    }
    const { sent, accepted, refused, lost, states } = run.conservation;
    print(
      row(
        'requests',
        `sent ${sent}, accepted ${accepted}, refused ${refused}, lost ${lost}; ${counts(states)}`,
      ),
    );
    print(
      row(
        'streams',
        `${run.streams.open} open, ${run.streams.broken} broken, ${run.streams.megabytes} MB read`,
      ),
    );
  }
  printBars(bars, print);
}

export interface DrainResult {
  readonly machine: Machine & { readonly loadAverageAfter: readonly number[] };
  readonly bars: Readonly<Record<string, Bar>>;
  readonly runs: readonly DrainRun[];
}

export function printDrain({ machine, bars, runs }: DrainResult, print: Print): void {
  printMachine(machine, print);
  for (const [i, run] of runs.entries()) {
    if (runs.length > 1) print(`run ${i + 1}`);
    const { terminal, waiting, floor, tickBytes, server } = run;
    print(row('acknowledged', `after ${run.acknowledgedMs} ms`));
    for (const [name, { requests, lastMs, perSecond }] of Object.entries({ terminal, waiting })) {
      print(row(name, `${requests} in ${lastMs} ms: ${perSecond}/s`));
    }
    print(row('floor', `${floor.rowsPerSecond} rows/s of ${floor.rowBytes} bytes, 1,000 a commit`));
    print(row('ticks', `${server.ticks}, ${percent(server.engineShare)} called an engine`));
    for (const [phase, ms] of Object.entries(server.phasesMs)) print(row(`  ${phase}`, spreadText(ms, 'ms')));
    if (server.processors) print(row('processors', counts(server.processors)));
    print(
      row('tick records', `${tickBytes.bytes} bytes, worst at ${percent(tickBytes.worstShare)} of its bound`),
    );
    const { sent, accepted, refused, lost, states } = run.conservation;
    print(
      row(
        'requests',
        `sent ${sent}, accepted ${accepted}, refused ${refused}, lost ${lost}; ${counts(states)}`,
      ),
    );
  }
  printBars(bars, print);
}

export function printFigures(name: string, figures: Figures, print: Print): void {
  const { server, scarce } = figures;
  print(`${name}: ${figures.arrivals} requests at ${figures.ratePerSecond}/s`);
  print(row('first Decision', spreadText(figures.firstDecisionMs, 'ms')));
  print(row('  from the schedule', spreadText(figures.fromScheduleMs, 'ms')));
  print(row('  generator late by', spreadText(figures.latenessMs, 'ms')));
  if (figures.consumedMs.count > 0) print(row('out of Kafka', spreadText(figures.consumedMs, 'ms')));
  print(row('answered', spreadText(figures.answeredMs, 'ms')));
  print(row('pending', spreadText(server.pending, '')));
  print(row('columns a tick', spreadText(server.columns, '')));
  print(
    row(
      'ticks',
      `${server.ticksPerSecond}/s, ${percent(server.engineShare)} called an engine, ${server.faults} faults`,
    ),
  );
  for (const [phase, ms] of Object.entries(server.phasesMs)) print(row(`  ${phase}`, spreadText(ms, 'ms')));
  const { p50, p99, max } = server.eventLoopLagMs;
  print(row('event loop lag', `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`));
  if (server.processors) print(row('processors', counts(server.processors)));
  print(
    row(
      'GPUs in use',
      `mean ${percent(scarce.mean)}, ${percent(scarce.least)} to ${percent(scarce.most)}; ${counts(scarce.byModel)}`,
    ),
  );
}

export function printMachine({ cores, cpu, node, loadAverage }: Machine, print: Print): void {
  print(`${cores} cores (${cpu}), node ${node}, load average ${loadAverage.join(' ')}`);
}

export function printBars(bars: Readonly<Record<string, Bar>>, print: Print): void {
  for (const [name, { value, rule, limit, met }] of Object.entries(bars)) {
    const wanted = `${rule === 'atMost' ? 'at most' : 'at least'} ${limit}`;
    print(`${met ? 'met    ' : 'missed '} ${name.padEnd(24)} ${value ?? 'no figure'} (${wanted})`);
  }
}

export function spreadText({ count, p50, p90, p99, max }: Spread, unit: string): string {
  if (count === 0) return 'nothing';
  const figure = (value: number | null): string => `${value}${unit === '' ? '' : ` ${unit}`}`;
  return `p50 ${figure(p50)}, p90 ${figure(p90)}, p99 ${figure(p99)}, max ${figure(max)}`;
}

export function row(name: string, text: string): string {
  return `  ${name.padEnd(20)} ${text}`;
}

export function percent(share: number | null): string {
  return share === null ? 'none' : `${(share * 100).toFixed(1)} %`;
}

export function counts(by: object): string {
  return Object.entries(by)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
