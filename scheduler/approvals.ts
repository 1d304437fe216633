// The flow of approvals, after the gate: what the policy obliges to is asked of a reviewer by a request for a review slot, and followed to its end.
// Invariant: after this step every open request that awaits a reviewer has one approval a skill that is `seeking` or `scheduled`, and each
// of those has an open review, or a live lease on its slot. Called by tick.ts; `awaitingReasons` also by decide.ts and explanation.ts.

import { denialOf, nextPending } from './commands/submit.ts';
import { apply } from './domain/apply.ts';
import { type Approval, boundText, REVIEW_SLOTS_MOST } from './domain/approval.ts';
import type { Change } from './domain/change.ts';
import { approvalId, type RequestId, reviewRequestId } from './domain/ids.ts';
import type { Lease } from './domain/lease.ts';
import { type ApprovalDuty, askedOf } from './domain/obligation.ts';
import type { Instant } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { PendingRequest, RecordedVerdict, ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import { endLease } from './lifecycle.ts';
import type { Digest } from './ports.ts';

export interface ApprovalStep {
  readonly now: Instant;
  readonly tick: number;
  readonly digest: Digest;
}

/** Changes applied to memory, in their order. */
export function followApprovals(state: State, step: ApprovalStep): Change[] {
  const flow = new Flow(state, step);
  for (const approval of [...state.approvals.values()]) flow.follow(approval);
  // Looked up once: of thousands that wait for reviewers, each tick asks which skills nobody was asked for yet.
  const asked = skillsByRequest(state);
  const awaiting = [...state.requests.values()].filter((pending) => pending.awaitsApproval === true);
  for (const pending of awaiting) flow.ask(pending, asked.get(pending.request.id));
  // A request that was denied on the way takes its other approvals along.
  for (const approval of [...state.approvals.values()]) flow.follow(approval);
  forget(state);
  return flow.changes;
}

function skillsByRequest({ approvals }: State): Map<RequestId, Set<string>> {
  const skills = new Map<RequestId, Set<string>>();
  for (const { request, skill } of approvals.values()) {
    const known = skills.get(request);
    if (known) known.add(skill);
    else skills.set(request, new Set([skill]));
  }
  return skills;
}

/** Why a request that awaits reviewers waits, a reason each; empty for one that awaits none. */
export function awaitingReasons(
  { approvals }: Pick<State, 'approvals'>,
  { request, awaitsApproval }: PendingRequest,
): Reason[] {
  if (awaitsApproval !== true) return [];
  return [...approvals.values()].flatMap((one): Reason[] => {
    if (one.request !== request.id || one.state === 'approved') return [];
    const { id: approval, skill, code: rule, review, attempt, slot } = one;
    const times = slot && { startsAt: slot.startsAt, until: slot.endsAt };
    return [{ code: 'AWAITING_APPROVAL', approval, skill, rule, review, attempt, ...times }];
  });
}

/** What ends the review of an approval: its request while that is open, its lease while that lives. */
export function endReview(
  state: State,
  { review, id, slot }: Approval,
  ending: { readonly cause: 'ruled' | 'cancelled'; readonly at: Instant },
): Change[] {
  const open = state.requests.get(review);
  if (open !== undefined) return [decision(open.request, 'cancelled', { code: 'CANCELLED', by: id })];
  const lease = slot && state.leases.get(slot.lease);
  return lease ? endLease(state, lease, { end: 'released', ...ending }) : [];
}

export function decision(
  { id, department, agent }: Pick<ResourceRequest, 'id' | 'department' | 'agent'>,
  outcome: 'denied' | 'cancelled',
  reason: Reason,
): Change {
  return { type: 'decided', request: id, department, agent, outcome, reasons: [reason], lease: null };
}

/** What was promised to it, or is held for it, is for others: it is served otherwise now, or not yet. */
export function withdrawn({ reserved, earmarks }: State, id: RequestId): Change[] {
  const reservation = reserved.get(id);
  return [
    ...(reservation ? [{ type: 'reservationDropped', reservation, cause: 'policy' } as const] : []),
    ...(earmarks.has(id) ? [{ type: 'earmarkEnded', request: id, end: 'dropped' } as const] : []),
  ];
}

/** Approved, and nobody is left who could need it: neither the request nor a lease that may be taken up again. */
function forget({ approvals, requests, held }: State): void {
  for (const { id, request } of approvals.values())
    if (!requests.has(request) && !held.has(request)) approvals.delete(id);
}

const NOBODY: ReadonlySet<string> = new Set();

class Flow {
  readonly changes: Change[] = [];
  readonly #state: State;
  readonly #step: ApprovalStep;

  constructor(state: State, step: ApprovalStep) {
    this.#state = state;
    this.#step = step;
  }

  /** One that stands: whether it is still needed, and whether its review is still to come. */
  follow(approval: Approval): void {
    const { state } = approval;
    if (this.#state.approvals.get(approval.id) !== approval) return;
    if (state !== 'seeking' && state !== 'scheduled') return;
    const parent = this.#state.requests.get(approval.request);
    if (parent === undefined || !this.#isDue(parent, approval)) {
      this.#make([
        { type: 'approvalMoved', approval: { ...approval, state: 'dropped' } },
        ...endReview(this.#state, approval, { cause: 'cancelled', at: this.#step.now }),
      ]);
      return;
    }
    const { id, skill, code: rule, attempt, slot } = approval;
    const review = this.#state.requests.get(approval.review);
    if (review !== undefined) this.#allow(review, parent.verdict);
    else if (state === 'seeking')
      this.#lapse(approval, parent, { code: 'APPROVAL_IMPOSSIBLE', approval: id, skill, rule });
    else if (slot !== null && !this.#state.leases.has(slot.lease)) {
      if (attempt < REVIEW_SLOTS_MOST) this.#seek({ ...approval, attempt: attempt + 1 }, parent);
      else
        this.#lapse(approval, parent, {
          code: 'APPROVAL_TIMEOUT',
          approval: id,
          skill,
          rule,
          slots: attempt,
        });
    }
  }

  /** What nobody was asked for yet. A wish that is taken up again brings along what was approved for the same claims and purpose. */
  ask(pending: PendingRequest, asked: ReadonlySet<string> = NOBODY): void {
    const { request, verdict } = pending;
    if (pending.awaitsApproval !== true) return;
    const { approvals } = this.#state;
    const duties = verdict?.obligations?.approvals ?? [];
    if (duties.every(({ skill }) => asked.has(skill))) return;
    this.#make(withdrawn(this.#state, request.id));
    const digest = this.#step.digest([boundText(request)]);
    for (const [index, duty] of duties.entries()) {
      // The duties before it may have found that no slot can ever be had.
      const parent = this.#state.requests.get(request.id);
      if (parent === undefined || asked.has(duty.skill)) continue;
      const id = approvalId(request.id, this.#step.tick, index);
      const made = approvalOf(parent, duty, { id, digest, now: this.#step.now });
      const ruled = [...approvals.values()].find(
        (one) =>
          one.request === request.restart?.of &&
          one.state === 'approved' &&
          one.skill === duty.skill &&
          one.digest === digest,
      );
      if (ruled === undefined) this.#seek(made, parent);
      else {
        const { review, attempt, slot, ruling } = ruled;
        const approval: Approval = { ...made, state: 'approved', review, attempt, slot, ruling };
        this.#make([{ type: 'approvalMoved', approval }]);
      }
    }
  }

  #isDue({ verdict }: PendingRequest, { skill }: Approval): boolean {
    return verdict?.obligations?.approvals?.some((duty) => duty.skill === skill) ?? false;
  }

  /** A request for a slot, under the verdict that asks for it: the policy that obliges to a review allows it. */
  #seek(approval: Approval, parent: PendingRequest): void {
    const review = reviewRequestId(this.#step.digest([`${approval.id}.${approval.attempt}`]), this.#step.now);
    const request = reviewRequest({ ...approval, review }, parent, this.#step.now);
    const pending = { ...nextPending(this.#state, request) };
    this.#make([
      { type: 'approvalMoved', approval: { ...approval, state: 'seeking', review, slot: null } },
      { type: 'requestOpened', pending },
    ]);
    this.#allow(pending, parent.verdict);
    const denied = denialOf(this.#state.configuration, request);
    this.#make(denied);
    if (denied.length === 0) return;
    const { id, skill, code: rule } = approval;
    const sought = this.#state.approvals.get(id)!;
    this.#lapse(sought, parent, { code: 'APPROVAL_IMPOSSIBLE', approval: id, skill, rule });
  }

  #allow({ request, verdict }: PendingRequest, parents: RecordedVerdict | null): void {
    if (parents === null) return;
    const { policyRevision, dataRevision } = parents;
    if (verdict?.policyRevision === policyRevision && verdict.dataRevision === dataRevision) return;
    const own: RecordedVerdict = { allow: true, codes: [], policyRevision, dataRevision };
    this.#make([{ type: 'verdictRecorded', request: request.id, verdict: own }]);
  }

  #lapse(approval: Approval, parent: PendingRequest, reason: Reason): void {
    this.#make([
      { type: 'approvalMoved', approval: { ...approval, state: 'lapsed' } },
      decision(parent.request, 'denied', reason),
    ]);
  }

  #make(changes: readonly Change[]): void {
    for (const change of changes) {
      apply(this.#state, change);
      this.changes.push(change);
    }
  }
}

function approvalOf(
  { request }: PendingRequest,
  { skill, code, policy }: ApprovalDuty,
  { id, digest, now }: { id: Approval['id']; digest: string; now: Instant },
): Approval {
  const { options, terms } = askedOf(request);
  const { purpose, summary, class: priority, classification, durationSeconds } = terms;
  return {
    id,
    request: request.id,
    department: request.department,
    agent: request.agent,
    ...(request.submittedBy !== undefined && { submittedBy: request.submittedBy }),
    skill,
    code,
    policy,
    state: 'seeking',
    digest,
    asked: { options, purpose, summary, class: priority, classification, durationSeconds },
    review: request.id,
    attempt: 1,
    slot: null,
    ruling: null,
    openedAt: now,
  };
}

/** One slot of a review pool that offers the skill, whole in time for the parent, in a window that has not begun when one was lost before. */
function reviewRequest(
  { id, request: of, skill, review, attempt }: Approval,
  parent: PendingRequest,
  now: Instant,
): ResourceRequest {
  const asked = askedOf(parent.request);
  const { startBefore, deadline, durationSeconds } = asked.terms;
  const latest = Math.min(
    startBefore ?? Number.POSITIVE_INFINITY,
    deadline === undefined ? Number.POSITIVE_INFINITY : deadline - durationSeconds * 1000,
  );
  const window = {
    ...(attempt > 1 && { from: now }),
    ...(Number.isFinite(latest) && { to: latest }),
  };
  const { class: priority, classification, purpose } = asked.terms;
  return {
    id: review,
    department: asked.department,
    agent: asked.agent,
    clientRequestId: `${id}.${attempt}`,
    options: [
      {
        claims: [
          {
            kind: 'review',
            quantity: 1,
            selector: { skill },
            ...(Object.keys(window).length > 0 && { window }),
          },
        ],
      },
    ],
    terms: {
      class: priority,
      durationSeconds,
      preemptible: false,
      classification,
      purpose,
      summary: `Review (${skill}) of ${of}`.slice(0, 200),
    },
    submittedAt: now,
    approvalOf: { approval: id, request: of },
  };
}

/** What a grant of a review makes of its approval. */
export function scheduledBy({ approvals, held }: State, { request, id, allocations }: Lease): Change[] {
  const of = held.get(request)?.approvalOf;
  const approval = of && approvals.get(of.approval);
  const [slot] = allocations;
  if (approval?.state !== 'seeking' || approval.review !== request || slot === undefined) return [];
  const { pool, startsAt, endsAt } = slot;
  return [
    {
      type: 'approvalMoved',
      approval: { ...approval, state: 'scheduled', slot: { lease: id, pool, startsAt, endsAt } },
    },
  ];
}
