// Why: a closed union of codes with data. Every waiting or refused request carries at least one, the binding one first.
// Each code documents who acts next; the table is the documentation's source and is tested to be complete.

import type { Instant, Units } from './quantity.ts';

/** Numbers of one short row: wanted by the request, left after the plan, taken by others. */
export interface Shortage {
  /** A pool, a pool's window, a quota, a cohort or an account period, by its id. */
  readonly what: string;
  readonly requested: Units;
  readonly available: Units;
  readonly held: Units;
}

export type Reason =
  | {
      readonly code: 'POOL_FULL';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  | {
      readonly code: 'WINDOW_FULL';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  | { readonly code: 'NO_WINDOW'; readonly option: number; readonly claim: number; readonly kind: string }
  | {
      readonly code: 'QUOTA_EXHAUSTED';
      readonly option: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  | {
      readonly code: 'COHORT_EXHAUSTED';
      readonly option: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  | {
      readonly code: 'BUDGET_EXHAUSTED';
      readonly option: number;
      readonly unit: string;
      readonly short: readonly Shortage[];
    }
  | { readonly code: 'NEXT_TICK'; readonly option: number }
  | { readonly code: 'POLICY_DENIED'; readonly rules: readonly string[]; readonly policyRevision: string }
  | {
      readonly code: 'UNSATISFIABLE';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly requested: Units;
      readonly largest: Units;
    }
  | { readonly code: 'START_LIMIT_PASSED'; readonly startBefore: Instant }
  | { readonly code: 'DEADLINE_UNREACHABLE'; readonly deadline: Instant }
  | { readonly code: 'CANCELLED'; readonly by: string };

export type ReasonCode = Reason['code'];

export type NextActor = 'wait' | 'requester' | 'department-head' | 'operator' | 'policy-author' | 'nobody';

/** Who acts next, and how. One row a code. */
export const REASON_GUIDE: Readonly<
  Record<ReasonCode, { readonly actor: NextActor; readonly advice: string }>
> = {
  POOL_FULL: {
    actor: 'wait',
    advice: 'Units return when leases end; widen the selector or add an option to start earlier.',
  },
  WINDOW_FULL: { actor: 'requester', advice: 'Allow a later window, or ask the operator for more slots.' },
  NO_WINDOW: {
    actor: 'operator',
    advice: 'No window of the calendar lies in the asked range; extend the range or the calendar.',
  },
  QUOTA_EXHAUSTED: {
    actor: 'department-head',
    advice:
      'The department is at its nominal share plus its borrowing limit; release leases or ask for quota.',
  },
  COHORT_EXHAUSTED: {
    actor: 'wait',
    advice: 'The cohort has lent all that its members may lend; units return when borrowers release.',
  },
  BUDGET_EXHAUSTED: {
    actor: 'department-head',
    advice: 'The account cannot cover the reservation; shorten the duration or raise the budget.',
  },
  NEXT_TICK: {
    actor: 'wait',
    advice: 'More pools fit than one tick considers; the next tick takes it up again.',
  },
  POLICY_DENIED: { actor: 'policy-author', advice: 'The named rules deny it; each rule carries its remedy.' },
  UNSATISFIABLE: {
    actor: 'requester',
    advice: 'No pool could ever hold it; ask for at most the named largest fit.',
  },
  START_LIMIT_PASSED: {
    actor: 'requester',
    advice: 'It was not granted before its start limit; submit again with a later one.',
  },
  DEADLINE_UNREACHABLE: {
    actor: 'requester',
    advice: 'It can no longer end by its deadline; submit again with a later one or a shorter duration.',
  },
  CANCELLED: { actor: 'nobody', advice: 'It was cancelled.' },
};
