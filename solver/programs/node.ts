// Solves one program in a process of its own: an engine in WebAssembly blocks its thread, and only a process can be killed at once.
// Invariant: always answers; when the process was stopped, killed or lost, with the best point and bound that it had told.
// Called by `annona solve` and benches, through ../node.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import {
  type CheckedPoint,
  checkedPoint,
  claims,
  type ProgramAnswer,
  type ProvenBound,
  tighter,
} from './answer.ts';
import { solvePackedGreedily } from './packed.ts';
import { packingOf } from './packing.ts';
import { isBetter, type Program } from './program.ts';
import type { ProgramMessage, ProgramQuestion } from './protocol.ts';
import type { ProgramNews, ProgramRequest, Tell } from './solveProgram.ts';

export interface ProgramRun {
  readonly answer: Promise<ProgramAnswer>;
  /** Ends the process now; the answer is the best so far. */
  stop(): void;
}

export interface ProgramRunOptions {
  readonly tell?: Tell;
  /** The module the process runs; tests put faulty ones here. */
  readonly childModule?: URL;
}

/** An engine that keeps its limit needs a moment to give its answer; one that does not is killed after it. */
const GRACE_MS = 3_000;

export function runProgram(
  program: Program,
  request: ProgramRequest,
  options: ProgramRunOptions = {},
): ProgramRun {
  const child = fork(
    options.childModule ?? new URL(`./child${extname(import.meta.filename)}`, import.meta.url),
    {
      serialization: 'advanced',
      // No flag of the parent, and nothing of its environment.
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const heard = new Heard(program);
  let end: (ended: End) => void = () => {};
  const ending = new Promise<End>((resolve) => {
    end = resolve;
  });
  const watchdog = new Watchdog(limitMs(program, request), () => end({ why: 'timeLimit' }));
  child.on('message', (message: ProgramMessage) => {
    if (message.kind === 'answer') end(checkedEnd(program, message.answer));
    else if (message.kind === 'broken') end({ why: 'lost', message: message.message });
    else {
      if (heard.take(message.news) === 'infeasible') watchdog.restart();
      options.tell?.(message.news);
    }
  });
  child.on('error', (error) => end({ why: 'lost', message: error.message }));
  child.on('exit', (code, signal) =>
    end({ why: 'lost', message: `the process ended with ${signal ?? code}` }),
  );
  child.send({ program, request } satisfies ProgramQuestion, (error) => {
    if (error !== null) end({ why: 'lost', message: error.message });
  });
  const answer = ending.then(async (ended) => {
    watchdog.stop();
    await killed(child);
    return ended.why === 'answered' ? ended.answer : heard.answer(request, ended);
  });
  return { answer, stop: () => end({ why: 'interrupted' }) };
}

type End =
  | { readonly why: 'answered'; readonly answer: ProgramAnswer }
  | { readonly why: 'timeLimit' | 'interrupted' }
  | { readonly why: 'lost'; readonly message: string };

/** A packing program's anytime method is limited by work: for it the clock is a watchdog, and means what it says. Null: no limit. */
function limitMs(program: Program, { engine, seconds }: ProgramRequest): number | null {
  if (seconds === null) return null;
  const keepsIt = engine !== 'anytime' || packingOf(program).kind !== 'packing';
  return Math.min(seconds * 1000 + (keepsIt ? GRACE_MS : 0), 2 ** 31 - 1);
}

class Watchdog {
  readonly #ms: number | null;
  readonly #bark: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(ms: number | null, bark: () => void) {
    this.#ms = ms;
    this.#bark = bark;
    this.restart();
  }

  restart(): void {
    this.stop();
    if (this.#ms !== null) this.#timer = setTimeout(this.#bark, this.#ms);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** What a process says of its point is checked here again: it may have gone wrong in ways that it cannot see. */
function checkedEnd(program: Program, answer: ProgramAnswer): End {
  if (answer.point === null) return { why: 'answered', answer };
  const own = checkedPoint(program, answer.point);
  if (own !== null && own.objective === answer.objective) return { why: 'answered', answer };
  return { why: 'lost', message: 'it told a point that does not check' };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

/** The best of what the process has told. */
class Heard {
  readonly #program: Program;
  #best: CheckedPoint | null = null;
  #proven: ProvenBound | null = null;
  #nodes = 0;
  /** A clash is being looked for: that there is no point is known. */
  #isInfeasible = false;

  constructor(program: Program) {
    this.#program = program;
  }

  /** `infeasible` when that has just become known. */
  take({ best, proven, nodes, phase }: ProgramNews): 'infeasible' | 'more' {
    const isNew = phase === 'explain' && !this.#isInfeasible;
    this.#isInfeasible ||= isNew;
    const isImprovement =
      best !== null && (this.#best === null || isBetter(this.#program, best.objective, this.#best.objective));
    if (isImprovement) this.#best = best;
    this.#proven = tighter(this.#program, this.#proven, proven);
    if (phase === 'search') this.#nodes = nodes;
    return isNew ? 'infeasible' : 'more';
  }

  answer({ engine }: ProgramRequest, ended: Exclude<End, { why: 'answered' }>): ProgramAnswer {
    const isGreedy = this.#best === null && !this.#isInfeasible && this.#takeGreedy();
    return {
      ...claims(this.#program, this.#best, this.#proven),
      ...(this.#isInfeasible && { status: 'infeasible' as const }),
      engine,
      engineBuild: 'none',
      work: { nodes: this.#nodes },
      ended: ended.why === 'lost' ? 'fault' : ended.why,
      notes: [
        ...(ended.why === 'lost' ? [`the engine's process was lost: ${ended.message}`] : []),
        ...(isGreedy ? ['nothing had been found by then: this is the greedy plan'] : []),
        ...(this.#isInfeasible ? ['the rows that clash were not found before the end'] : []),
      ],
      conflict: null,
    };
  }

  /** A packing program always has a plan, which needs no engine. */
  #takeGreedy(): boolean {
    const packing = packingOf(this.#program);
    if (packing.kind !== 'packing') return false;
    const { best, proven } = solvePackedGreedily(this.#program, packing.form);
    this.#best = best;
    this.#proven = tighter(this.#program, this.#proven, proven);
    return true;
  }
}
