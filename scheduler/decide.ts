// Step 5 of the tick: a verified plan becomes decisions, leases and ledger entries, applied to memory; the rest learn why they wait.
// Invariant: every open request leaves this step with a terminal outcome, a standing `waiting`, or a new one with reasons.

import { scheduledBy } from './approvals.ts';
import { apply } from './domain/apply.ts';
import type { Change, LedgerEntry } from './domain/change.ts';
import { type LeaseId, leaseId } from './domain/ids.ts';
import type { Lease, Reservation } from './domain/lease.ts';
import { toldOf } from './domain/obligation.ts';
import type { Assignment, ExtensionGrant, Plan } from './domain/plan.ts';
import type { Units } from './domain/quantity.ts';
import type { Reason, ReasonCode } from './domain/reason.ts';
import type { PendingExtension, PendingRequest, Terms } from './domain/request.ts';
import type { State } from './domain/state.ts';
import { explainer } from './explain.ts';
import { noteMisses } from './fairness.ts';
import type { Formulation } from './formulate/index.ts';
import { ownReasons } from './ownReasons.ts';
import { Borrowing } from './preemption/borrowed.ts';
import { noticesOf } from './preemption/revoke.ts';
import { countOvertakes } from './reservations/overtaking.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

export interface DecideInput {
  readonly tick: number;
  readonly snapshot: Snapshot;
  readonly formulation: Formulation;
  readonly plan: Plan;
}

export function decide(state: State, input: DecideInput): Change[] {
  const changes: Change[] = [];
  const make = (change: Change): void => {
    apply(state, change);
    changes.push(change);
  };
  const { now } = input.snapshot;
  for (const request of input.plan.dropped ?? []) make({ type: 'earmarkEnded', request, end: 'dropped' });
  const borrowing = new Borrowing(state);
  for (const change of borrowing.reflag()) make(change);
  input.plan.assignments.forEach((assignment, index) => {
    for (const change of grant(state, assignment, { id: leaseId(input.tick, index), now, borrowing })) {
      make(change);
      if (change.type === 'leaseGranted') for (const moved of scheduledBy(state, change.lease)) make(moved);
    }
  });
  for (const preemption of input.plan.preemptions ?? []) {
    for (const change of noticesOf(preemption, now)) make(change);
    const reservation = preemption.type === 'nominee' && state.reserved.get(preemption.earmark.request);
    if (reservation) make({ type: 'reservationDropped', reservation, cause: 'earmarked' });
  }
  const lengthened = new Map(input.plan.extensions.map((extension) => [extension.extension, extension]));
  const dealtWith = new Set(input.snapshot.extensions.map(({ extension }) => extension.id));
  for (const extension of [...state.extensions.values()]) {
    // A second extension of one lease starts where the first ends: it waits for the next tick.
    if (state.leases.has(extension.lease) && !dealtWith.has(extension.id)) continue;
    for (const change of settleExtension(extension, lengthened.get(extension.id), input)) make(change);
  }
  noteMisses(state, changes, input.snapshot.now);
  for (const change of newlyWaiting(state, input)) make(change);
  countOvertakes(state, { ...input, memo: input.formulation.memo });
  return changes;
}

/** One list, so that what is told of it is written once a tick. */
const NO_REASONS: readonly Reason[] = [];

function grant(
  state: State,
  assignment: Assignment,
  made: { id: LeaseId; now: number; borrowing: Borrowing },
): Change[] {
  const pending = state.requests.get(assignment.request);
  if (pending === undefined) throw new Error(`${assignment.request} is planned but not open`);
  const { request } = pending;
  const borrowed = made.borrowing.ofGrant(request.department, assignment.allocations);
  const begins = Math.min(...assignment.allocations.map((allocation) => allocation.startsAt));
  const lease: Lease = {
    id: made.id,
    request: request.id,
    department: request.department,
    agent: request.agent,
    epoch: state.epoch,
    option: assignment.option,
    allocations: assignment.allocations,
    reservations: assignment.reservations,
    state: 'granted',
    grantedAt: made.now,
    startLimitAt:
      request.approvalOf === undefined
        ? begins + startLimitSeconds(state, request.terms) * 1000
        : assignment.endsAt,
    endsAt: assignment.endsAt,
    activatedAt: null,
    ...(borrowed.length > 0 && { borrowed }),
  };
  const { department, agent } = request;
  const told = toldOf(pending.verdict);
  const honoured: Change[] = state.earmarks.has(request.id)
    ? [{ type: 'earmarkEnded', request: request.id, end: 'granted' }]
    : [];
  return [
    ...honoured,
    {
      type: 'decided',
      request: request.id,
      department,
      agent,
      outcome: 'granted',
      reasons: NO_REASONS,
      lease: lease.id,
    },
    { type: 'leaseGranted', lease, ...(told && { told }) },
    ...reserve(lease.id, lease.id, assignment.reservations),
  ];
}

/** The organisation's limit may have been lowered since the request was admitted. */
function startLimitSeconds({ configuration }: State, terms: Terms): Units {
  const most = configuration.leaseTerms.startLimitSeconds;
  return Math.min(most, terms.startLimitSeconds ?? most);
}

function reserve(source: string, lease: LeaseId, reservations: readonly Reservation[]): Change[] {
  return reservations.map(({ account, period, amount }): Change => {
    const entry: LedgerEntry = {
      id: `${source}/${account}/${period}/reserve`,
      type: 'reserve',
      account,
      period,
      lease,
      amount,
    };
    return { type: 'ledger', entry };
  });
}

/** Granted or refused by the tick that folded it; a lease that ended meanwhile refuses it by name. */
function settleExtension(
  extension: PendingExtension,
  granted: ExtensionGrant | undefined,
  input: DecideInput,
): Change[] {
  const base = { type: 'extensionDecided', extension: extension.id, lease: extension.lease } as const;
  if (granted) {
    const { endsAt, reservations } = granted;
    return [
      { ...base, outcome: 'granted', endsAt, reservations, reasons: [] },
      ...reserve(extension.id, extension.lease, reservations),
    ];
  }
  const reasons: readonly Reason[] =
    input.formulation.refusedExtensions.get(extension.id) ??
    explainer(input.snapshot, input.formulation).extensionReasons(extension);
  return [{ ...base, outcome: 'denied', endsAt: null, reservations: [], reasons }];
}

/** Written once, by the first tick that dealt with the request, and again only when the set of codes changes. */
function newlyWaiting(state: State, input: DecideInput): Change[] {
  const after = takeSnapshot(state, input.snapshot.now);
  const explain = explainer(after, input.formulation);
  const changes: Change[] = [];
  for (const pending of state.requests.values()) {
    const own = ownCodes(pending);
    const codes = own ?? explain.codes(pending);
    if (pending.waitingCodes !== null && sameCodes(codes, pending.waitingCodes)) continue;
    const { id, department, agent } = pending.request;
    const reasons = own === null ? explain.reasons(pending) : ownReasons(state, pending);
    changes.push({
      type: 'decided',
      request: id,
      department,
      agent,
      outcome: 'waiting',
      reasons,
      lease: null,
    });
  }
  return changes;
}

const CODES_OF_AWAITING = ['AWAITING_APPROVAL'] as const;
const CODES_OF_HOLDING = ['OFFER_HELD'] as const;

/** Of whoever is no column, whatever there is room for; null of all others. */
function ownCodes({ awaitsApproval, request }: PendingRequest): readonly ReasonCode[] | null {
  if (request.holdOf !== undefined) return CODES_OF_HOLDING;
  return awaitsApproval === true ? CODES_OF_AWAITING : null;
}

function sameCodes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i]);
}
