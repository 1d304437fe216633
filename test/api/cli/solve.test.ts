// `annona solve`: each outcome with its exit code, each mistake with its place, files in every form, and Ctrl-C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hardProgramText } from '../../support/hardProgram.ts';
import { annona } from './commandProcess.ts';
import { ran } from './recording.ts';

const ROOT = join(import.meta.dirname, '../../..');
const KNAPSACK = 'max\n worth: 5 a + 4 b + 3 c\nst\n room: 2 a + 3 b + c <= 5\nbin\n a b c\nend\n';
const MIXED = 'max 3 x + 2 y\nst\n r: x + y <= 4\n s: x + 3 y <= 6.5\nbounds\n x <= 3\ngen\n x\nend\n';
const CLASH = 'max x\nst\n a: x + y <= 4\n b: x + y >= 5\n c: x - y <= 9\nbounds\n x <= 3\nend\n';

let home = '';
const at = (name: string): string => join(home, name);
const written = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content);
  return at(name);
};
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-solve-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('annona solve', () => {
  it('says what was found, how good it is, and whose word that is', async () => {
    const { exitCode, out, err } = await ran('solve', written('knapsack.lp', KNAPSACK));
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/^objective +9$/m);
    expect(out).toMatch(/^bound +\d+ \(certificate\)$/m);
    expect(out).toMatch(/^gap +\d+\.\d{3} %$/m);
    const mixed = await ran('solve', written('mixed.lp', MIXED), '--engine', 'highs');
    expect(mixed.out).toMatch(/^status +optimal$/m);
    expect(mixed.out).toMatch(/^bound +11 \(the word of the engine\)$/m);
  });

  it('prints one JSON object, with every value by name when they are asked for', async () => {
    const file = written('knapsack.lp', KNAPSACK);
    const { out } = await ran('solve', file, '--engine', 'highs', '--json', '--solution');
    const answer = JSON.parse(out);
    expect(answer).toEqual({
      name: '',
      sense: 'maximise',
      columns: 3,
      rows: 1,
      status: 'optimal',
      objective: 9,
      bound: 9,
      boundFrom: expect.stringMatching(/^(certificate|engine)$/),
      gap: 0,
      checked: 'exact',
      engine: expect.stringMatching(/^(anytime|highs)$/),
      engineBuild: expect.stringMatching(/^highs /),
      work: expect.any(Object),
      ended: 'complete',
      notes: [],
      seconds: expect.any(Number),
      conflict: null,
      solution: { a: 1, b: 1, c: 0 },
    });
    expect(JSON.parse((await ran('solve', file, '--json')).out)).not.toHaveProperty('solution');
  });

  it.each(['anytime', 'highs', 'glpk'])('comes to the same with %s', async (engine) => {
    const { exitCode, out } = await ran('solve', written('mixed.lp', MIXED), '--engine', engine, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      status: 'optimal',
      objective: 11,
      engine: engine === 'anytime' ? 'highs' : engine,
    });
  });

  it('shows what clashes, and leaves with 4', async () => {
    const file = written('clash.lp', CLASH);
    const { exitCode, out } = await ran('solve', file, '--explain');
    expect(exitCode).toBe(4);
    expect(out).toMatch(/^status +infeasible$/m);
    expect(out).toContain(
      '\nthese clash, and without any one of them the others do not:\n  a: x + y <= 4\n  b: x + y >= 5',
    );
    const { out: json } = await ran('solve', file, '--explain', '--json');
    expect(JSON.parse(json).conflict).toEqual({
      rows: ['a', 'b'],
      bounds: [],
      needsWhole: false,
      irreducible: true,
    });
    expect(JSON.parse((await ran('solve', file, '--json')).out).conflict).toBeNull();
  });

  it.each([
    ['what has no end', 'max x\nst\n a: x - y <= 4\nend', 4, { status: 'unbounded', objective: null }],
    ['what has no columns', 'min\n obj: 3\nst\nend', 0, { status: 'optimal', objective: 3, columns: 0 }],
    ['bounds that cross', 'max x\nst\n a: x <= 4\nbounds\n 3 <= x <= 1\nend', 4, { status: 'infeasible' }],
  ])('answers %s', async (_, program, want, answer) => {
    const { exitCode, out } = await ran('solve', written('odd.lp', program), '--json');
    expect(exitCode).toBe(want);
    expect(JSON.parse(out)).toMatchObject(answer);
  });

  it('ends at its time limit with the best so far', async () => {
    const file = written('hard.lp', hardProgramText());
    const { exitCode, out } = await ran('solve', file, '--engine', 'highs', '--time-limit', '1.5', '--json');
    const answer = JSON.parse(out);
    expect(answer.ended).toBe('timeLimit');
    // A busy machine may not find a point in that time.
    expect([exitCode, answer.status]).toEqual(answer.objective === null ? [5, 'unknown'] : [0, 'feasible']);
  });
});

describe('the files of annona solve', () => {
  it('may be packed, on standard input, and in every form', async () => {
    const file = written('knapsack.lp', KNAPSACK);
    for (const name of ['knapsack.mps', 'knapsack.json', 'packed.mps.gz', 'packed.lp.gz']) {
      expect((await ran('solve', file, '--write', at(name))).exitCode).toBe(0);
      expect(readFileSync(at(name))[0] === 0x1f).toBe(name.endsWith('.gz'));
      const { out } = await ran('solve', at(name), '--engine', 'highs', '--json');
      expect(JSON.parse(out)).toMatchObject({ status: 'optimal', objective: 9 });
    }
    expect(gunzipSync(readFileSync(at('packed.lp.gz'))).toString()).toMatch(/^Maximize/);
    for (const piped of [
      readFileSync(at('knapsack.mps')),
      readFileSync(at('knapsack.json')),
      gzipSync(KNAPSACK),
    ]) {
      const child = spawn(
        process.execPath,
        ['api/cli/annona.js', 'solve', '-', '--engine', 'highs', '--json'],
        {
          cwd: ROOT,
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      child.stdin.end(piped);
      const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
      expect(JSON.parse(out)).toMatchObject({ status: 'optimal', objective: 9 });
    }
  }, 180_000);

  it('with --write are not solved, and say when names had to be changed', async () => {
    const file = written(
      'names.json',
      JSON.stringify({ version: 1, sense: 'maximise', columns: [{ name: 'a b', kind: 'binary' }], rows: [] }),
    );
    const { exitCode, out, err } = await ran('solve', file, '--write', at('names.lp'));
    expect([exitCode, out]).toEqual([0, '']);
    expect(err).toBe(`${at('names.lp')}: 1 names could not stand in this form and were changed`);
  });

  it('may hold names in Latin-1, as old ones do', async () => {
    const file = written(
      'latin.lp',
      Buffer.from('max bœuf\nst\n r: bœuf <= 3\nend\n'.replaceAll('œ', '\xe9'), 'latin1'),
    );
    expect(JSON.parse((await ran('solve', file, '--json', '--solution')).out).solution).toEqual({ béuf: 3 });
  });

  it('tell on standard error what was taken for granted', async () => {
    const file = written(
      'bare.mps',
      "NAME\nROWS\n N o\n L r\nCOLUMNS\n M 'MARKER' 'INTORG'\n x o -1 r 1\n M 'MARKER' 'INTEND'\nRHS\n R r 9\nENDATA\n",
    );
    const { out, err } = await ran('solve', file, '--json');
    expect(JSON.parse(out).objective).toBe(-1);
    expect(err).toContain(`${file}: 1 integer columns have no line in BOUNDS: they run from 0 to 1`);
  });
});

describe('a call that is wrong leaves with 2 and says what to do:', () => {
  it.each([
    [['nowhere.lp'], /^annona: nowhere\.lp: no such file$/],
    [['.'], /^annona: \.: /],
    [['KNAPSACK', '--engine', 'cplex'], /^annona: unknown engine cplex \(allowed: anytime, highs, glpk\)$/],
    [['KNAPSACK', '--work', 'much'], /^annona: --work much is no whole number/],
    [['KNAPSACK', '--time-limit', '0'], /^annona: --time-limit 0 is no number of seconds/],
    [['KNAPSACK', '--time-limit', '1e3'], /^annona: --time-limit 1e3 is no number of seconds/],
    [['KNAPSACK', '--time-limit', '-1'], /^annona: --time-limit -1 is no number of seconds/],
    [
      ['KNAPSACK', '--engine', 'glpk', '--work', '5'],
      /^annona: glpk knows no counted limit: use --time-limit/,
    ],
    [['KNAPSACK', '--write', 'out.xls'], /^annona: out\.xls: programs are written as \.mps, \.lp or \.json/],
    [['BROKEN'], /^annona: .*broken\.lp:4:10: "y" behind the right side of row r; columns stand on the left/],
    [['PACKED'], /^annona: .*broken\.gz: does not unpack: /],
  ])('%j', async (args, want) => {
    const files: Record<string, string> = {
      KNAPSACK: written('knapsack.lp', KNAPSACK),
      BROKEN: written('broken.lp', 'max x\n\nst\n r: x<=4 y\nend\n'),
      PACKED: written('broken.gz', gzipSync(KNAPSACK).subarray(0, 20)),
    };
    const { exitCode, out, err } = await ran('solve', ...args.map((arg) => files[arg] ?? arg));
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toMatch(want);
    expect(existsSync('out.xls')).toBe(false);
  });
});

describe('Ctrl-C', () => {
  it('prints the best so far and leaves with 130', async () => {
    const command = annona('solve', written('hard.lp', hardProgramText()), '--engine', 'highs', '--json');
    try {
      // The first line of news comes after five seconds, with a plan in hand.
      await command.says(/ s {2}objective \d/);
      command.interrupt();
      expect(await command.ended).toBe(130);
      expect(JSON.parse(command.out())).toMatchObject({
        status: 'feasible',
        ended: 'interrupted',
        boundFrom: 'engine',
      });
    } finally {
      command.end();
    }
  });
});
