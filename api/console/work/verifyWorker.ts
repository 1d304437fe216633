// The thread that checks ticks: a big one takes a while, and the page goes on meanwhile. It is sent a file and answers what it found.

import { verifyFile } from './verification.ts';

interface Thread {
  onmessage: ((event: { readonly data: VerifyQuestion }) => void) | null;
  postMessage(answer: unknown): void;
}

export interface VerifyQuestion {
  readonly file: unknown;
  readonly record: Readonly<Record<string, unknown>> | null;
}

const thread = self as unknown as Thread;
thread.onmessage = ({ data: { file, record } }) => thread.postMessage(verifyFile(file, record));
