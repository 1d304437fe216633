// A solver process that runs out of memory, in the heap of JavaScript and in that of WebAssembly: a fault like any other.
import { afterEach, expect, test } from 'vitest';
import { checkSolution, type Model, type SolverService, solveWithoutEngine } from '../../solver/index.ts';
import { createSolverProcess } from '../../solver/node.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const SMALL = syntheticTick({ requests: 120, seed: 8, stages: 2 });
/** Its program does not fit into the memory that HiGHS starts with. */
const LARGE = syntheticTick({ requests: 12_000, seed: 8 });
/** What scripted.ts takes for: until the heap is full. */
const OVERRUN = 10;

const open: SolverService[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((solver) => solver.close()));
});

async function aSolverProcess(child: string): Promise<SolverService> {
  const childModule = new URL(`./children/${child}.ts`, import.meta.url);
  const solver = await createSolverProcess({ watchdogMs: 120_000, childModule });
  open.push(solver);
  return solver;
}

test.each<{ heap: string; child: string; model: Model; unitsMax: number }>([
  { heap: 'JavaScript', child: 'smallHeap', model: SMALL, unitsMax: OVERRUN },
  { heap: 'WebAssembly', child: 'smallMemory', model: LARGE, unitsMax: 100_000 },
])(
  'a child whose heap of $heap is full: "crash", the greedy plan, and the spare answers the next question',
  async ({ child, model, unitsMax }) => {
    const solver = await aSolverProcess(child);
    const solution = await solver.solve(model, { engine: 'highs', budget: { unitsMax } });
    expect(solution).toMatchObject({ termination: 'fault', fault: 'crash', engineCalled: false });
    const { engineBuild } = solution;
    expect(solution).toEqual(solveWithoutEngine(model, { engine: 'highs', engineBuild, fault: 'crash' }));
    expect(checkSolution(model, solution)).toEqual({ ok: true });
    const next = await solver.solve(SMALL, { engine: 'highs', budget: { unitsMax: 100_000 } });
    expect(next).toMatchObject({ fault: null, engineCalled: true });
  },
  300_000,
);
