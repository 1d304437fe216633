// Whether a reader may see a row. Invariant: another department's row and a missing one answer the same. Used by readers.ts and heartbeats.ts.

import type { Scope } from '../../api/ports.ts';

export function sees(
  scope: Scope,
  row: { readonly department_id: string; readonly agent_id: string },
): boolean {
  switch (scope.type) {
    case 'all':
      return true;
    case 'department':
      return row.department_id === scope.department;
    case 'agent':
      return row.department_id === scope.department && row.agent_id === scope.agent;
    default: {
      const never: never = scope;
      throw new Error(`unknown scope ${JSON.stringify(never)}`);
    }
  }
}
