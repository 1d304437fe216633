// Approvals as reviewers and requesters read them, each read a transaction of its own under row-level security. Called by the edge.

import type { ApprovalFilter, ApprovalReader, ApprovalSight, Page, PageQuery } from '../../api/ports.ts';
import type { Approval, ApprovalId } from '../../scheduler/index.ts';
import type { QueryPool } from './connection.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ownerOf } from './narrowing.ts';

export class PostgresApprovals implements ApprovalReader {
  readonly #pool: QueryPool;

  constructor(pool: QueryPool) {
    this.#pool = pool;
  }

  async approval(sight: ApprovalSight, id: ApprovalId): Promise<Approval | null> {
    if (id.includes('\0')) return null;
    const rows = await this.#pool.transaction<{ document: Approval }>([
      scoped(sight),
      ['approval-one', [id, ...seenBy(sight)]],
    ]);
    return rows[0]?.document ?? null;
  }

  async approvals(
    sight: ApprovalSight,
    { limit, after, state, skill, request }: PageQuery & ApprovalFilter,
  ): Promise<Page<Approval>> {
    // `~` sorts behind every id.
    const below = after === null ? '~' : decodeCursor(after);
    const rows = await this.#pool.transaction<{ document: Approval }>([
      scoped(sight),
      ['approval-list', [...seenBy(sight), below, state ?? null, skill ?? null, request ?? null, limit + 1]],
    ]);
    const items = rows.slice(0, limit).map(({ document }) => document);
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? encodeCursor(last.id) : null };
  }
}

function scoped({ scope }: ApprovalSight): readonly [string, readonly unknown[]] {
  return ['scope', [scope.type, scope.department]];
}

/** Department, agent, skills. A reviewer's own department stands beside its skills. */
function seenBy({ scope, skills }: ApprovalSight): readonly unknown[] {
  const { department, agent } = ownerOf(scope);
  return skills === null ? [department, agent, null] : [scope.department, null, skills];
}
