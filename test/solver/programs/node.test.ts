// The process of a solve: same answer as in this process; stopped, late, dead or wrong, it still ends with the best that was told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { type Program, type ProgramRequest, readProgram, solveProgram } from '../../../solver/index.ts';
import { programEngines, runProgram } from '../../../solver/node.ts';
import { hardProgram } from '../../support/hardProgram.ts';

const SCRIPTED = new URL('./children/scripted.ts', import.meta.url);
const HIGHS: ProgramRequest = { engine: 'highs', work: null, seconds: null, explain: false };

function lp(text: string, name = ''): Program {
  const read = readProgram(text, 'lp');
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return { ...read.program, name };
}

const MIXED = 'max 3 x + 2 y\nst\n r: x + y <= 4\n s: x + 3 y <= 6.5\nbounds\n x <= 3\ngen\n x\nend';
const PACKING = 'max 3 x + 2 y\nst\n r: x + y <= 4\nbounds\n x <= 3\n y <= 3\ngen\n x y\nend';

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

describe('the process of a solve', () => {
  it.each(['anytime', 'highs', 'glpk'] as const)('answers with %s as in this process', async (engine) => {
    for (const text of [MIXED, PACKING]) {
      const request = { ...HIGHS, engine };
      const want = await solveProgram(lp(text), request, { engines: programEngines(), elapsed: () => 0 });
      expect(await runProgram(lp(text), request).answer).toEqual(want);
    }
  });

  it('finds the clash when it is asked to', async () => {
    const clash = lp('max x\nst\n a: x + y <= 4\n b: x + y >= 5\n c: x <= 9\nend');
    const answer = await runProgram(clash, { ...HIGHS, explain: true }).answer;
    expect(answer).toMatchObject({ status: 'infeasible', conflict: { rows: [0, 1], irreducible: true } });
  });

  it('is ended by stop, with the best so far, and is gone', async () => {
    const before = new Set(process.platform === 'linux' ? childrenOf(process.pid) : []);
    let stop = (): void => {};
    const run = runProgram(hardProgram(), HIGHS, {
      tell: ({ best }) => {
        if (best !== null) stop();
      },
    });
    ({ stop } = run);
    const answer = await run.answer;
    expect(answer).toMatchObject({ status: 'feasible', ended: 'interrupted', checked: expect.any(String) });
    expect(answer.objective).toBeGreaterThan(0);
    if (process.platform === 'linux')
      expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  });

  it.each(['highs', 'glpk'] as const)("keeps its time limit by the engine's own, with %s", async (engine) => {
    const answer = await runProgram(hardProgram(), { ...HIGHS, engine, seconds: 1 }).answer;
    // A busy machine may not find a point in that time.
    expect(['feasible', 'unknown']).toContain(answer.status);
    expect(answer.ended).toBe('timeLimit');
  });
});

describe('a process that goes wrong', () => {
  const asked = (
    name: string,
    { text = MIXED, ...request }: Partial<ProgramRequest> & { text?: string } = {},
  ) => runProgram(lp(text, name), { ...HIGHS, ...request }, { childModule: SCRIPTED }).answer;

  it('and never answers is killed after its limit; what it told stands', async () => {
    expect(await asked('news, then nothing', { seconds: 0.01 })).toMatchObject({
      status: 'feasible',
      ended: 'timeLimit',
      objective: 0,
      bound: 7,
      work: { nodes: 12 },
    });
  });

  it('and never says anything has no answer; a packing program has its greedy plan', async () => {
    expect(await asked('nothing', { seconds: 0.01 })).toMatchObject({
      status: 'unknown',
      ended: 'timeLimit',
      objective: null,
    });
    for (const engine of ['anytime', 'highs'] as const) {
      expect(await asked('nothing', { seconds: 0.01, engine, text: PACKING })).toMatchObject({
        ended: 'timeLimit',
        objective: 11,
        boundFrom: 'certificate',
        notes: ['nothing had been found by then: this is the greedy plan'],
      });
    }
  });

  it('while it looks for a clash has shown that there is no point', async () => {
    expect(await asked('news of a clash, then nothing', { seconds: 0.01, explain: true })).toMatchObject({
      status: 'infeasible',
      ended: 'timeLimit',
      notes: [expect.stringContaining('were not found before the end')],
    });
  });

  it.each([
    ['death', 'the process ended with 3', { status: 'feasible', objective: 0 }],
    ['broken', 'out of memory', { status: 'unknown', objective: null }],
    ['a lie', 'a point that does not check', { status: 'unknown', objective: null }],
  ])('by %s says so, and what was told before stands', async (name, why, want) => {
    const answer = await asked(name);
    expect(answer).toMatchObject({ ended: 'fault', ...want });
    expect(answer.notes).toEqual([expect.stringContaining(why)]);
  });
});

// Linux alone lists a process's children in /proc.
it.runIf(process.platform === 'linux')('a parent killed with SIGKILL leaves no solve behind', async () => {
  const script = new URL('./children/parent.ts', import.meta.url).pathname;
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: parent.stdout! }), 'line');
  const children = JSON.parse(line) as number[];
  expect(children).toHaveLength(1);
  parent.kill('SIGKILL');
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  await expect.poll(() => children.filter(isAlive), { timeout: 20_000 }).toEqual([]);
});
