// Which ticks saw an outside event: an arrival, a release, other capacity, quotas or policies. After a revocation only such an event gives the wish
// that lost its lease a right of its own, so that without one every chain of revocations ends. Called by tick.ts.

import type { Change } from '../domain/change.ts';
import type { State } from '../domain/state.ts';

export function noteOutsideEvents(
  state: State,
  seen: { readonly tick: number; readonly isNew: boolean; readonly changes: readonly Change[] },
): void {
  if (seen.isNew || isOutside(seen.changes)) state.outsideTick = seen.tick;
}

function isOutside(changes: readonly Change[]): boolean {
  const opened = new Set(
    changes.flatMap((change) => (change.type === 'requestOpened' ? [change.pending.request.id] : [])),
  );
  return changes.some((change) => {
    switch (change.type) {
      case 'requestOpened':
        return change.pending.request.restart === undefined;
      case 'leaseEnded':
        return change.cause !== 'acknowledged' && change.cause !== 'grace';
      case 'verdictRecorded':
        // Asked again: the policy or its data are others.
        return !opened.has(change.request);
      default:
        return false;
    }
  });
}
