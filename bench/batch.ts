// Requests sent in one call, and entered in the book one by one. Invariant: an item that was not taken is entered as refused. Called by drainRun.ts and closedLoop.ts.

import type { SubmitBody } from '../api/client/index.ts';
import type { Book, Entry } from './book.ts';
import type { Wire } from './wire.ts';

export interface Wish {
  readonly agent: string;
  readonly body: SubmitBody;
}

export interface SendingOptions {
  readonly wire: Wire;
  readonly book: Book;
  readonly authorizationOf: (agent: string) => string;
}

interface BatchItem {
  readonly status: number;
  readonly request?: { readonly id: string };
}

/** All of one agent. Answers their entries in the same order. */
export function sendBatch(
  wishes: readonly Wish[],
  { wire, book, authorizationOf }: SendingOptions,
): readonly Entry[] {
  const authorization = authorizationOf(wishes[0]!.agent);
  const sentMs = performance.now();
  const entries = wishes.map(() =>
    book.enter({ scheduledMs: sentMs, sentMs, scarceUnits: 0, holdMs: 0, authorization }),
  );
  const body = JSON.stringify({ items: wishes.map((wish) => wish.body) });
  wire.post({ path: '/v1/requests/batch', authorization, body }, ({ status, text }) => {
    const atMs = performance.now();
    const items: BatchItem[] = status === 207 ? JSON.parse(text).items : [];
    for (const [i, entry] of entries.entries()) {
      const id = items[i]?.request?.id;
      if (id === undefined) entry.refusal = `${status} ${JSON.stringify(items[i] ?? text)}`;
      else book.accepted(entry, { id, atMs });
    }
  });
  return entries;
}
