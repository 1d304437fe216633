// Answers of calls with an Idempotency-Key, in memory. Invariant: of calls with one key at most one runs. Called by the edge in tests.

import type { CallIdempotency } from '../../api/ports.ts';
import type { Instant } from '../../scheduler/index.ts';
import { rowKey } from './tables.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
const RUNNING_MS = 60_000;

type Begun = Awaited<ReturnType<CallIdempotency['begin']>>;
type Answer = Parameters<CallIdempotency['finish']>[2];

interface Call {
  readonly digest: string;
  readonly startedAt: Instant;
  readonly answer: Answer | null;
}

export class MemoryCallIdempotency implements CallIdempotency {
  readonly #now: () => Instant;
  readonly #calls = new Map<string, Call>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  async begin(scope: string, key: string, digest: string): Promise<Begun> {
    const id = rowKey(scope, key);
    const now = this.#now();
    const call = this.#calls.get(id);
    if (call === undefined || call.startedAt <= now - (call.answer === null ? RUNNING_MS : KEPT_MS)) {
      this.#calls.set(id, { digest, startedAt: now, answer: null });
      return { type: 'fresh' };
    }
    if (call.digest !== digest) return { type: 'mismatch' };
    return call.answer === null ? { type: 'running' } : { type: 'replay', ...call.answer };
  }

  async finish(scope: string, key: string, answer: Answer): Promise<void> {
    const id = rowKey(scope, key);
    const call = this.#calls.get(id);
    if (call?.answer === null) this.#calls.set(id, { ...call, answer });
  }

  async abandon(scope: string, key: string): Promise<void> {
    const id = rowKey(scope, key);
    if (this.#calls.get(id)?.answer === null) this.#calls.delete(id);
  }
}
