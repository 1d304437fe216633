// Everything that is known of why one request waits: each option's candidates, the rows that are short, who holds them, who came before.
// Invariant: reads the state and changes nothing; the reasons are those that the tick writes. Called by the composition roots for the API.

import { nextPending } from './commands/submit.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { PendingRequest, RecordedVerdict, ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import { type Explainer, explainer } from './explain.ts';
import { type RequestWorth, Scores } from './explanationScore.ts';
import { type ClaimTable, claimTables } from './explanationTable.ts';
import { newMemo, shapeOf } from './formulate/candidates.ts';
import { Room } from './formulate/room.ts';
import { type HeldRow, type HolderSight, heldRows, type ShortRow } from './holders.ts';
import { ownReasons } from './ownReasons.ts';
import { StartSearch } from './reservations/search.ts';
import { type ReservationStanding, reservationStanding } from './reservations/standing.ts';
import type { Snapshot } from './snapshot.ts';

export interface ExplainedOption {
  readonly option: number;
  readonly claims: readonly ClaimTable[];
  /** Quota, cohort, policy and account rows that are short for it. */
  readonly rows: readonly ShortRow[];
}

export interface Explanation {
  readonly tick: number;
  readonly at: Instant;
  readonly reasons: readonly Reason[];
  readonly position: {
    readonly class: string;
    /** Open requests of the class that claim any of the same kinds and came before. */
    readonly ahead: number;
  };
  /** What the policy last said of it; null before it was asked. */
  readonly verdict: Omit<RecordedVerdict, 'obligations'> | null;
  /** Before anything is taken for where it sits. */
  readonly worth: RequestWorth;
  readonly options: readonly ExplainedOption[];
  /** Whether it is promised a start, and why not. */
  readonly reservation: ReservationStanding;
  /** Every row that a reason calls short, with those who hold it. */
  readonly held: readonly HeldRow[];
}

/** One look at the leader's memory: what it holds, frozen, and the explainer over it. */
export interface LeaderLook {
  readonly state: State;
  readonly snapshot: Snapshot;
  readonly explained: Explainer;
  /** Why a request waits: for its reviewer, or else for what is short. */
  readonly reasons: (pending: PendingRequest) => readonly Reason[];
  /** Made when it is first asked for: it sorts the leases by their ends. */
  readonly search: () => StartSearch;
}

export function lookOver(state: State, snapshot: Snapshot): LeaderLook {
  let search: StartSearch | null = null;
  const explained = explainer(snapshot);
  return {
    state,
    snapshot,
    explained,
    reasons: (pending) => {
      const own = ownReasons(state, pending);
      return own.length > 0 ? own : explained.reasons(pending);
    },
    search: () => {
      search ??= new StartSearch({ state, now: snapshot.now, memo: newMemo() });
      return search;
    },
  };
}

/**
 * Null for a request that is not open any more. One that no tick has folded yet is explained as the next fold would open it: behind all
 * who are open.
 */
export function explainRequest(
  look: LeaderLook,
  request: ResourceRequest,
  sight: HolderSight,
): Explanation | null {
  const { state, snapshot, search } = look;
  if (state.leaseOfRequest.has(request.id)) return null;
  const pending = state.requests.get(request.id) ?? nextPending(state, request);
  const reasons = look.reasons(pending);
  const shape = shapeOf(newMemo(), snapshot.configuration, pending);
  const room = new Room(snapshot);
  const scores = new Scores({ shape, pending, room, snapshot });
  return {
    tick: state.tick,
    at: snapshot.now,
    reasons,
    position: { class: request.terms.class, ahead: aheadOf(state, pending) },
    verdict: verdictOf(pending),
    worth: scores.worth,
    options: shape.options.map((claims, option) => ({
      option,
      claims: claimTables({ option, claims, scores, pending, room }),
      rows: limitRows(reasons, option),
    })),
    reservation: reservationStanding(state, pending, { now: snapshot.now, search }),
    held: heldRows({
      state,
      configuration: snapshot.configuration,
      reasons,
      agent: request.agent,
      sight,
    }),
  };
}

function verdictOf({ verdict }: PendingRequest): Explanation['verdict'] {
  if (verdict === null) return null;
  const { allow, codes, policyRevision, dataRevision } = verdict;
  return { allow, codes, policyRevision, dataRevision };
}

function aheadOf(state: State, pending: PendingRequest): Units {
  const { terms } = pending.request;
  const kinds = kindsOf(pending);
  let ahead = 0;
  // Requests stand in order of their sequence.
  for (const other of state.requests.values()) {
    if (other.sequence >= pending.sequence) break;
    if (other.request.terms.class !== terms.class) continue;
    for (const kind of kindsOf(other)) {
      if (!kinds.has(kind)) continue;
      ahead += 1;
      break;
    }
  }
  return ahead;
}

function kindsOf({ request }: PendingRequest): Set<string> {
  return new Set(request.options.flatMap(({ claims }) => claims.map(({ kind }) => kind)));
}

/** The reasons of an option that are about a share or a budget, a row each. */
function limitRows(reasons: readonly Reason[], option: number): ShortRow[] {
  return reasons.flatMap((reason): ShortRow[] => {
    switch (reason.code) {
      case 'QUOTA_EXHAUSTED':
        return reason.option === option ? reason.short.map((row) => ({ family: 'quota', ...row })) : [];
      case 'COHORT_EXHAUSTED':
        return reason.option === option ? reason.short.map((row) => ({ family: 'cohort', ...row })) : [];
      case 'POLICY_LIMIT':
        return reason.option === option ? reason.short.map((row) => ({ family: 'policy', ...row })) : [];
      case 'BUDGET_EXHAUSTED':
        return reason.option === option ? reason.short.map((row) => ({ family: 'account', ...row })) : [];
      default:
        return [];
    }
  });
}
