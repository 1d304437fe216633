// Where the process that leads a cell is found by those that do not. Filled by the adapters beside the scheduler's leadership port.
// Invariant: what is found belongs to the epoch that leads now; an address of an older one is as good as none.

import type { Epoch } from '../scheduler/index.ts';

export interface Announced {
  /** Of the leader's inner edge: `http://host:port`, reachable by the other processes. */
  readonly url: string;
  /** Callers show it to be let in at all; who they ask for, the leader verifies by the caller's own token. */
  readonly secret: string;
}

export interface LeaderAddress extends Announced {
  readonly epoch: Epoch;
}

export interface LeaderDirectory {
  /** What the next acquisition or renewal of this process writes down beside its epoch. */
  announce(announced: Announced): void;
  /** Null while nobody leads, or the leader has not said where it is. */
  find(cell: string): Promise<LeaderAddress | null>;
}
