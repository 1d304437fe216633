// Leadership of a cell: a lease row with an epoch on the database's clock, and a session lock that tells a dead holder from a slow one.
// Invariant: every acquisition raises the epoch; the lock only makes a takeover faster, the epoch in each commit makes it safe. Called by the runner.

import type { Announced, LeaderAddress, LeaderDirectory } from '../../api/ports.ts';
import type { Epoch, Leadership } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

export interface LeadershipOptions {
  /** One connection of its own: the lock belongs to the session, and a renewal must not stand behind a commit. */
  readonly queries: Queries;
  /** For looks at who leads, which many may take at once. */
  readonly lookups: Queries;
  readonly holder: string;
  /** Without a renewal for this long anyone may take over. */
  readonly ttlMs: number;
}

export class PostgresLeadership implements Leadership, LeaderDirectory {
  readonly #options: LeadershipOptions;
  #announced: Announced | null = null;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  announce(announced: Announced): void {
    this.#announced = announced;
  }

  async acquire(cell: string): Promise<Epoch | null> {
    const { queries, holder, ttlMs } = this.#options;
    const locked = await this.#lock(cell);
    const values = [cell, holder, ttlMs, locked, ...this.#address()];
    const [row] = await queries.run<{ epoch: number }>('leader-acquire', values);
    if (row) return row.epoch;
    if (locked) await queries.run('leader-unlock', [cell]);
    return null;
  }

  /** Also takes the lock up again, if the session that had it broke, and writes down an address that was announced meanwhile. */
  async renew(cell: string, epoch: Epoch): Promise<boolean> {
    const { queries, holder, ttlMs } = this.#options;
    const locked = await this.#lock(cell);
    const rows = await queries.run('leader-renew', [cell, epoch, holder, ttlMs, locked, ...this.#address()]);
    return rows.length === 1;
  }

  async release(cell: string, epoch: Epoch): Promise<void> {
    const { queries, holder } = this.#options;
    await queries.run('leader-release', [cell, epoch, holder]);
    await queries.run('leader-unlock', [cell]);
  }

  async find(cell: string): Promise<LeaderAddress | null> {
    const [row] = await this.#options.lookups.run<LeaderAddress & Record<string, unknown>>('leader-find', [
      cell,
    ]);
    return row ?? null;
  }

  async #lock(cell: string): Promise<boolean> {
    const [row] = await this.#options.queries.run<{ locked: boolean }>('leader-lock', [cell]);
    return row?.locked === true;
  }

  #address(): [string | null, string | null] {
    return [this.#announced?.url ?? null, this.#announced?.secret ?? null];
  }
}
