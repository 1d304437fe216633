// `npm run bench:engines`: the same synthetic ticks on both engines in one process, turn about: value, proven bound, gap, time.
// Invariant: every answer is checked in exact integers before it is printed. Times are medians; a figure holds for its machine.
import { parseArgs } from 'node:util';
import { TICK_BUDGET } from '../scheduler/index.ts';
import { checkSolution, type EngineName, gapOf, type Model, type Solution } from '../solver/index.ts';
import { createInProcessSolver, engineAbsence } from '../solver/node.ts';
import { machine, median, rounded } from './figures.ts';
import { wholeNumber } from './options.ts';
import { syntheticTick } from './syntheticTick.ts';

const ENGINES = ['highs', 'glpk'] as const satisfies readonly EngineName[];
const REQUESTS = [100, 500, 2000];
const SEEDS = [1, 2, 3];

interface Measured {
  readonly engine: EngineName;
  readonly build: string;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly method: string;
  readonly termination: string;
  readonly medianMs: number;
}

const solver = createInProcessSolver();

async function measure(model: Model, repeat: number): Promise<Measured[]> {
  const times = new Map<EngineName, number[]>(ENGINES.map((engine) => [engine, []]));
  const answers = new Map<EngineName, Solution>();
  // Once more than is counted: the first call of each compiles and grows memory.
  for (let round = 0; round <= repeat; round++) {
    for (const engine of ENGINES) {
      const from = performance.now();
      const solution = await solver.solve(model, { engine, budget: TICK_BUDGET });
      if (round > 0) times.get(engine)!.push(performance.now() - from);
      const check = checkSolution(model, solution);
      if (!check.ok) throw new Error(`${engine}: ${JSON.stringify(check)}`);
      answers.set(engine, solution);
    }
  }
  return ENGINES.map((engine) => figuresOf(answers.get(engine)!, times.get(engine)!));
}

function figuresOf({ engine, engineBuild, stages, termination }: Solution, times: number[]): Measured {
  const [stage] = stages;
  if (stage === undefined) throw new Error('a synthetic tick has a stage');
  const { value, bound, method } = stage;
  const medianMs = rounded(median(times) ?? Number.NaN);
  return {
    engine,
    build: engineBuild,
    value,
    bound,
    gap: gapOf(bound, value),
    method,
    termination,
    medianMs,
  };
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, repeat: { type: 'string', default: '5' } },
});
const repeat = wholeNumber('--repeat', values.repeat);
const absence = await engineAbsence('glpk');
if (absence !== null) {
  process.stderr.write(`${absence}\n`);
  process.exit(1);
}
const before = machine();
const ticks: { requests: number; seed: number; engines: Measured[]; ratio: number }[] = [];
for (const requests of REQUESTS) {
  for (const seed of SEEDS) {
    const engines = await measure(syntheticTick({ requests, seed }), repeat);
    ticks.push({ requests, seed, engines, ratio: rounded(engines[1]!.medianMs / engines[0]!.medianMs) });
  }
}
await solver.close();
if (values.json) process.stdout.write(`${JSON.stringify({ machine: before, repeat, ticks })}\n`);
else {
  for (const { requests, seed, engines, ratio } of ticks) {
    const told = engines.map(
      ({ engine, value, bound, gap, medianMs }) =>
        `${engine} ${value} of ${bound}, gap ${(gap * 100).toFixed(2)} %, ${medianMs.toFixed(0)} ms`,
    );
    process.stdout.write(`${requests} requests, seed ${seed}: ${told.join('; ')}; ratio ${ratio}\n`);
  }
}
