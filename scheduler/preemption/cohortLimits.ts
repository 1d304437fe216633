// What the member departments of a cohort may hold together beyond their guarantees in the later world, in trees of cohorts.
// Invariant: other cohorts stand as they are: nobody has a right to what they hold. Called by shortRows.ts.

import type { Units } from '../domain/quantity.ts';
import type { CohortShare } from '../formulate/catalogue.ts';
import type { Later } from './later.ts';

/*
 * Of cohort c with children b, in the terms of formulate/cohorts.ts:
 *
 *   repair:   sum over departments of e  <=  sum of L + B_c  -  sum over its cohorts of e
 *   nominee:  the same, and no more than  G_c + max(0, what the cohort above may come to - what else is there)  -  sum over its cohorts of e
 */

/** By its own limit alone; negative when its cohorts hold more than that. */
export function limitOfMembers(later: Later, cohort: CohortShare): Units {
  return limitOf(cohort) - passedByChildren(later, cohort, null);
}

/** And by those of all cohorts above it, none of which a nominee may overdraw further. */
export function roomOfMembers(later: Later, cohort: CohortShare): Units {
  return capOf(later, cohort) - passedByChildren(later, cohort, null);
}

function limitOf({ parent, lendable, borrowingLimit }: CohortShare): Units {
  return lendable + (parent === null ? 0 : borrowingLimit);
}

function capOf(later: Later, cohort: CohortShare): Units {
  const { parent } = cohort;
  if (parent === null) return limitOf(cohort);
  const others = excessOfMembers(later, parent) + passedByChildren(later, parent, cohort);
  return Math.min(limitOf(cohort), guaranteeOf(cohort) + Math.max(0, capOf(later, parent) - others));
}

function passedByChildren(later: Later, { children }: CohortShare, but: CohortShare | null): Units {
  return children.reduce((sum, child) => sum + (child === but ? 0 : passed(later, child)), 0);
}

function passed(later: Later, cohort: CohortShare): Units {
  const held = excessOfMembers(later, cohort) + passedByChildren(later, cohort, null);
  return Math.max(0, held - guaranteeOf(cohort));
}

function guaranteeOf({ lendable, lendingLimit }: CohortShare): Units {
  return lendable - lendingLimit;
}

function excessOfMembers(later: Later, { members }: CohortShare): Units {
  return members.reduce((sum, { department, kind, nominal, lendingLimit }) => {
    return sum + Math.max(0, later.quotaUse(department, kind) - (nominal - lendingLimit));
  }, 0);
}
