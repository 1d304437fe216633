// Replays a dump and prints the digests that its ticks came to. Started by S12.digests.test.ts, in many processes and on two lines of Node.
// Arguments: the dump as a file; how many solver children, 0 for the solver in this process.
import { readFileSync } from 'node:fs';
import type { SolverService } from '../../../solver/index.ts';
import { createInProcessSolver, createSolverProcess } from '../../../solver/node.ts';
import { replayDump } from '../../support/replayDump.ts';

const [file = '', children = '0'] = process.argv.slice(2);
/** Nothing here is late, however slow the machine. */
const WATCHDOG_MS = 600_000;

/** Question by question another one is asked. */
async function solverOf(count: number): Promise<SolverService> {
  if (count === 0) return createInProcessSolver();
  const all = await Promise.all(
    Array.from({ length: count }, () => createSolverProcess({ watchdogMs: WATCHDOG_MS })),
  );
  let asked = 0;
  return {
    solve: (model, options) => all[asked++ % count]!.solve(model, options),
    close: async () => void (await Promise.all(all.map((one) => one.close()))),
  };
}

const solver = await solverOf(Number(children));
const { ticks, different } = await replayDump(JSON.parse(readFileSync(file, 'utf8')), { solver });
await solver.close();
const digests = ticks.map(({ commit }) => commit?.record.digest ?? null);
process.stdout.write(JSON.stringify({ node: process.version.split('.')[0], digests, different }));
