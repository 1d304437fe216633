// What a tick takes back on notice and holds for whom, as the rows that its commit writes. Invariant: pure. Called by tickRows.ts.

import type { Change, Earmark, Revocation } from '../../scheduler/index.ts';

type RevocationChange = Extract<
  Change,
  { type: 'leaseRevoking' | 'leaseFlagged' | 'earmarkMade' | 'earmarkEnded' }
>;

export interface RevocationRows {
  readonly revoking: { id: string; revocation: Revocation }[];
  /** Null: nothing borrowed any more. */
  readonly flagged: { id: string; borrowed: readonly string[] | null }[];
  readonly made: { request: string; department: string; document: Earmark }[];
  /** Requests whose earmarks are gone. */
  readonly ended: string[];
}

export class FoldedRevocations {
  readonly #rows: RevocationRows = { revoking: [], flagged: [], made: [], ended: [] };

  take(change: RevocationChange): void {
    const { revoking, made, ended } = this.#rows;
    switch (change.type) {
      case 'leaseRevoking':
        revoking.push({ id: change.lease, revocation: change.revocation });
        return;
      case 'leaseFlagged':
        this.flag(change.lease, change.borrowed);
        return;
      case 'earmarkMade': {
        const { request, department } = change.earmark;
        made.push({ request, department, document: change.earmark });
        return;
      }
      case 'earmarkEnded':
        ended.push(change.request);
        return;
      default: {
        const never: never = change;
        throw new Error(`unknown change ${JSON.stringify(never)}`);
      }
    }
  }

  flag(id: string, borrowed: readonly string[]): void {
    this.#rows.flagged.push({ id, borrowed: borrowed.length === 0 ? null : borrowed });
  }

  rows(): RevocationRows | null {
    const { revoking, flagged, made, ended } = this.#rows;
    return revoking.length + flagged.length + made.length + ended.length === 0 ? null : this.#rows;
  }
}
