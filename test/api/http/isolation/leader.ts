// What only the process that leads knows of a world: why requests wait and who holds what, dry runs, ticks as files. Each holds everybody's.
// Invariant: nothing is filtered here; what a reader may not see is left out by the code under test. Used by world.ts.

import type { ServerOptions } from '../../../../api/http/server.ts';
import { heldRows } from '../../../../scheduler/holders.ts';
import type { AgentId, Configuration, Lease, Reason, TickFile } from '../../../../scheduler/index.ts';
import { seenBy } from '../../../../scheduler/whatItTakes.ts';

const SHORT = [{ what: 'gpu-a', requested: 1, available: 0, held: 8 }];
const FULL: Reason = { code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short: SHORT };

export interface Led {
  readonly configuration: Configuration;
  readonly leases: readonly Lease[];
  /** A text with every canary in it. */
  readonly canaries: string;
}

type Leading = Pick<
  ServerOptions,
  'estimate' | 'explanation' | 'explainWaiting' | 'dryRuns' | 'offering' | 'tickFiles' | 'impossibleUnder'
>;

export function leaderOf({ configuration, leases, canaries }: Led): Leading {
  const at = configuration.accounts[0]?.periods[0]?.startsAt ?? 0;
  return {
    explainWaiting: () => [FULL],
    estimate: () => ({ type: 'estimate', at, p10: at, p50: at, p90: at, coverage: null }),
    explanation: (_request, sight) => ({
      tick: 1,
      at,
      reasons: [FULL],
      position: { class: 'standard', ahead: leases.length },
      verdict: null,
      worth: { alike: 1, own: 1000, share: 0, ageSixteenths: 16, deadline: 0, total: 1000 },
      options: [],
      reservation: { startsAt: at, madeAt: at, why: null, dueAt: at },
      held: heldRows({
        state: { leases: new Map(leases.map((lease) => [lease.id, lease])), held: new Map() },
        configuration,
        reasons: [FULL],
        agent: 'nobody' as AgentId,
        sight,
      }),
    }),
    offering: {
      offers: async () => ({ type: 'offers', tick: 1, at, offers: [] }),
      whatItTakes: async (_request, sight) => ({
        type: 'answered',
        takes: {
          tick: 1,
          at,
          standing: 'displaces',
          atLeast: 1,
          atMost: 2,
          ...seenBy(
            sight,
            leases.map(({ department, agent, request }) => {
              return { department, agent, request, what: 'grant', units: { gpu: 1 } };
            }),
          ),
        },
        stronger: [],
      }),
      lack: () => null,
    },
    dryRuns: {
      ask: async () => ({
        type: 'decided',
        answer: {
          outcome: 'waiting',
          reasons: [FULL],
          option: null,
          allocations: [],
          reservations: [],
          endsAt: null,
          gap: null,
          tick: 1,
          at,
        },
      }),
    },
    tickFiles: {
      ticksMax: 1,
      oldest: () => 1,
      file: () => ({ version: 1, requests: [canaries] }) as unknown as TickFile,
    },
    impossibleUnder: () => 0,
  };
}
