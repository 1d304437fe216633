// Side jobs in memory, for simulations and tests: what the database's rows do, under the same contract.

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
import type { Instant } from '../../scheduler/index.ts';
import { decodeCursor, encodeCursor } from '../postgres/cursor.ts';
import { ATTEMPTS_MAX, CLAIM_MS } from '../postgres/sideJobs.ts';

const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

interface Row {
  job: SideJob;
  claim: string | null;
  claimedUntil: Instant;
  parts: Map<number, Uint8Array>;
}

export class MemorySideJobs implements SideJobs, SideJobBook {
  readonly #now: () => Instant;
  readonly #rows = new Map<string, Row>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  async add(scope: Scope, asked: NewSideJob): Promise<SideJob> {
    const job: SideJob = {
      ...structuredClone(asked),
      department: scope.department,
      reach: scope.type === 'all' ? 'all' : 'department',
      state: 'queued',
      ...{ done: 0, total: 0, attempts: 0 },
      queuedAt: this.#now(),
      ...{ startedAt: null, endedAt: null, result: null, error: null },
    };
    this.#rows.set(job.id, { job, claim: null, claimedUntil: 0, parts: new Map() });
    return job;
  }

  async job(scope: Scope, id: string): Promise<SideJob | null> {
    return this.#seen(scope, id)?.job ?? null;
  }

  async jobs(
    scope: Scope,
    { limit, after, state, kind }: PageQuery & { state?: SideJobState; kind?: string },
  ): Promise<Page<SideJob>> {
    const below = after === null ? '~' : decodeCursor(after);
    const found = [...this.#rows.keys()]
      .filter((id) => id < below && this.#seen(scope, id) !== null)
      .map((id) => this.#rows.get(id)!.job)
      .filter((job) => (state ?? job.state) === job.state && (kind ?? job.kind) === job.kind)
      .toSorted((a, b) => (a.id > b.id ? -1 : 1));
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor(last.id) : null };
  }

  async cancel(scope: Scope, id: string): Promise<SideJob | null> {
    const row = this.#seen(scope, id);
    if (row === null || row.job.endedAt !== null) return null;
    this.#end(row, { state: 'cancelled' });
    return row.job;
  }

  async part(scope: Scope, id: string, n: number): Promise<Uint8Array | null> {
    return this.#seen(scope, id)?.parts.get(n) ?? null;
  }

  async due(cell: string, rowsMax: number): Promise<readonly string[]> {
    const open = [...this.#rows.values()].filter(({ job }) => job.cell === cell && job.endedAt === null);
    for (const row of open)
      if (this.#isLost(row) && row.job.attempts >= ATTEMPTS_MAX)
        this.#end(row, { state: 'failed', error: 'every process that ran it ended' });
    return open
      .filter((row) => row.job.state === 'queued' || (row.job.endedAt === null && this.#isLost(row)))
      .toSorted((a, b) => a.job.queuedAt - b.job.queuedAt || (a.job.id < b.job.id ? -1 : 1))
      .slice(0, rowsMax)
      .map(({ job }) => job.id);
  }

  async claim({ id, claim }: SideJobClaim, kinds: readonly string[]): Promise<SideJob | null> {
    const row = this.#rows.get(id);
    if (row === undefined || !kinds.includes(row.job.kind) || row.job.attempts >= ATTEMPTS_MAX) return null;
    if (row.job.state !== 'queued' && !this.#isLost(row)) return null;
    const { attempts } = row.job;
    row.job = {
      ...row.job,
      state: 'running',
      attempts: attempts + 1,
      startedAt: this.#now(),
      done: 0,
      total: 0,
    };
    row.claim = claim;
    row.claimedUntil = this.#now() + CLAIM_MS;
    row.parts.clear();
    return row.job;
  }

  async beat(claim: SideJobClaim, { done, total }: { done: number; total: number }): Promise<boolean> {
    const row = this.#held(claim);
    if (row === null) return false;
    row.claimedUntil = this.#now() + CLAIM_MS;
    row.job = { ...row.job, done: Math.max(done, row.job.done), total: Math.max(total, row.job.total) };
    return true;
  }

  async write(claim: SideJobClaim, n: number, bytes: Uint8Array): Promise<boolean> {
    const row = this.#held(claim);
    row?.parts.set(n, bytes);
    return row !== null;
  }

  async succeed(claim: SideJobClaim, result: SideJobResult): Promise<boolean> {
    const row = this.#held(claim);
    if (row !== null) this.#end(row, { state: 'succeeded', result });
    return row !== null;
  }

  async fail(claim: SideJobClaim, { error, again }: { error: string; again: boolean }): Promise<boolean> {
    const row = this.#held(claim);
    if (row === null) return false;
    this.#end(row, { state: again ? 'queued' : 'failed', error });
    return true;
  }

  async handBack(claim: SideJobClaim): Promise<boolean> {
    const row = this.#held(claim);
    if (row === null) return false;
    row.job = { ...row.job, attempts: row.job.attempts - 1 };
    this.#end(row, { state: 'queued' });
    return true;
  }

  async forget(cell: string, rowsMax: number): Promise<number> {
    const old = [...this.#rows.values()]
      .filter(({ job }) => job.cell === cell && job.endedAt !== null && job.endedAt <= this.#now() - KEPT_MS)
      .slice(0, rowsMax);
    for (const { job } of old) this.#rows.delete(job.id);
    return old.length;
  }

  #seen(scope: Scope, id: string): Row | null {
    const row = this.#rows.get(id);
    return row !== undefined && (scope.type === 'all' || row.job.department === scope.department)
      ? row
      : null;
  }

  #held({ id, claim }: SideJobClaim): Row | null {
    const row = this.#rows.get(id);
    return row?.claim === claim && row.job.state === 'running' ? row : null;
  }

  #isLost({ job, claimedUntil }: Row): boolean {
    return job.state === 'running' && claimedUntil <= this.#now();
  }

  #end(row: Row, change: Pick<SideJob, 'state'> & Partial<SideJob>): void {
    row.job = { ...row.job, ...change, endedAt: change.state === 'queued' ? null : this.#now() };
    row.claim = null;
  }
}
