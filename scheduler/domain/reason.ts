// Why: a closed union of codes with data. Every waiting or refused request carries at least one, the binding one first.
// Each code documents who acts next; the table is the documentation's source and is tested to be complete.

import type { ApprovalId, LeaseId, RequestId } from './ids.ts';
import type { Instant, Units } from './quantity.ts';

/** Numbers of one short row: wanted by the request, left after the plan, taken by others. */
export interface Shortage {
  /** A pool, a pool's window, a node's kind, a quota, a cohort, a policy's row or an account period, by its id. */
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
  /** No single node has room for the whole bundle; `short` is what the nearest one lacks, each as "<node>/<kind>". */
  | {
      readonly code: 'NODE_FULL';
      readonly option: number;
      readonly claim: number;
      readonly bundle: string;
      readonly short: readonly Shortage[];
    }
  | {
      readonly code: 'WINDOW_FULL';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  /** Somebody holds the dataset exclusively. */
  | {
      readonly code: 'DATASET_EXCLUSIVE';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  /** It would be held exclusively, and others read it. */
  | {
      readonly code: 'DATASET_SHARED';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly short: readonly Shortage[];
    }
  /** Units are free, and promised to others from `startsAt` on: it would still hold them then. */
  | {
      readonly code: 'RESERVED';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly startsAt: Instant;
      readonly short: readonly Shortage[];
    }
  /** Somebody is promised the dataset alone from `startsAt` on. */
  | {
      readonly code: 'DRAINING';
      readonly option: number;
      readonly claim: number;
      readonly kind: string;
      readonly startsAt: Instant;
      readonly short: readonly Shortage[];
    }
  /** The gang is complete, and no choice of places serves all of its members at once. */
  | {
      readonly code: 'GANG_FULL';
      readonly option: number;
      readonly size: number;
      readonly short: readonly Shortage[];
    }
  | {
      readonly code: 'AWAITING_GANG';
      readonly have: number;
      readonly size: number;
      readonly until: Instant;
    }
  | { readonly code: 'GANG_TIMEOUT'; readonly have: number; readonly size: number }
  /** `field` is what it says otherwise than the members before it. */
  | {
      readonly code: 'GANG_MISMATCH';
      readonly field: GangField;
      readonly have: number;
      readonly size: number;
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
  /** A row of the policy, by its id in `short`: `remedy` is the row's own. */
  | {
      readonly code: 'POLICY_LIMIT';
      readonly option: number;
      readonly remedy: string;
      readonly short: readonly Shortage[];
    }
  | { readonly code: 'NEXT_TICK'; readonly option: number }
  /** Its units are held for it while these leases are taken back. */
  | {
      readonly code: 'PREEMPTING';
      readonly option: number;
      readonly leases: readonly LeaseId[];
      readonly graceEndsAt: Instant;
    }
  /** A reviewer with the skill has yet to rule: in the slot from `startsAt` to `until`, or, while those are absent, once there is one. */
  | {
      readonly code: 'AWAITING_APPROVAL';
      readonly approval: ApprovalId;
      readonly skill: string;
      readonly rule: string;
      readonly review: RequestId;
      readonly attempt: Units;
      readonly startsAt?: Instant;
      readonly until?: Instant;
    }
  | {
      readonly code: 'APPROVAL_REJECTED';
      readonly approval: ApprovalId;
      readonly skill: string;
      readonly rule: string;
      readonly because: string;
    }
  | {
      readonly code: 'APPROVAL_TIMEOUT';
      readonly approval: ApprovalId;
      readonly skill: string;
      readonly rule: string;
      readonly slots: Units;
    }
  /** No pool could ever hold a review of that skill for it. */
  | {
      readonly code: 'APPROVAL_IMPOSSIBLE';
      readonly approval: ApprovalId;
      readonly skill: string;
      readonly rule: string;
    }
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
  | { readonly code: 'CANCELLED'; readonly by: string }
  /** An offer was accepted: that request asks for it instead. */
  | { readonly code: 'REPLACED'; readonly by: RequestId }
  /** It was to take the place of that request, which had ended, or was looked at again, before it came. */
  | { readonly code: 'OFFER_LAPSED'; readonly request: RequestId }
  /** It keeps an offer's units for that request, and asks for nothing itself. */
  | { readonly code: 'OFFER_HELD'; readonly request: RequestId; readonly until: Instant }
  /** `what`: the agent, which holds one offer at a time; else a pool or a window, by its place. */
  | {
      readonly code: 'HOLD_LIMIT';
      readonly what: string;
      readonly requested: Units;
      readonly held: Units;
      readonly limit: Units;
    };

/** `members`: the gang has all that it declared. */
export type GangField = 'size' | 'timeoutSeconds' | 'colocate' | 'class' | 'members';

export type ReasonCode = Reason['code'];

export type NextActor =
  | 'wait'
  | 'requester'
  | 'reviewer'
  | 'department-head'
  | 'operator'
  | 'policy-author'
  | 'nobody';

/** Who acts next, and how. One row a code. */
export const REASON_GUIDE: Readonly<
  Record<ReasonCode, { readonly actor: NextActor; readonly advice: string }>
> = {
  POOL_FULL: {
    actor: 'wait',
    advice: 'Units return when leases end; widen the selector or add an option to start earlier.',
  },
  NODE_FULL: {
    actor: 'wait',
    advice:
      'No single node has room for all that must sit together; a smaller bundle, or other models, would start earlier.',
  },
  WINDOW_FULL: { actor: 'requester', advice: 'Allow a later window, or ask the operator for more slots.' },
  DATASET_EXCLUSIVE: {
    actor: 'wait',
    advice: 'Its one reader holds the dataset exclusively; it is free for others when that lease ends.',
  },
  DATASET_SHARED: {
    actor: 'wait',
    advice: 'An exclusive claim starts when nobody reads the dataset; share it, or wait for the readers.',
  },
  RESERVED: {
    actor: 'wait',
    advice:
      'The free units are promised to a request that has waited longer; what ends before the time named may start now.',
  },
  DRAINING: {
    actor: 'wait',
    advice: 'The dataset is promised to one reader alone; what ends before the time named may read it now.',
  },
  GANG_FULL: {
    actor: 'wait',
    advice:
      'The members do not fit all at once; units return when leases end. A smaller gang starts earlier.',
  },
  AWAITING_GANG: {
    actor: 'requester',
    advice: 'Members are missing; submit them before the time named, or all of the gang expires.',
  },
  GANG_TIMEOUT: {
    actor: 'requester',
    advice: 'The gang was not complete in time; submit all members again, or with a longer time-out.',
  },
  GANG_MISMATCH: {
    actor: 'requester',
    advice:
      'Members of a gang say the same of size, time-out, colocation and class; correct the named field.',
  },
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
  POLICY_LIMIT: {
    actor: 'wait',
    advice: 'A policy limits what may be held at once; leases that end make room, or do as its remedy says.',
  },
  NEXT_TICK: {
    actor: 'wait',
    advice: 'More pools fit than one tick considers; the next tick takes it up again.',
  },
  PREEMPTING: {
    actor: 'wait',
    advice:
      'Leases that stand in its way are being taken back; it starts when they are given up, at the time named at the latest.',
  },
  AWAITING_APPROVAL: {
    actor: 'reviewer',
    advice: 'A reviewer with the named skill rules on it before the time named; nothing to do until then.',
  },
  APPROVAL_REJECTED: {
    actor: 'requester',
    advice: 'A reviewer rejected it for the reason given; submit a request that meets it.',
  },
  APPROVAL_TIMEOUT: {
    actor: 'department-head',
    advice: 'No reviewer ruled in any of its slots; agree with the reviewers on a time, and submit it again.',
  },
  APPROVAL_IMPOSSIBLE: {
    actor: 'operator',
    advice:
      'No pool of kind review offers the skill to this agent; add one with its calendar, then submit again.',
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
  REPLACED: { actor: 'nobody', advice: 'An offer was accepted in its place; the named request goes on.' },
  OFFER_LAPSED: {
    actor: 'requester',
    advice: 'The request that it was to replace stands as it was, or has ended; read its offers again.',
  },
  OFFER_HELD: {
    actor: 'requester',
    advice: 'Accept the offer by then; the units are free for others afterwards.',
  },
  HOLD_LIMIT: {
    actor: 'requester',
    advice: 'Accept or withdraw what is held, or accept this offer at once instead of holding it.',
  },
};
