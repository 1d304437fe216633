// The last ticks that had a program, whole, so that one can be taken home and decided again. An observer of this process's own commits.
// Invariant: bounded twice, by ticks and by what they hold together; the oldest goes first, and the newest is always there.

import { type CommitObserver, type DecidedTick, type TickFile, toTickFile } from '../../scheduler/index.ts';
import type { TickFiles } from '../ports.ts';

/**
 * Requests, extensions and counters that all kept ticks may hold together. A snapshot refers to requests that the memory holds as well
 * while they wait, and is the only holder of those that are gone: nine ticks of 10,000 small requests were 1 MB in the first case, 95 MB
 * if every one of them had requests of its own.
 */
const ENTRIES_MAX = 100_000;

/** Of a proof's text: about what one more request takes. */
const ENTRY_CHARACTERS = 1000;

type Snapshot = Parameters<typeof toTickFile>[0];

interface Kept {
  readonly snapshot: Snapshot;
  readonly decided: DecidedTick;
  readonly warm: TickFile['warm'] | null;
  readonly entries: number;
}

export interface TickFileRing extends CommitObserver, TickFiles {}

export function keepTickFiles(ticksMax: number, entriesMax = ENTRIES_MAX): TickFileRing {
  const kept = new Map<number, Kept>();
  let entries = 0;
  const forgetOldest = (): void => {
    const [oldest] = kept;
    if (oldest === undefined) return;
    kept.delete(oldest[0]);
    entries -= oldest[1].entries;
  };
  return {
    ticksMax,
    committed({ record }, on) {
      if (on === undefined || record.counts.columns === 0 || ticksMax === 0) return;
      // A new term may begin again at a tick that the old one had taken and lost.
      entries -= kept.get(record.tick)?.entries ?? 0;
      kept.delete(record.tick);
      const { stages, fault, digests, warm = null } = record;
      const decided = { plan: on.plan, stages, fault, digests };
      const added = { snapshot: on.snapshot, decided, warm, entries: entriesOf(on.snapshot, decided) };
      kept.set(record.tick, added);
      entries += added.entries;
      while (kept.size > ticksMax || (entries > entriesMax && kept.size > 1)) forgetOldest();
    },
    file(tick): TickFile | null {
      const found = kept.get(tick);
      return found === undefined ? null : toTickFile(found.snapshot, found);
    },
    oldest() {
      const [first] = kept.keys();
      return first ?? null;
    },
  };
}

function entriesOf(
  { requests, extensions, used, quotaUse, accounts }: Snapshot,
  { plan, stages }: DecidedTick,
): number {
  const asked = requests.length + extensions.length + used.size + quotaUse.size + accounts.size;
  const proofs = stages.reduce(
    (sum, { multipliers, certificate: kept }) =>
      sum + multipliers.length + (kept ? kept.derivedRows.length + kept.proof.length : 0) / ENTRY_CHARACTERS,
    0,
  );
  return asked + plan.assignments.length + Math.ceil(proofs);
}
