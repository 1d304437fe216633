// Simulations that can be asked for over HTTP, by name, each loaded when it is run: `{ kind: "simulation", input: { runner, input } }`.
// Invariant: a runner takes its input as unknown and checks it, with SideJobInputError for what is wrong. Called by runners.ts.

import type { PostgresAdapter } from '../../../adapters/postgres/index.ts';
import type { SideJobRunner } from '../../ports.ts';

export const SIMULATIONS: Readonly<Record<string, (adapter: PostgresAdapter) => Promise<SideJobRunner>>> = {
  scenario: async ({ readers, configuration }) => {
    const [{ createSimulation }, { now }] = await Promise.all([
      import('./simulationRunner.ts'),
      import('../../../adapters/system/clock.ts'),
    ]);
    return createSimulation({ requests: readers, leases: readers, configuration, now });
  },
};
