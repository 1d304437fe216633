// A Ruling: a reviewer approves or rejects what the digest names, before the slot's window ends. Pure: state and intake row in, changes out.
// Invariant: one that comes too late, from somebody who may not, or about another request than stands, changes nothing. Called by fold.ts.

import { decision, endReview } from '../approvals.ts';
import { type Approval, type Ruling, refusalOfRuling } from '../domain/approval.ts';
import type { Change } from '../domain/change.ts';
import type { IntakeCommand, IntakeRow } from '../domain/intake.ts';
import type { Instant } from '../domain/quantity.ts';
import type { State } from '../domain/state.ts';

type RuleCommand = Extract<IntakeCommand, { readonly type: 'rule' }>;

/** Received in time is in time, though the tick that folds it comes after the window. */
export function rule(state: State, row: IntakeRow, ruled: { command: RuleCommand; now: Instant }): Change[] {
  const { command, now } = ruled;
  const approval = state.approvals.get(command.approval);
  if (approval?.state !== 'scheduled' || approval.slot === null) return [];
  if (command.digest !== approval.digest || row.receivedAt >= approval.slot.endsAt) return [];
  if (refusalOfRuling(state.configuration, row.actor, approval) !== null) return [];
  const { verdict, reason } = command;
  const { subject: by, department } = row.actor;
  const ruling: Ruling = { verdict, reason, by, department, at: row.receivedAt };
  const moved: Approval = { ...approval, state: verdict === 'approve' ? 'approved' : 'rejected', ruling };
  const changes: Change[] = [
    { type: 'approvalMoved', approval: moved },
    ...endReview(state, approval, { cause: 'ruled', at: now }),
  ];
  const parent = state.requests.get(approval.request);
  if (verdict === 'approve' || parent === undefined) return changes;
  const { id, skill, code } = approval;
  const because = { code: 'APPROVAL_REJECTED', approval: id, skill, rule: code, because: reason } as const;
  return [...changes, decision(parent.request, 'denied', because)];
}
