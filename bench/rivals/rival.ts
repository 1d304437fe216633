// General engines beside the method, each alone in a child that is killed when it does not stop: what they reach in the same time.
// Invariant: a value is counted only for a plan that passes the exact check, and no child outlives this process. Called by bench/solver.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { checkPlan, type Model } from '../../solver/index.ts';
import type { RivalAnswer, RivalQuestion } from './child.ts';

export interface RivalFigure {
  /** 0 when it had no plan in time, or one that breaks a row. */
  readonly value: number;
  readonly bound: number | null;
  readonly ms: number;
  readonly killed: boolean;
}

export class Rival {
  readonly #engine: RivalQuestion['engine'];
  #child: Promise<ChildProcess> | null = null;

  constructor(engine: RivalQuestion['engine']) {
    this.#engine = engine;
  }

  /** Warm: loading an engine is in nobody's time. Killed `patience` times after its own limit. */
  async solve(model: Model, seconds: number, patience = 4): Promise<RivalFigure> {
    this.#child ??= start();
    const child = await this.#child;
    const from = performance.now();
    const answer = await new Promise<RivalAnswer | null>((resolve) => {
      const end = (message: RivalAnswer | null): void => {
        clearTimeout(timer);
        child.off('message', end);
        child.off('exit', onExit);
        resolve(message);
      };
      const onExit = (): void => end(null);
      const timer = setTimeout(() => child.kill('SIGKILL'), (seconds * patience + 2) * 1000);
      child.on('message', end);
      child.on('exit', onExit);
      child.send({ engine: this.#engine, model, seconds } satisfies RivalQuestion);
    });
    if (answer === null) {
      this.#child = null;
      return { value: 0, bound: null, ms: performance.now() - from, killed: true };
    }
    const { granted, bound, ms } = answer;
    const check = granted && checkPlan(model, granted);
    const value = check?.ok ? [...check.values.values()].reduce((sum, of) => sum + of, 0) : 0;
    return { value, bound, ms, killed: false };
  }

  async close(): Promise<void> {
    (await this.#child)?.kill('SIGKILL');
    this.#child = null;
  }
}

function start(): Promise<ChildProcess> {
  const child = fork(new URL('./child.ts', import.meta.url), { serialization: 'advanced' });
  // However this process ends, but by SIGKILL: then the channel closes, and the child goes when its engine lets it.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the rival ended with ${code} before it began`)));
  });
}
