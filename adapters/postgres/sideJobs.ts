// Side jobs in PostgreSQL: asked for and read under the asker's scope, claimed and ended by workers.
// Invariant: one claim at a time; what carries another changes nothing. Called by the edge (PostgresSideJobs) and the workers (PostgresSideJobBook).

import type {
  NewSideJob,
  Page,
  PageQuery,
  Scope,
  SideJob,
  SideJobBook,
  SideJobClaim,
  SideJobResult,
  SideJobState,
  SideJobs,
} from '../../api/ports.ts';
import type { Queries, QueryPool } from './connection.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ownerOf } from './narrowing.ts';
import { assertStorable } from './storable.ts';

/** A worker says so often that it lives; three times silent, its job is another's. */
export const CLAIM_MS = 15_000;
/** A job that ends its process three times is at fault itself. */
export const ATTEMPTS_MAX = 3;
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

export class PostgresSideJobs implements SideJobs {
  readonly #reader: QueryPool;
  readonly #writer: Queries;

  constructor(reader: QueryPool, writer: Queries) {
    this.#reader = reader;
    this.#writer = writer;
  }

  async add(scope: Scope, { id, cell, subject, kind, input }: NewSideJob): Promise<SideJob> {
    const reach = scope.type === 'all' ? 'all' : 'department';
    const text = JSON.stringify(input);
    assertStorable(text);
    const values = [id, cell, scope.department, reach, subject, kind, text];
    const [row] = await this.#writer.run<SideJob & Record<string, unknown>>('job-add', values);
    return row!;
  }

  async job(scope: Scope, id: string): Promise<SideJob | null> {
    if (id.includes('\0')) return null;
    const [row] = await this.#read<SideJob>(scope, 'job-one', [id]);
    return row ?? null;
  }

  async jobs(
    scope: Scope,
    { limit, after, state, kind }: PageQuery & { state?: SideJobState; kind?: string },
  ): Promise<Page<SideJob>> {
    // `~` sorts behind every id.
    const below = after === null ? '~' : decodeCursor(after);
    const rows = await this.#read<SideJob>(scope, 'job-list', [
      below,
      state ?? null,
      kind ?? null,
      limit + 1,
    ]);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? encodeCursor(last.id) : null };
  }

  async cancel(scope: Scope, id: string): Promise<SideJob | null> {
    if (id.includes('\0')) return null;
    const values = [id, ownerOf(scope).department];
    const [row] = await this.#writer.run<SideJob & Record<string, unknown>>('job-cancel', values);
    return row ?? null;
  }

  async part(scope: Scope, id: string, n: number): Promise<Uint8Array | null> {
    const [row] = await this.#read<{ bytes: Uint8Array }>(scope, 'job-part', [id, n]);
    return row?.bytes ?? null;
  }

  #read<Row extends object>(scope: Scope, name: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#reader.transaction<Row & Record<string, unknown>>([
      ['scope', [scope.type, scope.department]],
      [name, values],
    ]);
  }
}

export class PostgresSideJobBook implements SideJobBook {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async due(cell: string, rowsMax: number): Promise<readonly string[]> {
    const rows = await this.#queries.run<{ id: string }>('job-due', [cell, ATTEMPTS_MAX, rowsMax]);
    return rows.map(({ id }) => id);
  }

  async claim({ id, claim }: SideJobClaim, kinds: readonly string[]): Promise<SideJob | null> {
    const values = [id, claim, kinds, CLAIM_MS, ATTEMPTS_MAX];
    const [row] = await this.#queries.run<SideJob & Record<string, unknown>>('job-claim', values);
    return row ?? null;
  }

  beat({ id, claim }: SideJobClaim, { done, total }: { done: number; total: number }): Promise<boolean> {
    return this.#changes('job-beat', [id, claim, done, total, CLAIM_MS]);
  }

  write({ id, claim }: SideJobClaim, n: number, bytes: Uint8Array): Promise<boolean> {
    return this.#changes('job-write', [id, claim, n, Buffer.from(bytes)]);
  }

  succeed({ id, claim }: SideJobClaim, result: SideJobResult): Promise<boolean> {
    return this.#changes('job-end', [id, claim, 'succeeded', JSON.stringify(result), null]);
  }

  fail(
    { id, claim }: SideJobClaim,
    { error, again }: { readonly error: string; readonly again: boolean },
  ): Promise<boolean> {
    const told = error.replaceAll('\0', '').slice(0, 2000);
    return this.#changes('job-end', [id, claim, again ? 'queued' : 'failed', null, told]);
  }

  handBack({ id, claim }: SideJobClaim): Promise<boolean> {
    return this.#changes('job-hand-back', [id, claim]);
  }

  async forget(cell: string, rowsMax: number): Promise<number> {
    return (await this.#queries.run('job-forget', [cell, KEPT_MS, rowsMax])).length;
  }

  async #changes(name: string, values: readonly unknown[]): Promise<boolean> {
    return (await this.#queries.run(name, values)).length > 0;
  }
}
