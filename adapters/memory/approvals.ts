// Approvals as reviewers and requesters read them, from memory. Called by the edge in simulations and tests.

import type { ApprovalFilter, ApprovalReader, ApprovalSight, Page, PageQuery } from '../../api/ports.ts';
import type { Approval, ApprovalId } from '../../scheduler/index.ts';
import { decodeCursor, encodeCursor } from '../postgres/cursor.ts';
import { sees } from './scope.ts';
import type { ApprovalTableRow, Tables } from './tables.ts';

export class MemoryApprovals implements ApprovalReader {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async approval(sight: ApprovalSight, id: ApprovalId): Promise<Approval | null> {
    const row = this.#tables.approvals.get(id);
    return row !== undefined && isSeen(sight, row) ? row.document : null;
  }

  async approvals(
    sight: ApprovalSight,
    { limit, after, state, skill, request }: PageQuery & ApprovalFilter,
  ): Promise<Page<Approval>> {
    const below = after === null ? '~' : decodeCursor(after);
    const rows = [...this.#tables.approvals.values()]
      .filter(
        (row) =>
          row.id < below &&
          isSeen(sight, row) &&
          (state === undefined || row.state === state) &&
          (skill === undefined || row.skill === skill) &&
          (request === undefined || row.request_id === request),
      )
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const items = rows.slice(0, limit).map(({ document }) => document);
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? encodeCursor(last.id) : null };
  }
}

function isSeen({ scope, skills }: ApprovalSight, row: ApprovalTableRow): boolean {
  if (skills === null) return sees(scope, row);
  return skills.includes(row.skill) || row.department_id === scope.department;
}
