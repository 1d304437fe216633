// One fault in an otherwise sound world, at every call in turn: the call fails, hangs and then fails, is done and its reply is lost, is done after
// it was called failed, or its process dies before or after it. As SQLite fails every allocation in turn ("How SQLite Is Tested").
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { CALL_FAULTS, type CallFault, NO_FAULTS, runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';

const solver = createInProcessSolver();
afterAll(() => solver.close());

/** Calls of a turn of the runner and of the relay beside it, and those by which acts and heartbeats come in. */
const CALLS = {
  'scheduler-1': ['take', 'since', 'commit', 'renew', 'read', 'publish', 'advance'],
  'api-1': ['write', 'heartbeat'],
} as const;
/** The next call of that name, and the one after it. */
const SKIPPED_MOST = 1;
const STRIKES_AT_MS = 1500;
const HEALS_AT_MS = 7000;
const SEED = 11;

async function struck(
  process: string,
  fault: CallFault,
  at: { readonly only: string; readonly after: number },
) {
  const event = { type: 'strike', process, fault, ...at } as const;
  const { findings, faults } = await runSeed(SEED, {
    solver,
    digest: sha256,
    plan: (drawn) => ({
      ...drawn,
      ...NO_FAULTS,
      schedulers: ['scheduler-1'],
      healsAtMs: HEALS_AT_MS,
      events: [{ atMs: STRIKES_AT_MS, event }],
    }),
  });
  return { findings, faults };
}

describe.each(Object.entries(CALLS))('whichever call of %s', (process, names) => {
  it.each(CALL_FAULTS)('has the fault `%s`, every promise holds', async (fault) => {
    for (const only of names)
      for (let after = 0; after <= SKIPPED_MOST; after++)
        // It struck, and nothing came of it.
        expect([only, after, await struck(process, fault, { only, after })]).toEqual([
          only,
          after,
          { findings: [], faults: 1 },
        ]);
  });
});
