// An approval: what a policy asks a reviewer for before a request may be granted, the review slots that were sought for it, and the Ruling.
// Invariant: it binds to the digest of the parent's claims and purpose as they were asked; its life is the table in states.ts.

import type { Classification, Configuration } from './configuration.ts';
import type { AgentId, ApprovalId, DepartmentId, LeaseId, PoolId, RequestId } from './ids.ts';
import type { IntakeActor } from './intake.ts';
import { textInKeyOrder } from './keyOrder.ts';
import { lookupOf } from './lookup.ts';
import { askedOf } from './obligation.ts';
import type { Instant, Units } from './quantity.ts';
import type { Option, PendingRequest, RecordedVerdict, ResourceRequest } from './request.ts';

/**
 * `seeking`: its review waits for a slot like any request. `scheduled`: it has one, and a reviewer may rule until the slot's window ends.
 * `lapsed`: no Ruling in any slot, or no slot can ever be had. `dropped`: nobody needs it any more.
 */
export const APPROVAL_STATES = ['seeking', 'scheduled', 'approved', 'rejected', 'lapsed', 'dropped'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** The first slot, and a new one at most twice. */
export const REVIEW_SLOTS_MOST = 3;

export interface ReviewSlot {
  readonly lease: LeaseId;
  readonly pool: PoolId;
  readonly startsAt: Instant;
  /** The window's end: a Ruling that is received later comes too late. */
  readonly endsAt: Instant;
}

/** A reviewer's answer. */
export interface Ruling {
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  /** The verified subject, and its department. */
  readonly by: string;
  readonly department: DepartmentId;
  readonly at: Instant;
}

export interface Approval {
  readonly id: ApprovalId;
  /** The parent. */
  readonly request: RequestId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  /** The subject that submitted the parent; absent: the agent's own. */
  readonly submittedBy?: string;
  readonly skill: string;
  /** The rule that asks for it. */
  readonly code: string;
  readonly policy: string;
  readonly state: ApprovalState;
  /** Of the parent's claims and purpose. */
  readonly digest: string;
  /** What a reviewer judges: the parent as it was asked. */
  readonly asked: {
    readonly options: readonly Option[];
    readonly purpose: string;
    readonly summary: string;
    readonly class: string;
    readonly classification: Classification;
    readonly durationSeconds: Units;
  };
  /** The request for the slot in which it is, or was last, to be reviewed. */
  readonly review: RequestId;
  /** Slots that were sought, this one included. */
  readonly attempt: number;
  readonly slot: ReviewSlot | null;
  readonly ruling: Ruling | null;
  readonly openedAt: Instant;
}

/** Of a request for a review slot: the approval that it is for. It is cancelled with it, and by nobody else. */
export interface ReviewOf {
  readonly approval: ApprovalId;
  readonly request: RequestId;
}

/** What a Ruling binds to: options with their claims, and the purpose; keys in one order, whoever wrote them. */
export function boundText(request: ResourceRequest): string {
  const { options, terms } = askedOf(request);
  return textInKeyOrder({ options, purpose: terms.purpose });
}

/** What the verdict asks a reviewer for and no approval of the request answers yet. */
function openDuties(
  approvals: ReadonlyMap<ApprovalId, Approval>,
  request: RequestId,
  verdict: RecordedVerdict | null,
): readonly string[] {
  const duties = verdict?.obligations?.approvals;
  if (duties === undefined || verdict?.allow !== true) return [];
  const approved = new Set<string>();
  for (const one of approvals.values())
    if (one.request === request && one.state === 'approved') approved.add(one.skill);
  return duties.flatMap(({ skill }) => (approved.has(skill) ? [] : [skill]));
}

/** The pending request with `awaitsApproval` as the approvals have it. */
export function withApprovals(
  approvals: ReadonlyMap<ApprovalId, Approval>,
  { awaitsApproval: _, ...pending }: PendingRequest,
): PendingRequest {
  const awaits = openDuties(approvals, pending.request.id, pending.verdict).length > 0;
  return awaits ? { ...pending, awaitsApproval: true } : pending;
}

/** Allowed, and approved by whoever must: a column of the program. */
export function mayBeServed({ verdict, awaitsApproval }: PendingRequest): boolean {
  return verdict?.allow === true && awaitsApproval !== true;
}

export const RULING_REFUSALS = ['skill', 'ownDepartment', 'ownRequest'] as const;
export type RulingRefusal = (typeof RULING_REFUSALS)[number];

/** Departments review what they have a reviewer registered for. */
export function reviewsSkill(configuration: Configuration, department: string, skill: string): boolean {
  return configuration.agents.some(
    (agent) =>
      agent.department === department && agent.roles.includes('reviewer') && agent.skills.includes(skill),
  );
}

/**
 * Four eyes. A person answers for the agents of the own department, so that department's requests are for others to rule on; and whoever
 * submitted a request under another hat does not rule on it either. Null: nothing speaks against the ruling.
 */
export function refusalOfRuling(
  configuration: Configuration,
  actor: IntakeActor,
  approval: Pick<Approval, 'department' | 'agent' | 'submittedBy' | 'skill'>,
): RulingRefusal | null {
  const { subject } = actor;
  if (actor.agent !== null || subject === approval.agent || subject === approval.submittedBy)
    return 'ownRequest';
  if (actor.department === approval.department) return 'ownDepartment';
  if (!lookupOf(configuration).departments.has(actor.department)) return 'skill';
  return reviewsSkill(configuration, actor.department, approval.skill) ? null : 'skill';
}
