// A request that makes a batch contended: it asks more of every kind than any place has, so no place has room for everybody.
// Invariant: it never has a column of its own, because nothing could serve it. Used by tests that look at candidates beside each other.

import { aRequest, type RequestBuilder } from '../../support/builders.ts';

const KINDS = ['gpu', 'cpu', 'agent', 'license', 'review'] as const;
const MORE_THAN_ANY = 1_000_000;
const NUMBER = 800_000;

export function aCrowd(): RequestBuilder {
  const crowd = aRequest(NUMBER).by('crowd', 'elsewhere');
  for (const kind of KINDS) crowd.claim(kind, MORE_THAN_ANY);
  return crowd;
}
