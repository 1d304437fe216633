// One policy worker thread with its watchdog.
// Invariant: every question is answered; once the thread is ended, or dead by itself, with `lost`. Called by slot.ts alone.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HostCode } from './verdict.ts';
import type { WorkerAnswer, WorkerQuestion } from './worker.ts';

type Question = WorkerQuestion extends infer Q ? (Q extends WorkerQuestion ? Omit<Q, 'id'> : never) : never;
type Lost = { readonly kind: 'lost'; readonly code: HostCode };
export type Answer = WorkerAnswer | Lost;

// An answer that a policy blew up becomes an error of the thread, and not the end of the process.
export const HEAP_MIB_MAX = 256;

/** One worker thread. Once ended, or dead by itself, it answers every question `lost`. */
export class Thread {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lost: Lost | undefined;
  #asked = 0;

  /** `heapMiBMax`: of JavaScript; what the policy itself takes is bounded in pages. */
  constructor(heapMiBMax: number) {
    // Itself a .ts file in a checkout and a .js file in dist: the worker stands beside it under the same extension.
    const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, {
      env: {},
      execArgv: [],
      name: 'annona-policy',
      resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer.id, answer));
    this.#worker.on('error', () => this.#lose('POLICY_ERROR'));
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#lose('POLICY_ERROR');
        resolve();
      });
    });
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** `transfer`: buffers that move to the thread and are empty here afterwards. */
  ask(question: Question, transfer: ArrayBuffer[] = []): Promise<Answer> {
    if (this.#lost) return Promise.resolve(this.#lost);
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }

  /** Ends the thread at the deadline, which settles whatever `act` still waits for. */
  async within<T>(deadlineMs: number, act: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => void this.end('POLICY_TIMEOUT'), deadlineMs);
    try {
      return await act();
    } finally {
      clearTimeout(timer);
    }
  }

  async end(code: HostCode): Promise<void> {
    this.#lose(code);
    await this.#worker.terminate();
    await this.ended;
  }

  #settle(id: number, answer: Answer): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #lose(code: HostCode): void {
    this.#lost ??= { kind: 'lost', code };
    for (const id of [...this.#waiting.keys()]) this.#settle(id, this.#lost);
  }
}

/** What is promised, or undefined once the deadline is over: for what may be waited for, and is not ours to end. */
export async function awaited<T>(promise: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
