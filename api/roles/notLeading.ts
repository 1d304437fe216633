// The leader's memory where there is none: what can do without it, does; the rest is never asked, for those calls are handed to the leader.
// Called by edgeProcess.ts and serving.ts.

import type { LeaderMemory } from './edge.ts';

export function notLeading(): LeaderMemory {
  const elsewhere = (): never => {
    throw new Error('this route is answered by the process that leads');
  };
  return {
    impossibleUnder: elsewhere,
    readiness: { failing: elsewhere, degraded: elsewhere },
    explainWaiting: () => null,
    explanation: elsewhere,
    estimate: () => null,
    dryRuns: { ask: elsewhere },
    offering: { offers: elsewhere, whatItTakes: elsewhere, lack: elsewhere },
    tickFiles: { ticksMax: 0, file: elsewhere, oldest: elsewhere },
    policies: {
      upload: elsewhere,
      bundles: elsewhere,
      activate: elsewhere,
      rollback: elsewhere,
      compare: elsewhere,
      status: elsewhere,
    },
    decisions: { page: elsewhere },
    openRequests: () => null,
    liveLease: () => null,
  };
}
