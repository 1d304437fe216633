// Obligations and approvals as a commit would leave them. Invariant: an approval moves forward alone, and a grant has every approval that
// its verdict asks for. Called by tickStore.ts, change by change.

import type { Approval, ApprovalState, Change, TickCommit } from '../../scheduler/index.ts';
import { refuse } from './refusal.ts';
import type { StagedRequests } from './stagedRequests.ts';
import { type ApprovalTableRow, type ObligationTableRow, Staged, type Tables } from './tables.ts';

/** From -> to, as the database's approval_transition has it. A test compares both with the scheduler's table. */
export const APPROVAL_MOVES: readonly (readonly [from: ApprovalState, to: ApprovalState])[] = [
  ['seeking', 'scheduled'],
  ['seeking', 'lapsed'],
  ['seeking', 'dropped'],
  ['scheduled', 'approved'],
  ['scheduled', 'rejected'],
  ['scheduled', 'seeking'],
  ['scheduled', 'lapsed'],
  ['scheduled', 'dropped'],
];

export class StagedApprovals {
  readonly #tables: Tables;
  readonly #commit: TickCommit;
  readonly #approvals: Staged<string, ApprovalTableRow>;
  readonly #obligations: Map<string, ObligationTableRow>;
  readonly #granted: string[] = [];

  constructor(tables: Tables, commit: TickCommit) {
    this.#tables = tables;
    this.#commit = commit;
    this.#approvals = new Staged(tables.approvals);
    this.#obligations = new Map(tables.obligations);
  }

  take(change: Change, requests: StagedRequests): void {
    if (change.type === 'approvalMoved') this.#move(change.approval);
    if (change.type === 'decided' && change.outcome === 'granted') this.#granted.push(change.request);
    if (change.type !== 'verdictRecorded') return;
    const { request, verdict } = change;
    const department_id = requests.get(request)?.department_id ?? '';
    if (verdict.obligations === undefined) this.#obligations.delete(request);
    else
      this.#obligations.set(request, {
        request_id: request,
        cell: this.#commit.cell,
        department_id,
        document: verdict.obligations,
      });
  }

  /** What can only be said of the whole commit. */
  check(): void {
    for (const request of this.#granted)
      for (const { skill } of this.#obligations.get(request)?.document.approvals ?? []) {
        const isApproved = this.#ofRequest(request).some(
          (one) => one.skill === skill && one.state === 'approved',
        );
        if (!isApproved) refuse('S6', `${request} is granted without the approval of ${skill}`);
      }
  }

  flush(): void {
    this.#approvals.flush();
    this.#tables.obligations.clear();
    for (const [request, row] of this.#obligations) this.#tables.obligations.set(request, row);
  }

  #move(approval: Approval): void {
    const { id, department, agent, request, skill, state } = approval;
    const before = this.#approvals.get(id);
    const { cell, record } = this.#commit;
    if (before !== undefined) {
      const isNext = APPROVAL_MOVES.some(([from, to]) => from === before.state && to === state);
      const isSame =
        before.request_id === request &&
        before.skill === skill &&
        before.cell === cell &&
        before.department_id === department &&
        before.document.digest === approval.digest;
      if (!isNext || !isSame) refuse('S3', `${id} may not move from ${before.state} to ${state}`);
    }
    this.#approvals.set(id, {
      id,
      cell,
      department_id: department,
      agent_id: agent,
      request_id: request,
      skill,
      state,
      document: approval,
      opened_tick: before?.opened_tick ?? record.tick,
      moved_tick: record.tick,
    });
  }

  #ofRequest(request: string): ApprovalTableRow[] {
    const ids = new Set([
      ...this.#tables.approvals.keys(),
      ...[...this.#approvals.written()].map(([id]) => id),
    ]);
    return [...ids].flatMap((id) => {
      const row = this.#approvals.get(id);
      return row?.request_id === request ? [row] : [];
    });
  }
}
