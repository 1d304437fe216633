// The compiler's thread: opened once and kept, so that a compilation without end can be ended and the next one is warm.
// Invariant: it answers each message once, in order. Started by node.ts alone.
import { parentPort, workerData } from 'node:worker_threads';
import { instanceOf } from './instance.ts';
import type { CompilerAnswer, CompilerRequest, TestResult } from './protocol.ts';
import { runTests, type TestRun } from './testRun.ts';

export type CompilerQuestion =
  | { readonly kind: 'compile'; readonly request: CompilerRequest }
  | { readonly kind: 'tests'; readonly run: TestRun };

export type CompilerReply =
  | { readonly kind: 'compiled'; readonly answer: CompilerAnswer }
  | { readonly kind: 'tested'; readonly results: readonly TestResult[] };

const port = parentPort;
if (!port)
  throw new Error('policies/authoring/worker is started by policies/authoring/node, in a worker thread');
const { module } = workerData as { readonly module: object };

const compiler = instanceOf(module);

port.on('message', (question: CompilerQuestion) => {
  const reply: CompilerReply =
    question.kind === 'compile'
      ? { kind: 'compiled', answer: compiler.ask(question.request) }
      : { kind: 'tested', results: runTests(question.run) };
  port.postMessage(reply);
});
