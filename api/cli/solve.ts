// `annona solve FILE`: solves any mixed-integer linear program, in a process of its own, and says whose word the bound is.
// Invariant: data on standard output, news and notes on standard error; Ctrl-C prints the best so far. Called by main.ts.

import { type ProgramAnswer, type ProgramEngineName, writeProgram } from '../../solver/index.ts';
import {
  engineAbsence,
  type ProgramNews,
  type ProgramRequest,
  type ProgramRun,
  runProgram,
} from '../../solver/node.ts';
import { startStopwatch } from '../roles/clock.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { formatFor, loadProgram, saveText } from './programFile.ts';
import { printAnswer, solveJson } from './solveReport.ts';

export interface SolveOptions {
  readonly engine: string;
  readonly work?: string;
  readonly timeLimit?: string;
  readonly json?: boolean;
  readonly solution?: boolean;
  readonly explain?: boolean;
  readonly write?: string;
}

const ENGINES = ['anytime', 'highs', 'glpk'] as const satisfies readonly ProgramEngineName[];
/** Between two lines of news in a log. */
const NEWS_MS = 5_000;

export async function solve(file: string, options: SolveOptions, io: CommandIo): Promise<number> {
  const request = requestOf(options);
  const { program, notes } = await loadProgram(file);
  for (const note of notes) io.err(`${file}: ${note}`);
  if (options.write !== undefined) {
    const { text, renamed } = writeProgram(program, formatFor(options.write));
    await saveText(options.write, text);
    if (renamed > 0)
      io.err(`${options.write}: ${renamed} names could not stand in this form and were changed`);
    return EXIT.done;
  }
  const absence = request.engine === 'glpk' ? await engineAbsence('glpk') : null;
  if (absence !== null) throw new CommandError(absence);
  const stopwatch = startStopwatch();
  const news = new News(io, () => stopwatch.elapsedMs());
  const run = runProgram(program, request, { tell: (told) => news.take(told) });
  const answer = await stoppable(run);
  news.end();
  const report = { program, answer, seconds: Math.round(stopwatch.elapsedMs()) / 1000 };
  if (options.json) io.out(JSON.stringify(solveJson(report, options.solution === true)));
  else printAnswer(report, { io, withSolution: options.solution === true });
  return exitCodeOf(answer);
}

/** Ctrl-C and SIGTERM end the solve within milliseconds: there is nothing to be patient with, and no second one is needed. */
async function stoppable(run: ProgramRun): Promise<ProgramAnswer> {
  const stop = (): void => run.stop();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await run.answer;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

function requestOf({ engine, work, timeLimit, explain }: SolveOptions): ProgramRequest {
  const name = ENGINES.find((known) => known === engine);
  if (name === undefined)
    throw new CommandError(`unknown engine ${engine} (allowed: ${ENGINES.join(', ')})`, EXIT.usage);
  if (work !== undefined && !/^\d{1,9}$/.test(work))
    throw new CommandError(`--work ${work} is no whole number from 0 to 999999999`, EXIT.usage);
  if (work !== undefined && name === 'glpk')
    throw new CommandError('glpk knows no counted limit: use --time-limit, or --engine highs', EXIT.usage);
  const seconds = timeLimit === undefined ? null : Number(timeLimit);
  if (timeLimit !== undefined && !(/^[\d.]+$/.test(timeLimit) && seconds! > 0 && seconds! <= 1_000_000))
    throw new CommandError(`--time-limit ${timeLimit} is no number of seconds from 0 to 1000000`, EXIT.usage);
  return { engine: name, work: work === undefined ? null : Number(work), seconds, explain: explain === true };
}

/** 0 with a plan, 4 when none can be (or none can be the best), 5 when the limit came before one, 1 when the engine failed. */
function exitCodeOf({ status, ended }: ProgramAnswer): number {
  if (ended === 'interrupted') return EXIT.interrupted;
  if (status === 'optimal' || status === 'feasible') return EXIT.done;
  if (status === 'infeasible' || status === 'unbounded') return EXIT.unsatisfiable;
  return ended === 'fault' ? EXIT.failed : EXIT.waiting;
}

/** One line in place on a terminal; in a log a line every few seconds, and none of a solve that is over before. */
class News {
  readonly #io: CommandIo;
  readonly #elapsedMs: () => number;
  #nextMs = NEWS_MS;
  #objective: number | null = null;
  #bound: number | null = null;

  constructor(io: CommandIo, elapsedMs: () => number) {
    this.#io = io;
    this.#elapsedMs = elapsedMs;
  }

  take({ phase, best, proven, nodes }: ProgramNews): void {
    this.#objective = best?.objective ?? this.#objective;
    this.#bound = proven?.bound ?? this.#bound;
    const counted = phase === 'explain' ? `${nodes} programs solved for the clash` : `${nodes} nodes`;
    const seconds = (this.#elapsedMs() / 1000).toFixed(1);
    const line = `${seconds} s  objective ${this.#objective ?? '-'}  bound ${this.#bound ?? '-'}  ${counted}`;
    if (this.#elapsedMs() >= this.#nextMs) {
      this.#nextMs = this.#elapsedMs() + NEWS_MS;
      this.#io.progress('');
      this.#io.err(line);
    }
    this.#io.progress(line);
  }

  end(): void {
    this.#io.progress('');
  }
}
