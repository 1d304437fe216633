// Answers of calls with an Idempotency-Key, kept 24 h. Invariant: of calls with one key at most one runs. Called by the edge.

import type { CallIdempotency } from '../../api/ports.ts';
import type { Queries } from './connection.ts';

export const CALL_KEY_WINDOW_MS = 24 * 60 * 60 * 1000;

/** A call that has run this long belongs to a process that died: the edge ends every call sooner (a wait lasts 30 s at most). */
export const CALL_RUNNING_MS = 60_000;

type Begun = Awaited<ReturnType<CallIdempotency['begin']>>;

interface BegunRow {
  readonly type: 'fresh' | 'running' | 'mismatch' | 'replay' | 'unseen';
  readonly status: number | null;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
}

export class PostgresCallIdempotency implements CallIdempotency {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async begin(scope: string, key: string, digest: string): Promise<Begun> {
    for (;;) {
      const [row] = await this.#queries.run<BegunRow>('call-begin', [
        scope,
        key,
        digest,
        CALL_KEY_WINDOW_MS,
        CALL_RUNNING_MS,
      ]);
      const { type, status, body, headers } = row!;
      // The row was made, or abandoned, by a call beside ours after our snapshot: the next look sees what became of it.
      if (type === 'unseen') continue;
      if (type !== 'replay') return { type };
      return { type, status: status!, body: body!, headers: headers! };
    }
  }

  async finish(
    scope: string,
    key: string,
    answer: {
      readonly status: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    await this.#queries.run('call-finish', [
      scope,
      key,
      answer.status,
      answer.body,
      JSON.stringify(answer.headers),
    ]);
  }

  async abandon(scope: string, key: string): Promise<void> {
    await this.#queries.run('call-abandon', [scope, key]);
  }
}
