// One fault in an otherwise sound world, at every call in turn: the call fails, hangs and then fails, is done and its reply is lost, is done after
// it was called failed, or its process dies before or after it. As SQLite fails every allocation in turn ("How SQLite Is Tested").
import { afterAll, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { CALL_FAULTS, type CallFault, NO_FAULTS, runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';

const solver = createInProcessSolver();
afterAll(() => solver.close());

/** More than a turn of the runner and of the relay beside it: intake, heartbeats, revision, commit, renewal, log, stream, cursor. */
const CALLS = { 'scheduler-1': 12, 'api-1': 6 } as const;
const STRIKES_AT_MS = 2500;
const HEALS_AT_MS = 5000;

async function struck(process: keyof typeof CALLS, fault: CallFault, after: number) {
  const event = { type: 'strike', process, fault, after, only: null } as const;
  const { findings, faults, story } = await runSeed(11, {
    solver,
    digest: sha256,
    isStoryKept: true,
    plan: (drawn) => ({
      ...drawn,
      ...NO_FAULTS,
      schedulers: ['scheduler-1'],
      healsAtMs: HEALS_AT_MS,
      events: [{ atMs: STRIKES_AT_MS, event }],
    }),
  });
  const line = story.find((each) => each.includes(process) && each.endsWith(`: ${fault}`));
  return { findings, faults, call: line?.split(/\s+/).at(-2) };
}

it.each(CALL_FAULTS)('whichever call of the leader is struck, every promise holds: %s', async (fault) => {
  const calls = new Set<string | undefined>();
  for (let after = 0; after < CALLS['scheduler-1']; after++) {
    const { findings, faults, call } = await struck('scheduler-1', fault, after);
    expect([fault, after, findings]).toEqual([fault, after, []]);
    expect([fault, after, faults]).toEqual([fault, after, 1]);
    calls.add(call);
  }
  expect([...calls]).toEqual(
    expect.arrayContaining(['take:', 'commit:', 'since:', 'read:', 'publish:', 'advance:']),
  );
});

it.each(CALL_FAULTS)('whichever call of an API process is struck, every promise holds: %s', async (fault) => {
  const calls = new Set<string | undefined>();
  for (let after = 0; after < CALLS['api-1']; after++) {
    const { findings, call } = await struck('api-1', fault, after);
    expect([fault, after, findings]).toEqual([fault, after, []]);
    calls.add(call);
  }
  expect([...calls]).toEqual(expect.arrayContaining(['write:', 'heartbeat:']));
});
