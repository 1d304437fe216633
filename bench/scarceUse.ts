// How much of the scarcest kind is held over time, and by whom who got what they wanted first: the honesty of the contention.
// Invariant: counted from the streamed leases, as an agent sees them. Called by httpRun.ts.

import type { Configuration } from '../scheduler/index.ts';
import type { Entry, Told } from './book.ts';
import { rounded } from './figures.ts';
import { SCARCE } from './mix.ts';

export interface ScarceWindow {
  /** Of the capacity: time-weighted mean, and the extremes. */
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly leases: number;
  /** Leases by the model that they got. */
  readonly byModel: Readonly<Record<string, number>>;
}

export class ScarceUse {
  readonly #capacity: number;
  readonly #models: ReadonlyMap<string, string>;
  #held = 0;
  #area = 0;
  #sinceMs = 0;
  #atMs = 0;
  #least = 0;
  #most = 0;
  #byModel: Record<string, number> = {};

  constructor({ pools }: Configuration, capacity: number) {
    this.#capacity = capacity;
    this.#models = new Map(pools.map(({ id, labels }) => [id, String(labels.model ?? '')]));
  }

  leased(entry: Entry, { type, atMs, data }: Told): void {
    if (entry.scarceUnits === 0) return;
    if (type === 'annona.lease.granted.v1') {
      this.#hold(atMs, entry.scarceUnits);
      const pool = data.allocations?.find(({ kind }) => kind === SCARCE)?.pool ?? '';
      const model = this.#models.get(pool) ?? 'unknown';
      this.#byModel[model] = (this.#byModel[model] ?? 0) + 1;
    } else if (type === 'annona.lease.released.v1' || type === 'annona.lease.expired.v1') {
      this.#hold(atMs, -entry.scarceUnits);
    }
  }

  open(atMs: number): void {
    this.#hold(atMs, 0);
    this.#area = 0;
    this.#sinceMs = atMs;
    this.#least = this.#held;
    this.#most = this.#held;
    this.#byModel = {};
  }

  close(atMs: number): ScarceWindow {
    this.#hold(atMs, 0);
    const share = (units: number): number => rounded(units / this.#capacity);
    return {
      mean: share(this.#area / Math.max(1, atMs - this.#sinceMs)),
      least: share(this.#least),
      most: share(this.#most),
      leases: Object.values(this.#byModel).reduce((sum, count) => sum + count, 0),
      byModel: this.#byModel,
    };
  }

  #hold(atMs: number, units: number): void {
    this.#area += this.#held * (atMs - this.#atMs);
    this.#atMs = atMs;
    this.#held += units;
    this.#least = Math.min(this.#least, this.#held);
    this.#most = Math.max(this.#most, this.#held);
  }
}
