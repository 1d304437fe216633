// The compiler of policies as a service of a process: a worker thread, started once and kept warm, with a deadline.
// Invariant: every call settles; a thread that passed its deadline or died is gone, and the next call has a new one.
// Called by api/cli/policy and build scripts through policies/node.ts.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { COMPILER_PAGES_MAX } from './instance.ts';
import { compilerModule } from './module.ts';
import {
  type CompilerAnswer,
  CompilerFault,
  type CompilerRequest,
  type FaultCode,
  type TestResult,
} from './protocol.ts';
import type { TestRun } from './testRun.ts';
import type { CompilerQuestion, CompilerReply } from './worker.ts';

// The default policies take 0.4 s; only hostile sources, or tests that multiply, come near.
const DEADLINE_MS = 60_000;

export interface CompilerOptions {
  /** For one call, the first with the start of the compiler in it. */
  readonly deadlineMs?: number;
  /** Pages of 64 KiB; default 16384, which is 1 GiB. */
  readonly memoryPagesMax?: number;
}

export interface PolicyCompiler {
  /** Problems are an answer. Throws CompilerFault if the compiler itself fails. */
  compile(request: CompilerRequest): Promise<CompilerAnswer>;
  runTests(run: TestRun): Promise<readonly TestResult[]>;
  close(): Promise<void>;
}

export function policyCompiler(options: CompilerOptions = {}): PolicyCompiler {
  return new WorkerCompiler(options);
}

class WorkerCompiler implements PolicyCompiler {
  readonly #deadlineMs: number;
  readonly #pagesMax: number;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ deadlineMs, memoryPagesMax }: CompilerOptions) {
    this.#deadlineMs = deadlineMs ?? DEADLINE_MS;
    this.#pagesMax = memoryPagesMax ?? COMPILER_PAGES_MAX;
  }

  async compile(request: CompilerRequest): Promise<CompilerAnswer> {
    const reply = await this.#inTurn({ kind: 'compile', request });
    if (reply.kind !== 'compiled') throw new Error('the compiler answered another question');
    return reply.answer;
  }

  async runTests(run: TestRun): Promise<readonly TestResult[]> {
    const reply = await this.#inTurn({ kind: 'tests', run });
    if (reply.kind !== 'tested') throw new Error('the compiler answered another question');
    return reply.results;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#end();
  }

  #inTurn(question: CompilerQuestion): Promise<CompilerReply> {
    const turn = this.#last.catch(() => undefined).then(() => this.#ask(question));
    this.#last = turn;
    return turn;
  }

  async #ask(question: CompilerQuestion): Promise<CompilerReply> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { promise, resolve, reject } = Promise.withResolvers<CompilerReply>();
    const lost = (error?: unknown): void => {
      const why = error instanceof Error ? error.message : 'its thread ended';
      // A fault that the thread threw arrives as a plain Error, its message beginning with its code.
      const told = /^(COMPILER_\w+): (.*)$/s.exec(why);
      reject(new CompilerFault((told?.[1] ?? 'COMPILER_CRASHED') as FaultCode, told?.[2] ?? why));
    };
    const late = (): void =>
      reject(new CompilerFault('COMPILER_TIMEOUT', `no answer within ${this.#deadlineMs} ms`));
    const timer = setTimeout(late, this.#deadlineMs);
    worker.once('message', resolve);
    worker.once('error', lost);
    worker.once('exit', lost);
    try {
      worker.postMessage(question);
      return await promise;
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      clearTimeout(timer);
      worker.off('message', resolve);
      worker.off('error', lost);
      worker.off('exit', lost);
    }
  }

  #start(): Worker {
    // Itself a .ts file in a checkout and a .js file in dist: the worker stands beside it under the same extension.
    const file = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(file, {
      env: {},
      execArgv: [],
      name: 'annona-policy-compiler',
      workerData: { module: compilerModule(this.#pagesMax) },
    });
    // Idle, it keeps no process alive.
    worker.unref();
    return worker;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
