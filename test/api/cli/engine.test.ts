// `--engine` and ANNONA_ENGINE: a tick on GLPK, and what each command says where it is not installed.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../api/config.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HIDE = join(ROOT, 'test/support/hideGlpk.ts');
const TICK = 'examples/ticks/contended.json';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function annona(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env = { ...process.env, ...environment };
  const command = [join(ROOT, 'api/cli/annona.js'), ...args];
  return promisify(execFile)(process.execPath, command, { cwd: ROOT, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const withoutGlpk = { NODE_OPTIONS: `--import ${HIDE}` };
/** Refused before anybody connects to it. */
const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' };

describe('the engine of a command', () => {
  it('decides a tick on GLPK, with the outcomes of HiGHS, and names it', async () => {
    const [glpk, highs] = await Promise.all([
      annona(['tick', TICK, '--engine', 'glpk', '--json']),
      annona(['tick', TICK, '--json']),
    ]);
    expect([glpk.code, highs.code]).toEqual([0, 0]);
    const [answer, want] = [JSON.parse(glpk.stdout), JSON.parse(highs.stdout)];
    expect(answer.solution).toMatchObject({ engine: 'glpk', fault: null, engineCalled: true });
    expect(answer.solution.engineBuild).toMatch(/^glpk 5\./);
    expect(answer.solution.replayable).toBe(answer.solution.work.mipCalls === 0);
    expect(want.solution).toMatchObject({ engine: 'highs', replayable: true });
    const values = (stages: { value: number; bound: number }[]) => stages.map(({ value }) => value);
    expect(values(answer.stages)).toEqual(values(want.stages));
  });

  it.each([
    { title: 'tick', args: ['tick', TICK, '--engine', 'glpk'], environment: {} },
    { title: 'serve', args: ['serve', '--engine', 'glpk'], environment: nowhere },
    { title: 'serve by its setting', args: ['serve'], environment: { ...nowhere, ANNONA_ENGINE: 'glpk' } },
  ])('that is not installed is one line for $title, and exit code 1', async ({ args, environment }) => {
    const { code, stdout, stderr } = await annona(args, { ...environment, ...withoutGlpk });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^annona: the engine glpk is not installed: npm install glpk\.js .*GPL-3\.0.*\n$/);
  });

  it('is HiGHS there, as before', async () => {
    const { code, stdout } = await annona(['tick', TICK, '--json'], withoutGlpk);
    expect([code, JSON.parse(stdout).solution.engine]).toEqual([0, 'highs']);
  });

  it('that there is none of is refused with what there is, and exit code 2', async () => {
    const { code, stderr } = await annona(['tick', TICK, '--engine', 'exhaustive']);
    expect(code).toBe(2);
    expect(stderr).toContain('must be one of highs, glpk');
  });

  it('is highs unless a flag, or else the environment, says another', () => {
    expect(readConfig({}, {}).engine).toBe('highs');
    expect(readConfig({}, { ANNONA_ENGINE: 'glpk' }).engine).toBe('glpk');
    expect(readConfig({ engine: 'highs' }, { ANNONA_ENGINE: 'glpk' }).engine).toBe('highs');
  });
});
