// Signed policy bundles and which of them are in force, in memory, with the same rules as the database. Called by simulations and tests.

import type { PolicyHead, PolicyMove, PolicyStore, PutOutcome, StoredBundle } from '../../api/ports.ts';
import type { Instant } from '../../scheduler/index.ts';
import { appendIntake } from './intake.ts';
import { rowKey, type Tables } from './tables.ts';

/** As in PostgreSQL. */
const KEPT_MAX = 100;

export interface MemoryPoliciesOptions {
  readonly tables: Tables;
  readonly now: () => Instant;
  readonly onMoved: () => void;
}

interface Kept extends StoredBundle {
  readonly cell: string;
  readonly text: string;
}

export class MemoryPolicies implements PolicyStore {
  readonly #options: MemoryPoliciesOptions;
  /** In the order in which they came. */
  readonly #bundles = new Map<string, Kept>();
  readonly #heads = new Map<string, PolicyHead>();

  constructor(options: MemoryPoliciesOptions) {
    this.#options = options;
  }

  async put(cell: string, bundle: Parameters<PolicyStore['put']>[1]): Promise<PutOutcome> {
    const key = rowKey(cell, bundle.revision);
    const known = this.#bundles.get(key);
    if (known) return known.sha256 === bundle.sha256 ? 'known' : 'conflict';
    const bytes = new TextEncoder().encode(bundle.text).byteLength;
    this.#bundles.set(key, { ...bundle, cell, bytes, storedAt: this.#options.now() });
    const { active, previous, candidate } = this.#headOf(cell);
    const named = [active, previous, candidate?.revision];
    const ours = [...this.#bundles].filter(([, row]) => row.cell === cell);
    for (const [old, row] of ours.slice(0, Math.max(0, ours.length - KEPT_MAX)))
      if (!named.includes(row.revision)) this.#bundles.delete(old);
    return 'stored';
  }

  async bundles(cell: string): Promise<readonly StoredBundle[]> {
    return [...this.#bundles.values()]
      .filter((row) => row.cell === cell)
      .reverse()
      .map(({ revision, sha256, keyId, subject, storedAt, bytes }) => {
        return { revision, sha256, keyId, subject, storedAt, bytes };
      });
  }

  async text(cell: string, revision: string): Promise<string | null> {
    return this.#bundles.get(rowKey(cell, revision))?.text ?? null;
  }

  async head(cell: string): Promise<PolicyHead> {
    return this.#headOf(cell);
  }

  async move({ cell, from, to, act }: PolicyMove): Promise<'moved' | 'superseded'> {
    const { sequence } = this.#headOf(cell);
    if (sequence !== from) return 'superseded';
    this.#heads.set(cell, { ...to, sequence: sequence + 1 });
    appendIntake(this.#options.tables, { cell, ...act, now: this.#options.now() });
    this.#options.onMoved();
    return 'moved';
  }

  #headOf(cell: string): PolicyHead {
    return this.#heads.get(cell) ?? { sequence: 0, active: 'shipped', previous: null, candidate: null };
  }
}
