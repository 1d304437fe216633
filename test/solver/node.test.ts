// The solver process: same bytes as in process, every fault answered with a feasible plan, and the next question answered truthfully.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import {
  checkSolution,
  type EngineName,
  type SolverFault,
  type SolverService,
  solveWithoutEngine,
} from '../../solver/index.ts';
import { createInProcessSolver, createSolverProcess } from '../../solver/node.ts';
import { aModel } from '../support/aModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const PLENTY = { unitsMax: 10_000_000 };
const MODEL = syntheticTick({ requests: 120, seed: 8, stages: 2 });
const SCRIPTED = new URL('./children/scripted.ts', import.meta.url);
/** No watchdog of a test that expects an answer may bark on a busy machine. */
const PATIENT_MS = 60_000;

const open: SolverService[] = [];
const parents: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((solver) => solver.close()));
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
});

async function aSolverProcess(
  options: { watchdogMs?: number; childModule?: URL; engine?: EngineName; priority?: 'background' } = {},
): Promise<SolverService> {
  const solver = await createSolverProcess({ watchdogMs: PATIENT_MS, ...options });
  open.push(solver);
  return solver;
}

/** Pids of the processes that this one started, from the kernel's own list. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

const asking = (unitsMax: number) => ({
  engine: 'highs' as const,
  budget: { unitsMax },
});

describe('a solver process', () => {
  test('answers as the in-process solver does, byte for byte, question after question', async () => {
    const solver = await aSolverProcess();
    const inProcess = createInProcessSolver();
    for (const [requests, stages] of [
      [40, 1],
      [120, 2],
      [40, 1],
    ] as const) {
      const model = syntheticTick({ requests, seed: 9, stages });
      const want = await inProcess.solve(model, asking(10_000_000));
      expect(want.engineCalled).toBe(true);
      expect(await solver.solve(model, asking(10_000_000))).toEqual(want);
    }
  });

  test('of the background answers the same, with one child that yields to all others', async () => {
    const before = new Set(childrenOf(process.pid));
    const solver = await aSolverProcess({ priority: 'background' });
    const model = syntheticTick({ requests: 120, seed: 9, stages: 2 });
    const want = await createInProcessSolver().solve(model, asking(10_000_000));
    expect(await solver.solve(model, asking(10_000_000))).toEqual(want);
    const children = childrenOf(process.pid).filter((pid) => !before.has(pid));
    expect(children.map((pid) => getPriority(pid))).toEqual([constants.priority.PRIORITY_LOW]);
  });

  test('answers questions asked at once, each its own', async () => {
    const solver = await aSolverProcess();
    const models = [1, 2, 3, 4].map((seed) => syntheticTick({ requests: 50, seed }));
    const solutions = await Promise.all(models.map((model) => solver.solve(model, asking(10_000_000))));
    solutions.forEach((solution, i) => {
      expect(solution.fault).toBeNull();
      expect(checkSolution(models[i]!, solution)).toEqual({ ok: true });
    });
  });

  test('does not trouble its child with a tick where everything fits', async () => {
    const solver = await aSolverProcess({ childModule: SCRIPTED });
    const model = aModel({
      rows: { gpu: 9 },
      groups: [{ options: [{ worth: 5, needs: { gpu: 2 } }], times: 3 }],
    });
    // Limit 2 would end the child.
    const solution = await solver.solve(model, asking(2));
    expect(solution).toMatchObject({ termination: 'complete', fault: null, engineCalled: false });
    expect(solution).toEqual(await createInProcessSolver().solve(model, asking(2)));
  });

  test('answers on GLPK as the in-process solver does, and kills what does not end in time', async () => {
    const solver = await aSolverProcess({ engine: 'glpk' });
    const options = { engine: 'glpk' as const, budget: PLENTY };
    const want = await createInProcessSolver().solve(MODEL, options);
    expect(want).toMatchObject({ termination: 'complete', engine: 'glpk', engineCalled: true });
    expect(await solver.solve(MODEL, options)).toEqual(want);
    // Seconds of simplex, in one call that nobody can interrupt.
    const large = syntheticTick({ requests: 8000, seed: 8 });
    const hasty = await aSolverProcess({ engine: 'glpk', watchdogMs: 300 });
    const cut = await hasty.solve(large, options);
    expect(cut).toMatchObject({ fault: 'watchdog', engine: 'glpk', engineCalled: false });
    expect(checkSolution(large, cut)).toEqual({ ok: true });
  });

  test('an engine that is not installed is refused, with the greedy plan, in both services alike', async () => {
    const script = new URL('./children/withoutGlpk.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout! }), 'line');
    const refused = {
      termination: 'fault',
      fault: 'refused',
      engine: 'glpk',
      engineBuild: 'none',
      checked: true,
    };
    expect(JSON.parse(line)).toEqual({
      absence: expect.stringContaining('npm install glpk.js'),
      inProcess: refused,
      process: refused,
    });
  });

  test('a solver that was closed refuses questions', async () => {
    const solver = await aSolverProcess();
    await solver.close();
    await expect(solver.solve(MODEL, asking(10_000_000))).rejects.toThrow('closed');
  });

  test('a child that cannot start is an error of the start', async () => {
    const childModule = new URL('./children/stillborn.ts', import.meta.url);
    await expect(createSolverProcess({ watchdogMs: PATIENT_MS, childModule })).rejects.toThrow(
      'ended at start: 7',
    );
  });
});

describe('a fault', () => {
  const cases: readonly { title: string; limit: number; want: SolverFault }[] = [
    { title: 'a child that never answers is killed', limit: 1, want: 'watchdog' },
    { title: 'a child that dies', limit: 2, want: 'crash' },
    { title: 'an answer of no shape', limit: 3, want: 'garbage' },
    { title: 'a plan over its rows', limit: 4, want: 'garbage' },
    { title: 'a bound better than its multipliers prove', limit: 5, want: 'garbage' },
    { title: 'an answer of another build', limit: 6, want: 'garbage' },
    { title: 'the answer to another question', limit: 7, want: 'garbage' },
    { title: 'a plan that leaves out what fits', limit: 8, want: 'garbage' },
  ];

  test.each(cases)(
    '$title: "$want", the greedy plan, and the spare answers the next question',
    async ({ limit, want }) => {
      // Where the watchdog must bark, it may bark early on a busy machine: that changes nothing in what is expected.
      const solver = await aSolverProcess({
        childModule: SCRIPTED,
        watchdogMs: limit === 1 ? 2_000 : PATIENT_MS,
      });
      const solution = await solver.solve(MODEL, asking(limit));
      expect(solution).toMatchObject({
        termination: 'fault',
        fault: want,
        engine: 'highs',
        engineCalled: false,
      });
      expect(solution).toEqual(
        solveWithoutEngine(MODEL, { engine: 'highs', engineBuild: solution.engineBuild, fault: want }),
      );
      expect(checkSolution(MODEL, solution)).toEqual({ ok: true });
      await expect
        .poll(async () => (await solver.solve(MODEL, asking(10_000_000))).fault, { timeout: 20_000 })
        .toBeNull();
    },
  );

  test('three in a row are three faults, and the fourth question is answered', async () => {
    const solver = await aSolverProcess({ childModule: SCRIPTED });
    const faults: (SolverFault | null)[] = [];
    for (const limit of [2, 4, 2, 10_000_000]) faults.push((await solver.solve(MODEL, asking(limit))).fault);
    expect(faults).toEqual(['crash', 'garbage', 'crash', null]);
  });
});

interface ParentReport {
  readonly digest: string;
  readonly fault: SolverFault | null;
  readonly children: number[];
}

async function startParent(): Promise<{ process: ChildProcess; report: ParentReport }> {
  const script = new URL('./children/parent.ts', import.meta.url).pathname;
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  parents.push(parent);
  const [line] = await once(createInterface({ input: parent.stdout! }), 'line');
  return { process: parent, report: JSON.parse(line) };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('four parents with their own children come to the same bytes', async () => {
  const reports = await Promise.all([1, 2, 3, 4].map(startParent));
  expect(reports.map(({ report }) => report.fault)).toEqual([null, null, null, null]);
  expect(new Set(reports.map(({ report }) => report.digest)).size).toBe(1);
});

// Linux alone lists a process's children in /proc.
test.runIf(process.platform === 'linux')('a parent killed with SIGKILL leaves no solver behind', async () => {
  const { process: parent, report } = await startParent();
  expect(report.children).toHaveLength(2);
  parent.kill('SIGKILL');
  await expect.poll(() => report.children.filter(isAlive), { timeout: 20_000 }).toEqual([]);
});
