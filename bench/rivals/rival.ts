// General engines beside the method, each alone in a child that is killed when it does not stop: what they reach in the same time.
// Invariant: a value is counted only for a plan that passes the exact check. Called by bench/solver.ts.
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
      const timer = setTimeout(
        () => {
          child.kill('SIGKILL');
          resolve(null);
        },
        (seconds * patience + 2) * 1000,
      );
      child.once('message', (message: RivalAnswer) => {
        clearTimeout(timer);
        resolve(message);
      });
      child.once('exit', () => {
        clearTimeout(timer);
        resolve(null);
      });
      child.send({ engine: this.#engine, model, seconds } satisfies RivalQuestion);
    });
    if (answer === null) {
      this.#child = null;
      return { value: 0, bound: null, ms: performance.now() - from, killed: true };
    }
    child.removeAllListeners();
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
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the rival ended with ${code} before it began`)));
  });
}
