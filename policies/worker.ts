// The policy worker: an engine in a thread of its own, so that a policy without end can be ended.
// Invariant: it answers each message once, in order, and holds nothing that its parent could not send again.
// Started by thread.ts alone.
import { parentPort } from 'node:worker_threads';
import type { PolicyVectors } from './authoring/vectors.ts';
import type { Chunk, ChunkAnswer } from './batch.ts';
import { PolicyRefused, type RefusalCode } from './bundle.ts';
import type { PolicyConstraints } from './constraints.ts';
import { answerChunk, explain, type LoadOptions, loadPolicy, type PolicyInstance } from './engine.ts';
import { proveVectors } from './golden.ts';
import type { Explanation, PolicyRow } from './verdict.ts';

export type WorkerQuestion =
  | {
      readonly id: number;
      readonly kind: 'load';
      readonly options: LoadOptions;
      readonly vectors: PolicyVectors | undefined;
    }
  | {
      readonly id: number;
      readonly kind: 'data';
      readonly data: unknown;
      readonly standing: PolicyConstraints;
    }
  | { readonly id: number; readonly kind: 'chunk'; readonly chunk: Chunk }
  | { readonly id: number; readonly kind: 'explain'; readonly row: PolicyRow };

export type WorkerAnswer =
  | { readonly id: number; readonly kind: 'loaded'; readonly constraints: PolicyConstraints }
  | { readonly id: number; readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }
  | { readonly id: number; readonly kind: 'chunk'; readonly answer: ChunkAnswer }
  | { readonly id: number; readonly kind: 'explained'; readonly explanation: Explanation };

const port = parentPort;
if (!port) throw new Error('policies/worker is started by policies/node, in a worker thread');

let instance: PolicyInstance | undefined;

type Loading = Extract<WorkerQuestion, { kind: 'load' | 'data' }>;

/** What was loaded before stays if this is refused. */
async function load(question: Loading): Promise<WorkerAnswer> {
  const { id } = question;
  try {
    if (question.kind === 'load') {
      const loaded = await loadPolicy(question.options);
      proveVectors(loaded, question.vectors);
      instance = loaded;
    } else {
      if (!instance) throw new Error('the policy worker was given data before a bundle');
      instance = instance.over(question.data, question.standing);
    }
    return { id, kind: 'loaded', constraints: instance.constraints };
  } catch (error) {
    if (error instanceof PolicyRefused)
      return { id, kind: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

async function answer(question: WorkerQuestion): Promise<WorkerAnswer> {
  const { id } = question;
  if (question.kind === 'load' || question.kind === 'data') return load(question);
  if (!instance) throw new Error('the policy worker was asked before a bundle was loaded');
  switch (question.kind) {
    case 'chunk':
      return { id, kind: 'chunk', answer: answerChunk(instance, question.chunk) };
    case 'explain':
      return { id, kind: 'explained', explanation: explain(instance, question.row) };
    default:
      return question satisfies never;
  }
}

port.on('message', async (question: WorkerQuestion) => {
  port.postMessage(await answer(question));
});
