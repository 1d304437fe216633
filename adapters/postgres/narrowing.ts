// Whose rows a read is about: the scope, narrowed by what was asked for. Null is nobody's: a filter never widens a scope.
// Used by the readers of this folder and, as the cursors are, by those in adapters/memory.

import type { OwnerFilter, Scope, WaitingReason } from '../../api/ports.ts';

/** Null: of any. */
export interface Owner {
  readonly department: string | null;
  readonly agent: string | null;
}

export function ownerOf(scope: Scope): Owner {
  switch (scope.type) {
    case 'agent':
      return { department: scope.department, agent: scope.agent };
    case 'department':
      return { department: scope.department, agent: null };
    case 'all':
      return { department: null, agent: null };
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}

/** Null: what is asked for lies outside the scope, so nothing is found. */
export function narrowed(scope: Scope, { department, agent }: OwnerFilter): Owner | null {
  const owner = ownerOf(scope);
  const isForeign = (own: string | null, asked: string | undefined) =>
    own !== null && asked !== undefined && asked !== own;
  if (isForeign(owner.department, department) || isForeign(owner.agent, agent)) return null;
  return { department: owner.department ?? department ?? null, agent: owner.agent ?? agent ?? null };
}

/** By what they bind, then by code: the order of `GET /v1/queue/reasons`. */
export function mostCommonFirst<Row extends WaitingReason>(rows: readonly Row[]): Row[] {
  return rows.toSorted(
    (a, b) => b.count - a.count || b.alsoCount - a.alsoCount || (a.code < b.code ? -1 : 1),
  );
}
