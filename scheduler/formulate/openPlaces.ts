// What is open to a claim, kept as long as a room is looked at: requests of many shapes make few claims.
// Invariant: answers what it was told for the same candidates, quantity and end; a room that changes must forget. Kept by room.ts, used by openings.ts.

import type { Instant, Units } from '../domain/quantity.ts';
import type { Candidate, ClaimCandidates } from './candidates.ts';
import type { OpenCandidate } from './combinations.ts';

/** `until`: the same for all whose ends make no difference. */
type Asked = ClaimCandidates & { readonly until: Instant };

export class OpenPlaces {
  /** By identity: candidates are found once for all claims that are written alike, exclusive ones apart. */
  readonly #known = new Map<readonly Candidate[], Map<Units, Map<Instant, readonly OpenCandidate[]>>>();

  of({ claim, candidates, until }: Asked, find: () => readonly OpenCandidate[]): readonly OpenCandidate[] {
    let byQuantity = this.#known.get(candidates);
    if (byQuantity === undefined) {
      byQuantity = new Map();
      this.#known.set(candidates, byQuantity);
    }
    let byEnd = byQuantity.get(claim.quantity);
    if (byEnd === undefined) {
      byEnd = new Map();
      byQuantity.set(claim.quantity, byEnd);
    }
    let open = byEnd.get(until);
    if (open === undefined) {
      open = find();
      byEnd.set(until, open);
    }
    return open;
  }

  forget(): void {
    this.#known.clear();
  }
}
