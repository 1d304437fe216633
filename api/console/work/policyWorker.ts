// The thread of the policy workbench: fetches the compiler once, keeps it warm, and answers one question after the other.

import { type CompilerModule, compilerOf } from '../../../policies/index.ts';
import { answerOf, type BenchAnswer, type BenchQuestion } from './bench.ts';

export interface Asked {
  readonly id: number;
  readonly question: BenchQuestion;
}

export type Answered =
  | { readonly id: number; readonly answer: BenchAnswer }
  | { readonly id: number; readonly error: string };

interface Thread {
  readonly location: { readonly href: string };
  onmessage: ((event: { readonly data: Asked }) => void) | null;
  postMessage(answer: Answered): void;
}

const thread = self as unknown as Thread;
let opened: Promise<CompilerModule> | null = null;
let last: Promise<unknown> = Promise.resolve();

async function open(): Promise<CompilerModule> {
  const response = await fetch(new URL(COMPILER_FILE, thread.location.href));
  if (!response.ok) throw new Error(`the policy compiler is not served here (${response.status})`);
  return compilerOf(new Uint8Array(await response.arrayBuffer()));
}

thread.onmessage = ({ data: { id, question } }) => {
  opened ??= open();
  const compiler = opened;
  last = last
    .then(async () => thread.postMessage({ id, answer: await answerOf(await compiler, question) }))
    .catch((error: unknown) =>
      thread.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
    );
};
