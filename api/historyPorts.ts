// What the edge reads of a cell's history: records with what went in and came out, checkpoints, and the audit with its seals. A part of
// ports.ts, which shows it. Invariant: it names everybody, so that only those who see all departments are given any of it.

import type { Configuration, DomainEvent, Instant, IntakeRow, TickRecord } from '../scheduler/index.ts';
import type { Principal } from './ports.ts';

/** One committed tick, whole. */
export interface TickHistory {
  readonly record: TickRecord;
  readonly rows: readonly IntakeRow[];
  readonly events: readonly DomainEvent[];
}

export interface StoredCheckpoint {
  readonly tick: number;
  /** SHA-256 of the text. */
  readonly digest: string;
  /** The text, gzip. */
  readonly document: Uint8Array;
}

export interface HistoryReader {
  /** Ticks after `after` up to and with `through`, in order. */
  history(
    cell: string,
    query: { readonly after: number; readonly through: number; readonly limit: number },
  ): Promise<readonly TickHistory[]>;
  /** The newest of a tick at or before; null: there is none, and a replay begins at the cell's first tick. */
  checkpoint(cell: string, tick: number): Promise<StoredCheckpoint | null>;
  /** Whether or not it is still in force; null: it was never stored. */
  configuration(cell: string, revision: string): Promise<Configuration | null>;
}

export interface AuditEntry {
  readonly sequence: number;
  /** The tick that wrote it, or that stood when it was numbered. */
  readonly tick: number;
  readonly at: Instant;
  readonly department: string;
  readonly actor: string;
  readonly act: string;
  readonly object: string;
  /** Why, in the actor's own words; null: nothing was said. */
  readonly because: string | null;
  readonly digest: string;
}

/** A link of the chain: entries `first` to `last`. */
export interface AuditSeal {
  readonly number: number;
  readonly first: number;
  readonly last: number;
  readonly tick: number;
  readonly tickDigest: string;
  readonly at: Instant;
  readonly digest: string;
  /** Of the seal before; "" of the first. */
  readonly previous: string;
}

/** What an auditor keeps elsewhere: whoever cuts the chain behind it, or writes it anew, is found out. */
export interface AuditHead {
  readonly cell: string;
  readonly number: number;
  readonly entries: number;
  readonly digest: string;
  readonly tick: number;
  readonly tickDigest: string;
  readonly events: number;
  readonly at: Instant;
}

export interface AuditFilter {
  readonly act?: string;
  readonly department?: string;
  readonly object?: string;
  readonly actor?: string;
}

export interface AuditReader {
  entries(
    cell: string,
    query: AuditFilter & { readonly after: number; readonly limit: number },
  ): Promise<readonly AuditEntry[]>;
  seals(
    cell: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<readonly (AuditSeal & { readonly entries: readonly AuditEntry[] })[]>;
  /** Null before the first seal. */
  head(cell: string): Promise<AuditHead | null>;
}

/** What no tick decides and yet somebody did: waits without a number until the leader seals it. */
export interface AuditWriter {
  write(
    cell: string,
    entry: { readonly by: Principal; readonly act: AuditedAct; readonly object: string },
  ): Promise<void>;
}

export const AUDITED_ACTS = ['role-refused', 'never-fits', 'history-read'] as const;
export type AuditedAct = (typeof AUDITED_ACTS)[number];

/** Ed25519, as a compact JWS; the public part is told with it. */
export interface HeadSigner {
  sign(head: AuditHead): Promise<string>;
  /** A JSON Web Key Set. */
  readonly keys: { readonly keys: readonly object[] };
}
