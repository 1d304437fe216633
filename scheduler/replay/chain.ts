// Whether ticks and audit entries are chained as they claim: every digest computed again, every number the next one, nothing asked of a server.
// Invariant: one pass over a stream, in its order; the first fault is named and ends it. What a chain cannot tell by itself, that its end was
// cut off or that all of it was written anew, a head tells that was signed before and kept elsewhere. Called by api/cli and tests.

import type { TickRecord } from '../domain/tickRecord.ts';
import type { Digest } from '../ports.ts';

/** As `AuditEntry` and `AuditSeal` of the edge; repeated here, as the scheduler imports no edge. */
export interface ChainedEntry {
  readonly sequence: number;
  readonly tick: number;
  readonly at: number;
  readonly department: string;
  readonly actor: string;
  readonly act: string;
  readonly object: string;
  /** Null, or absent in files of before it was kept: nobody said why. */
  readonly because?: string | null;
  readonly digest: string;
}

export interface ChainedSeal {
  readonly number: number;
  readonly first: number;
  readonly last: number;
  readonly tick: number;
  readonly tickDigest: string;
  readonly at: number;
  readonly digest: string;
  readonly previous: string;
  readonly entries: readonly ChainedEntry[];
}

/** What was signed; `entries` is the last sequence. */
export interface ChainedHead {
  readonly cell: string;
  readonly number: number;
  readonly entries: number;
  readonly digest: string;
  readonly tick: number;
  readonly tickDigest: string;
}

export interface ChainFault {
  /** "tick 7", "audit seal 3", "audit entry 12", "head". */
  readonly at: string;
  readonly fault: string;
}

export interface ChainEnds {
  readonly ticks: { readonly first: number; readonly last: number } | null;
  readonly seals: { readonly first: number; readonly last: number } | null;
  readonly entries: number;
}

export class ChainCheck {
  readonly #cell: string;
  readonly #digest: Digest;
  readonly #tickDigests = new Map<number, string>();
  readonly #sealDigests = new Map<number, { readonly digest: string; readonly last: number }>();
  #tick: TickRecord | null = null;
  #seal: ChainedSeal | null = null;
  #ticks: ChainEnds['ticks'] = null;
  #seals: ChainEnds['seals'] = null;
  #entries = 0;

  constructor(cell: string, digest: Digest) {
    this.#cell = cell;
    this.#digest = digest;
  }

  get ends(): ChainEnds {
    return { ticks: this.#ticks, seals: this.#seals, entries: this.#entries };
  }

  /** Ticks in their order. */
  tick(record: TickRecord): ChainFault | null {
    const at = `tick ${record.tick}`;
    const before = this.#tick;
    if (record.cell !== this.#cell) return { at, fault: `is of cell ${record.cell}` };
    if (before !== null && record.tick !== before.tick + 1)
      return { at, fault: `follows tick ${before.tick}: ${record.tick - before.tick - 1} are missing` };
    if (before !== null && record.previousDigest !== before.digest)
      return { at, fault: 'names another digest of the tick before than that tick has' };
    if (record.tick === 1 && record.previousDigest !== '')
      return { at, fault: 'names a tick before the first' };
    if (before !== null && record.epoch < before.epoch)
      return { at, fault: 'has an epoch before the last one' };
    const { digest, timings: _, ...covered } = record;
    if (this.#digest([JSON.stringify(covered)]) !== digest)
      return { at, fault: 'was changed: its digest is another than its content makes' };
    this.#tick = record;
    this.#tickDigests.set(record.tick, digest);
    this.#ticks = { first: this.#ticks?.first ?? record.tick, last: record.tick };
    return null;
  }

  /** Seals in their order, each with its entries. After the ticks. */
  seal(seal: ChainedSeal): ChainFault | null {
    const at = `audit seal ${seal.number}`;
    const before = this.#seal;
    if (before === null && seal.number === 1 && (seal.first !== 1 || seal.previous !== ''))
      return { at, fault: 'does not begin at the first entry' };
    if (before !== null && seal.number !== before.number + 1)
      return { at, fault: `follows seal ${before.number}` };
    if (before !== null && seal.first !== before.last + 1)
      return { at, fault: `begins at entry ${seal.first}, the seal before ended at ${before.last}` };
    if (before !== null && seal.previous !== before.digest)
      return { at, fault: 'names another digest of the seal before than that seal has' };
    const fault = this.#entriesOf(seal);
    if (fault !== null) return fault;
    if (this.#digest([sealText(this.#cell, seal)]) !== seal.digest)
      return { at, fault: 'was changed: its digest is another than its content makes' };
    const known = this.#tickDigests.get(seal.tick);
    if (known !== undefined && known !== seal.tickDigest)
      return { at, fault: `names another digest of tick ${seal.tick} than that tick has` };
    this.#seal = seal;
    this.#sealDigests.set(seal.number, { digest: seal.digest, last: seal.last });
    this.#seals = { first: this.#seals?.first ?? seal.number, last: seal.number };
    this.#entries += seal.entries.length;
    return null;
  }

  #entriesOf(seal: ChainedSeal): ChainFault | null {
    if (seal.entries.length !== seal.last - seal.first + 1)
      return {
        at: `audit seal ${seal.number}`,
        fault: `has ${seal.entries.length} of ${seal.last - seal.first + 1} entries`,
      };
    for (const [i, entry] of seal.entries.entries()) {
      const at = `audit entry ${entry.sequence}`;
      if (entry.sequence !== seal.first + i)
        return { at, fault: `stands where entry ${seal.first + i} belongs` };
      if (this.#digest([entryText(this.#cell, entry)]) !== entry.digest)
        return { at, fault: 'was changed: its digest is another than its content makes' };
    }
    return null;
  }

  /** Whether everything that was there when the head was signed is there still. */
  head(head: ChainedHead): ChainFault | null {
    const at = 'head';
    if (head.cell !== this.#cell) return { at, fault: `is of cell ${head.cell}` };
    const seal = this.#sealDigests.get(head.number);
    if (seal === undefined)
      return { at, fault: `was signed at audit seal ${head.number}, which is not here: the end was cut off` };
    if (seal.digest !== head.digest || seal.last !== head.entries)
      return { at, fault: `names another audit seal ${head.number}: the chain was written anew` };
    const tick = this.#tickDigests.get(head.tick);
    if (tick === undefined && head.tick > 0)
      return { at, fault: `was signed at tick ${head.tick}, which is not here: the end was cut off` };
    if (tick !== undefined && tick !== head.tickDigest)
      return { at, fault: `names another tick ${head.tick}: the chain was written anew` };
    return null;
  }
}

/** As annona_audit_digest of the database has it. */
function entryText(cell: string, entry: ChainedEntry): string {
  const { sequence, tick, at, department, actor, act, object, because = null } = entry;
  const texts = [cell, `${sequence}`, `${tick}`, `${at}`, department, actor, act, object];
  return JSON.stringify(because === null ? texts : [...texts, because]);
}

/** As annona_seal of the database has it. */
function sealText(cell: string, seal: ChainedSeal): string {
  const { number, first, last, tick, tickDigest, at, previous, entries } = seal;
  const parts = [cell, `${number}`, `${first}`, `${last}`, `${tick}`, tickDigest, `${at}`, previous];
  return `${JSON.stringify(parts)}${entries.map(({ digest }) => digest).join('')}`;
}
