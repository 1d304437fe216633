// Decides hard ticks, warm ones and the golden ones, and prints their digests: those of live tick records. Started by test/support/digestProcesses.ts.
// Arguments: how many hard ticks; `inProcess`, or `restarted` for a solver process that is killed half way and started anew.
import { sha256 } from '../../../adapters/system/digest.ts';
import { snapshotOf } from '../../../bench/solverRun.ts';
import { decideTickFile, formulate, newMemo } from '../../../scheduler/index.ts';
import type { Solution, SolverService, Warm } from '../../../solver/index.ts';
import { createInProcessSolver, createSolverProcess } from '../../../solver/node.ts';
import { goldenDigests } from '../../golden/record.ts';
import { hardSnapshot, hardTick } from '../../support/hardModels.ts';

const count = Number(process.argv[2]);
/** One chain of warm ticks for so many hard ones. */
const HARD_PER_CHAIN = 20;
const isRestarted = process.argv[3] === 'restarted';
/** Nothing here is late, however slow the machine. */
const start = async (): Promise<SolverService> =>
  isRestarted ? createSolverProcess({ watchdogMs: 600_000 }) : createInProcessSolver();

/** Two ticks of so many requests, the second from what the first left: large enough to be sifted. */
const CHAIN = { requests: 600, family: 'mixed', backlog: 3, leasedPercent: 0 } as const;
const CHAIN_BUDGET = { engine: 'highs', budget: { unitsMax: 40_000 } } as const;

async function chainDigest(seed: number): Promise<string> {
  const memo = newMemo();
  const solutionOf = (replacedOneIn: number, warm: Warm | null): Promise<Solution> => {
    const { model } = formulate(snapshotOf({ ...CHAIN, seed, replacedOneIn }), memo);
    return solver.solve(model, { ...CHAIN_BUDGET, warm });
  };
  const first = await solutionOf(0, null);
  if (first.carry === null) throw new Error('nothing was carried over');
  const second = await solutionOf(10, first.carry);
  return sha256([first, second].map(({ granted, ...rest }) => JSON.stringify([[...granted], rest])));
}

let solver = await start();
const hard: string[] = [];
for (let n = 0; n < count; n++) {
  if (n === Math.floor(count / 2)) {
    await solver.close();
    solver = await start();
  }
  const { recordDigests, solution } = await decideTickFile(hardSnapshot(hardTick(n)), {
    solver,
    digest: sha256,
  });
  hard.push(sha256([JSON.stringify([recordDigests, solution])]));
}
const warm: string[] = [];
for (let seed = 1; seed <= Math.ceil(count / HARD_PER_CHAIN); seed++) warm.push(await chainDigest(seed));
const golden = await goldenDigests(solver);
await solver.close();
process.stdout.write(
  `${JSON.stringify({ node: process.version, hard, warm, golden: sha256([JSON.stringify(golden)]) })}\n`,
);
