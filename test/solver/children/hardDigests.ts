// Decides hard ticks and the golden ones, and prints their digests: those of live tick records. Started by test/support/digestProcesses.ts.
// Arguments: how many hard ticks; `inProcess`, or `restarted` for a solver process that is killed half way and started anew.
import { sha256 } from '../../../adapters/system/digest.ts';
import { decideTickFile } from '../../../scheduler/index.ts';
import type { SolverService } from '../../../solver/index.ts';
import { createInProcessSolver, createSolverProcess } from '../../../solver/node.ts';
import { goldenDigests } from '../../golden/record.ts';
import { hardSnapshot, hardTick } from '../../support/hardModels.ts';

const count = Number(process.argv[2]);
const isRestarted = process.argv[3] === 'restarted';
/** Nothing here is late, however slow the machine. */
const start = async (): Promise<SolverService> =>
  isRestarted ? createSolverProcess({ watchdogMs: 600_000 }) : createInProcessSolver();

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
const golden = await goldenDigests(solver);
await solver.close();
process.stdout.write(
  `${JSON.stringify({ node: process.version, hard, golden: sha256([JSON.stringify(golden)]) })}\n`,
);
