// What the edge needs of approvals: one by its id, and pages of them. Invariant: a reader sees those of its scope; one who reviews sees those
// of its skills, whoever asked, and its own department's.

import type { Approval, ApprovalId, ApprovalState } from '../scheduler/index.ts';
import type { Page, PageQuery, Scope } from './ports.ts';

export interface ApprovalSight {
  readonly scope: Scope;
  /** Of a reviewer: the skills of its department. Null: of anybody else, whom the scope alone bounds. */
  readonly skills: readonly string[] | null;
}

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  readonly skill?: string;
  /** The request that waits for it. */
  readonly request?: string;
}

export interface ApprovalReader {
  approval(sight: ApprovalSight, id: ApprovalId): Promise<Approval | null>;
  /** Newest request first; a page may be short, or empty, with a `next`. */
  approvals(sight: ApprovalSight, query: PageQuery & ApprovalFilter): Promise<Page<Approval>>;
}
