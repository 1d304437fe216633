// Leadership of a cell in memory: one row a cell, on the clock that is passed in. Called by the runner in simulations and tests.

import type { Announced, LeaderAddress, LeaderDirectory } from '../../api/ports.ts';
import type { Epoch, Instant, Leadership } from '../../scheduler/index.ts';
import type { Tables } from './tables.ts';

export interface MemoryLeadershipOptions {
  readonly tables: Tables;
  readonly holder: string;
  readonly ttlMs: number;
  readonly now: () => Instant;
}

export class MemoryLeadership implements Leadership, LeaderDirectory {
  readonly #options: MemoryLeadershipOptions;
  #announced: Announced | null = null;

  constructor(options: MemoryLeadershipOptions) {
    this.#options = options;
  }

  announce(announced: Announced): void {
    this.#announced = announced;
  }

  async acquire(cell: string): Promise<Epoch | null> {
    const { tables, holder, ttlMs } = this.#options;
    const now = this.#options.now();
    const row = tables.leaders.get(cell);
    if (row !== undefined && row.expires_at_ms > now && row.holder !== holder) return null;
    const epoch = (row?.epoch ?? 0) + 1;
    tables.leaders.set(cell, { cell, epoch, holder, renewed_at_ms: now, expires_at_ms: now + ttlMs });
    this.#publish(cell, epoch);
    return epoch;
  }

  async renew(cell: string, epoch: Epoch): Promise<boolean> {
    const { tables, holder, ttlMs } = this.#options;
    const row = tables.leaders.get(cell);
    if (row?.epoch !== epoch || row.holder !== holder) return false;
    const now = this.#options.now();
    tables.leaders.set(cell, { ...row, renewed_at_ms: now, expires_at_ms: now + ttlMs });
    this.#publish(cell, epoch);
    return true;
  }

  async release(cell: string, epoch: Epoch): Promise<void> {
    const { tables, holder } = this.#options;
    const row = tables.leaders.get(cell);
    if (row?.epoch !== epoch || row.holder !== holder) return;
    tables.leaders.set(cell, { ...row, expires_at_ms: row.renewed_at_ms });
  }

  async find(cell: string): Promise<LeaderAddress | null> {
    const { tables, now } = this.#options;
    const row = tables.leaders.get(cell);
    const address = tables.leaderAddresses.get(cell);
    if (row === undefined || row.expires_at_ms <= now() || address?.epoch !== row.epoch) return null;
    return address;
  }

  #publish(cell: string, epoch: Epoch): void {
    if (this.#announced !== null)
      this.#options.tables.leaderAddresses.set(cell, { ...this.#announced, epoch });
  }
}
