// What the edge asks about offers of the process that leads. Invariant: the reader's sight goes with every question that could name others.

import type {
  HolderSight,
  Instant,
  Lack,
  Offer,
  RequestId,
  ResourceRequest,
  StrongerOffer,
  WhatItTakes,
} from '../scheduler/index.ts';

/** `notWaiting`: the leader's memory has no such open request. `busy`: the bounded line is full, or the child still starts. */
export type Unanswered =
  | { readonly type: 'notLeading' }
  | { readonly type: 'notWaiting' }
  | { readonly type: 'busy'; readonly retryAfterSeconds: number };

export type HoldingRequest = ResourceRequest & Required<Pick<ResourceRequest, 'holdOf'>>;

export type OffersOutcome =
  | {
      readonly type: 'offers';
      /** The last committed tick: the version at which each of them was sound. */
      readonly tick: number;
      readonly at: Instant;
      readonly offers: readonly Offer[];
      /** The request that holds one of its offers; absent: none is held. */
      readonly held?: HoldingRequest;
    }
  | Unanswered;

export type TakesOutcome =
  | {
      readonly type: 'answered';
      /** Null: no kept program had it as a column and left it waiting. */
      readonly takes: WhatItTakes | null;
      readonly stronger: readonly StrongerOffer[];
    }
  | Unanswered;

export interface Offering {
  /** What it could have at once. No solve. */
  offers(request: RequestId): Promise<OffersOutcome>;
  /** What it would take, by a solve of its own. */
  whatItTakes(request: RequestId, sight: HolderSight): Promise<TakesOutcome>;
  /** What it lacked by the prices of the last tick that had it in its program; null where that is not known here. */
  lack(request: RequestId): Lack | null;
}
