// Solving outside the event loop: one active child, one warm spare, a watchdog that kills. With programs/node.ts all of solver/ that spawns.
// Invariant: every answer is feasible and checked in exact integers here, whatever the child did; the clock never shapes an answer,
// it only ends a child, and that is recorded as a fault. Called by the composition roots.
import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { solve, solveTrivially, solveWithoutEngine } from './anytime.ts';
import type { Engine } from './engines/engine.ts';
import { engineBuildOf, loadEngine } from './engines/load.ts';
import type { Model } from './model.ts';
import { isReady, readAnswer, type SolveMessage } from './protocol.ts';
import type { EngineName, Solution, SolveOptions, SolverFault, SolverService } from './solution.ts';
import { checkSolution } from './verify.ts';

export { programEngines } from './programs/load.ts';
export { type ProgramRun, type ProgramRunOptions, runProgram } from './programs/node.ts';
export type { ProgramNews, ProgramRequest } from './programs/solveProgram.ts';

export interface SolverProcessOptions {
  /** From the question to the kill. The work budget should end a solve long before. */
  readonly watchdogMs: number;
  /** Warm before the first question; HiGHS when absent. Any other is loaded when it is asked for. */
  readonly engine?: EngineName;
  /** The module each child runs; tests put faulty ones here. */
  readonly childModule?: URL;
  /** `background`: children that yield to all others on the machine, and none kept as a spare. */
  readonly priority?: SolverPriority;
}

type SolverPriority = 'live' | 'background';

/** A start takes 0.14 s, and seconds on a machine that is busy with other things; one that takes this long hangs. */
const START_PATIENCE_MS = 20_000;

/** What a child makes lives in arrays of numbers: with Node's 16 MiB a half it holds up to 40 MiB more, and there are two of them. */
const YOUNG_HALF_MIB = 2;

/**
 * In a checkout each child would load the parser that takes the types out, which holds 40 MiB from then on. What has been compiled is kept with the
 * installed packages, and read instead; it is written once the modules are there, as a child is only ever killed. A built package has no types.
 */
function keepingCompiled(module: URL): string[] {
  if (extname(module.pathname) === '.js') return [];
  const directory = JSON.stringify(fileURLToPath(new URL('../node_modules/.cache/annona', import.meta.url)));
  const script =
    `import{enableCompileCache,flushCompileCache}from"node:module";enableCompileCache(${directory});` +
    'setTimeout(flushCompileCache,5000).unref()';
  return [`--import=data:text/javascript,${encodeURIComponent(script)}`];
}

/** Build string of an answer to a name that this installation has no engine for. */
const NO_BUILD = 'none';

/** Why this installation cannot solve with an engine, and the command that helps; null when it can. */
export async function engineAbsence(name: EngineName): Promise<string | null> {
  if ((await engineBuildOf(name)) !== null) return null;
  return `the engine ${name} is not installed: npm install glpk.js adds it (it is under GPL-3.0); the engine highs needs nothing more`;
}

/** Same answers as the solver process, byte for byte, on the caller's event loop: for simulations and tests. */
export function createInProcessSolver(): SolverService {
  const engines = new Map<EngineName, Promise<Engine | null>>();
  let closed = false;
  return {
    async solve(model, options) {
      if (closed) throw new Error('solver is closed');
      const { engine: name } = options;
      const loading = engines.get(name) ?? loadEngine(name);
      engines.set(name, loading);
      const engine = await loading;
      if (engine !== null) return solve(model, engine, options);
      return solveWithoutEngine(model, { engine: name, engineBuild: NO_BUILD, fault: 'refused' });
    },
    async close() {
      closed = true;
    },
  };
}

/** Resolves when the first child is warm (about 140 ms); rejects when it cannot start. */
export async function createSolverProcess(options: SolverProcessOptions): Promise<SolverService> {
  const pair = new ChildPair({
    module: options.childModule ?? new URL(`./child${extname(import.meta.filename)}`, import.meta.url),
    engine: options.engine ?? 'highs',
    priority: options.priority ?? 'live',
  });
  await pair.start();
  return new SolverProcess(pair, options.watchdogMs);
}

type Asked =
  | { readonly solution: Solution }
  /** `cold`: the child was still starting and has not been asked. */
  | { readonly fault: SolverFault; readonly cold?: true };

class SolverProcess implements SolverService {
  readonly #pair: ChildPair;
  readonly #watchdogMs: number;
  readonly #builds = new Map<EngineName, Promise<string | null>>();
  /** Settles when every question asked so far is answered: one at a time. */
  #queue: Promise<unknown> = Promise.resolve();
  #questions = 0;
  #closed = false;

  constructor(pair: ChildPair, watchdogMs: number) {
    this.#pair = pair;
    this.#watchdogMs = watchdogMs;
  }

  async solve(model: Model, options: SolveOptions): Promise<Solution> {
    if (this.#closed) throw new Error('solver is closed');
    const { engine } = options;
    const reading = this.#builds.get(engine) ?? engineBuildOf(engine);
    this.#builds.set(engine, reading);
    const engineBuild = await reading;
    if (engineBuild === null) {
      return solveWithoutEngine(model, { engine, engineBuild: NO_BUILD, fault: 'refused' });
    }
    // No round trip for a tick where everything fits, or nothing does.
    const trivial = solveTrivially(model, { engine, engineBuild });
    if (trivial !== null) return trivial;
    const turn = this.#queue.then(() => this.#answer(model, { options, engineBuild }));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
    await this.#pair.close();
  }

  async #answer(model: Model, asked: { options: SolveOptions; engineBuild: string }): Promise<Solution> {
    const { options, engineBuild } = asked;
    const answer = await this.#ask({
      kind: 'solve',
      id: ++this.#questions,
      model,
      options: { engine: options.engine, budget: options.budget, warm: options.warm ?? null },
    });
    const fault = 'fault' in answer ? answer.fault : faultIn(model, answer.solution, asked);
    if (fault === null && 'solution' in answer) return answer.solution;
    // A child that lied, or may still be running, is not asked again; one that was never asked goes on starting.
    if (!('cold' in answer)) this.#pair.replaceActive();
    return solveWithoutEngine(model, { engine: options.engine, engineBuild, fault: fault! });
  }

  /**
   * Asks once the child is warm, and gives it the whole watchdog from there. On a busy machine a start outlasts the watchdog: a child that
   * was killed for it would be followed by another cold one, for ever, so the question is then answered without it.
   */
  #ask(message: SolveMessage): Promise<Asked> {
    const child = this.#pair.active();
    return new Promise((resolve) => {
      const end = (answer: Asked): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(answer);
      };
      const send = (): void => {
        timer = setTimeout(() => end({ fault: 'watchdog' }), this.#watchdogMs);
        child.send(message, (error) => {
          if (error !== null) end({ fault: 'crash' });
        });
      };
      const onMessage = (reply: unknown): void => {
        if (isReady(reply)) {
          clearTimeout(timer);
          send();
          return;
        }
        const solution = readAnswer(reply, message.id);
        end(solution === null ? { fault: 'garbage' } : { solution });
      };
      const onExit = (): void => end({ fault: 'crash' });
      let timer = setTimeout(() => end({ fault: 'watchdog', cold: true }), this.#watchdogMs);
      child.on('message', onMessage);
      child.on('exit', onExit);
      if (this.#pair.isWarm(child)) {
        clearTimeout(timer);
        send();
      }
    });
  }
}

/** What the parent holds against an answer; null when it is true in every claim. */
function faultIn(
  model: Model,
  solution: Solution,
  { options, engineBuild }: { options: SolveOptions; engineBuild: string },
): SolverFault | null {
  if (solution.engine !== options.engine || solution.engineBuild !== engineBuild) return 'garbage';
  return checkSolution(model, solution).ok ? null : 'garbage';
}

/** One active child and one warm spare. A spare is started when one is used, so a child that dies at once cannot spin. */
class ChildPair {
  readonly #module: URL;
  readonly #engine: EngineName;
  readonly #priority: SolverPriority;
  readonly #living = new Set<ChildProcess>();
  readonly #warm = new WeakSet<ChildProcess>();
  #active: ChildProcess | null = null;
  #spare: ChildProcess | null = null;

  constructor({ module, engine, priority }: { module: URL; engine: EngineName; priority: SolverPriority }) {
    this.#module = module;
    this.#engine = engine;
    this.#priority = priority;
  }

  async start(): Promise<void> {
    const child = this.active();
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        reject(new Error(`solver child ended at start: ${code ?? signal}`)),
      );
    }).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
  }

  isWarm(child: ChildProcess): boolean {
    return this.#warm.has(child);
  }

  active(): ChildProcess {
    this.#active ??= this.#spare ?? this.#fork();
    if (this.#spare === this.#active) this.#spare = null;
    if (this.#priority === 'live') this.#spare ??= this.#fork();
    return this.#active;
  }

  /** Kills the active child and promotes the spare at once; a new spare warms up meanwhile. */
  replaceActive(): void {
    this.#active?.kill('SIGKILL');
    this.#active = null;
    this.active();
  }

  async close(): Promise<void> {
    const exits = [...this.#living].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#living) child.kill('SIGKILL');
    await Promise.all(exits);
  }

  #fork(): ChildProcess {
    const child = fork(this.#module, [this.#engine], {
      serialization: 'advanced',
      execArgv: [`--max-semi-space-size=${YOUNG_HALF_MIB}`, ...keepingCompiled(this.#module)],
      // No flag of the parent's, and nothing of its environment: a solver needs no password. One arena is enough: one thread of it works.
      env: { MALLOC_ARENA_MAX: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const forget = (): void => {
      this.#living.delete(child);
      if (this.#active === child) this.#active = null;
      if (this.#spare === child) this.#spare = null;
    };
    this.#living.add(child);
    if (this.#priority === 'background' && child.pid !== undefined)
      setPriority(child.pid, constants.priority.PRIORITY_LOW);
    const impatient = setTimeout(() => child.kill('SIGKILL'), START_PATIENCE_MS);
    impatient.unref();
    child.once('message', () => {
      clearTimeout(impatient);
      this.#warm.add(child);
    });
    child.on('exit', () => clearTimeout(impatient));
    child.on('exit', forget);
    // A process that could not be spawned has no `exit`; a failed send is answered by its own callback.
    child.on('error', () => {
      if (child.pid === undefined) forget();
    });
    return child;
  }
}
