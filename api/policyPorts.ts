// What the edge and the composition roots need of policies that are changed while the cell runs: where bundles are kept, which is in
// force, and the acts on them. Adapters fill the store; api/roles/policies fills the rest.

import type { LivePolicy, ShadowReport } from '../policies/index.ts';
import type { EditCommand, Instant, IntakeActor } from '../scheduler/index.ts';

/** In place of a revision: the policies that ship with the product. */
export const SHIPPED = 'shipped';

export interface StoredBundle {
  readonly revision: string;
  /** Of the signed file. */
  readonly sha256: string;
  /** The key whose signature was verified when it came in. */
  readonly keyId: string;
  /** Who brought it. */
  readonly subject: string;
  readonly storedAt: Instant;
  readonly bytes: number;
}

export interface PolicyCandidateHead {
  readonly revision: string;
  /** Ticks without a difference after which it takes over; null: only when somebody says so. */
  readonly promoteAfterTicks: number | null;
}

/** Which bundles a cell has in force: a revision, or `SHIPPED`. */
export interface PolicyHead {
  /** One more with every move; 0: none was made. */
  readonly sequence: number;
  readonly active: string;
  /** What a rollback goes back to; null: there is nothing before. */
  readonly previous: string | null;
  readonly candidate: PolicyCandidateHead | null;
}

export interface PolicyMove {
  readonly cell: string;
  /** Sequence of the head that it was decided on. */
  readonly from: number;
  readonly to: Omit<PolicyHead, 'sequence'>;
  /** Sealed by the leader as an audit entry. */
  readonly act: { readonly actor: IntakeActor; readonly command: EditCommand };
}

/** `conflict`: another file is stored under the revision. */
export type PutOutcome = 'stored' | 'known' | 'conflict';

/** Signed bundles as files, and the head that names those in force. Bounded: the oldest that the head does not name go. */
export interface PolicyStore {
  put(
    cell: string,
    bundle: Omit<StoredBundle, 'storedAt' | 'bytes'> & { readonly text: string },
  ): Promise<PutOutcome>;
  /** Newest first. */
  bundles(cell: string): Promise<readonly StoredBundle[]>;
  /** The file; null when it is not, or no longer, stored. */
  text(cell: string, revision: string): Promise<string | null>;
  head(cell: string): Promise<PolicyHead>;
  /** `superseded`: another move came first and nothing was written. */
  move(move: PolicyMove): Promise<'moved' | 'superseded'>;
}

/** What went wrong with a bundle, newest last; bounded. */
export interface PolicyFailure {
  readonly at: Instant;
  /** "upload", "activate", "follow", "folder", "shadow". */
  readonly doing: string;
  readonly revision: string | null;
  readonly code: string;
  readonly message: string;
}

export interface PolicyStatus extends Omit<PolicyHead, 'candidate'> {
  readonly candidate: (PolicyCandidateHead & { readonly report: ShadowReport | null }) | null;
  /** What this process answers with: the revision of the manifest, also where the shipped policies are in force. */
  readonly running: Omit<ReturnType<LivePolicy['standing']>, 'shadow'> & { readonly dataRevision: string };
  readonly trustedKeys: readonly string[];
  readonly failures: readonly PolicyFailure[];
}

export interface PolicyRefusal {
  readonly type: 'refused';
  readonly code: string;
  readonly message: string;
}

export type UploadOutcome =
  | { readonly type: 'stored' | 'known' | 'conflict'; readonly revision: string }
  | PolicyRefusal;

/** `absent`: no such bundle; `superseded`: the head is not the expected one; `nothing`: there is nothing to go back to. */
export type MoveOutcome =
  | { readonly type: 'moved'; readonly head: PolicyHead }
  | { readonly type: 'absent' }
  | { readonly type: 'superseded'; readonly head: PolicyHead }
  | { readonly type: 'nothing' }
  | PolicyRefusal;

export interface PolicyWish {
  readonly actor: IntakeActor;
  /** Sequence of the head that the caller saw; null: whatever it is. */
  readonly expected: number | null;
}

/** Every act on policies, once, for HTTP, the watched folder and promotion alike. */
export interface PolicyKeeping {
  upload(text: string, subject: string): Promise<UploadOutcome>;
  bundles(): Promise<readonly StoredBundle[]>;
  activate(revision: string, wish: PolicyWish): Promise<MoveOutcome>;
  rollback(wish: PolicyWish): Promise<MoveOutcome>;
  /** Null ends the comparison. */
  compare(candidate: PolicyCandidateHead | null, wish: PolicyWish): Promise<MoveOutcome>;
  status(): Promise<PolicyStatus>;
}
