// A fence before something that only the present holder may touch: it remembers the highest epoch that showed itself, and refuses older ones.
// Invariant: what was admitted once with an epoch is never admitted with a lower one. Used by what the units protect, not by their holder.

export interface Fence {
  /** False for a holder from before. `what`: whatever is held by one at a time: a lease's pool, a file, a device. */
  admits(what: string, epoch: number): boolean;
  /** @throws StaleEpochError where `admits` is false. */
  check(what: string, epoch: number): void;
  /** The highest epoch seen, for keeping it where a restart does not lose it; null when there was none. */
  highest(what: string): number | null;
}

export class StaleEpochError extends Error {
  override name = 'StaleEpochError';
  readonly what: string;
  readonly epoch: number;
  readonly highest: number;

  constructor(stale: { readonly what: string; readonly epoch: number; readonly highest: number }) {
    super(`${stale.what}: epoch ${stale.epoch} is from before ${stale.highest}`);
    this.what = stale.what;
    this.epoch = stale.epoch;
    this.highest = stale.highest;
  }
}

/** One number a name is kept, for as long as the fence: forgetting one would let an old holder in. `known`: from before a restart. */
export function createFence(known: Iterable<readonly [what: string, epoch: number]> = []): Fence {
  const epochs = new Map(known);
  const highest = (what: string): number | null => epochs.get(what) ?? null;
  const admits = (what: string, epoch: number): boolean => {
    if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError(`${epoch} is no epoch`);
    if (epoch < (epochs.get(what) ?? 0)) return false;
    epochs.set(what, epoch);
    return true;
  };
  return {
    admits,
    highest,
    check(what, epoch) {
      if (!admits(what, epoch)) throw new StaleEpochError({ what, epoch, highest: highest(what) ?? 0 });
    },
  };
}
