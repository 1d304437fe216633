// Obligations and approvals of one tick as rows. Invariant: null while a tick has neither, so that such a tick costs nothing more.
// Called by tickRows.ts.

import type { Approval, Change, Obligations } from '../../scheduler/index.ts';

export interface ApprovalRows {
  /** In their order: an approval may move twice. */
  readonly moved: readonly Approval[];
  readonly obliged: readonly { readonly id: string; readonly document: Obligations }[];
  /** Requests whose last verdict obliges them to nothing. */
  readonly freed: readonly string[];
  /** Requests granted: each must have what its verdict asks for. */
  readonly granted: readonly string[];
}

export class FoldedApprovals {
  readonly #moved: Approval[] = [];
  readonly #duties = new Map<string, Obligations | null>();
  readonly #granted: string[] = [];

  take(change: Change): void {
    if (change.type === 'approvalMoved') this.#moved.push(change.approval);
    if (change.type === 'verdictRecorded')
      this.#duties.set(change.request, change.verdict.obligations ?? null);
    if (change.type === 'decided' && change.outcome === 'granted') this.#granted.push(change.request);
  }

  /** `opened`: requests that begin in this tick have no obligations that could be taken away. */
  rows(opened: ReadonlySet<string>): ApprovalRows | null {
    const obliged = [...this.#duties].flatMap(([id, document]) => (document ? [{ id, document }] : []));
    const freed = [...this.#duties].flatMap(([id, document]) => (document || opened.has(id) ? [] : [id]));
    const isIdle = this.#moved.length + obliged.length + freed.length + this.#granted.length === 0;
    return isIdle ? null : { moved: this.#moved, obliged, freed, granted: this.#granted };
  }
}
