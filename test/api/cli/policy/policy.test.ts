// `annona policy`: from the first folder to a bundle and a question, each with its exit code, in words and as JSON.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBundle } from '../../../../policies/node.ts';
import { ran } from '../recording.ts';

let home = '';
let folder = '';
const at = (name: string): string => join(home, name);
const edited = (name: string, from: string, to: string): string => {
  const copy = mkdtempSync(join(home, 'edited-'));
  for (const file of ['first.rego', 'first_test.rego', 'vectors.json']) {
    const text = readFileSync(join(folder, file), 'utf8');
    if (file === name) expect(text).toContain(from);
    writeFileSync(join(copy, file), file === name ? text.replace(from, to) : text);
  }
  return copy;
};
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annona-policy-'));
  folder = at('first');
  expect((await ran('policy', 'init', folder)).exitCode).toBe(0);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a first policy', () => {
  it('checks, passes its tests and is touched by them', async () => {
    const checked = await ran('policy', 'check', folder);
    expect([checked.exitCode, checked.out]).toEqual([0, 'in order: 1 code (URGENT_WITHOUT_PURPOSE)']);
    const tested = await ran('policy', 'test', folder);
    expect([tested.exitCode, tested.out]).toEqual([0, '10 passed, 0 failed (6 Rego tests, 4 vectors)']);
    const covered = await ran('policy', 'coverage', folder, '--json');
    const { percent, failed, files } = JSON.parse(covered.out);
    expect([covered.exitCode, failed, files.length]).toEqual([0, [], 1]);
    expect(percent).toBeGreaterThan(80);
    expect(percent).toBeLessThanOrEqual(100);
  });

  it('is not written over', async () => {
    const before = readFileSync(join(folder, 'first.rego'), 'utf8');
    const again = await ran('policy', 'init', folder);
    expect([again.exitCode, again.err]).toEqual([2, expect.stringContaining('choose another folder')]);
    expect(readFileSync(join(folder, 'first.rego'), 'utf8')).toBe(before);
  });

  it('builds to a bundle that the runtime loads, the same one each time', async () => {
    const built = await ran('policy', 'build', folder, '-o', at('one/../first.wasm'), '--json');
    expect(built.exitCode, built.err).toBe(0);
    const { revision, codes, tests } = JSON.parse(built.out);
    expect([codes, tests]).toEqual([['URGENT_WITHOUT_PURPOSE'], 10]);
    const bundle = await readBundle(at('first'));
    expect(bundle.manifest.revision).toBe(revision);
    const before = readFileSync(at('first.wasm'));
    await ran('policy', 'build', folder, '-o', at('first'));
    expect(readFileSync(at('first.wasm')).equals(before)).toBe(true);
  });
});

describe('what is wrong', () => {
  it('is told by file, line and column, with what to do', async () => {
    const broken = edited('first.rego', 'row.purpose', 'row.porpose');
    const { exitCode, out } = await ran('policy', 'check', broken);
    expect(exitCode).toBe(7);
    expect(out).toMatch(/first\.rego:\d+:\d+: rego_type_error: undefined ref: row\.porpose.*"purpose"/);
    expect(out).toMatch(/\n {4}The fields that a rule sees/);
    const { problems } = JSON.parse((await ran('policy', 'check', broken, '--json')).out);
    expect(problems).toMatchObject([
      { code: 'rego_type_error', path: expect.stringMatching(/first\.rego$/) },
    ]);
  });

  it('is an obligation of no kind that there is, at the rule that states it', async () => {
    const broken = edited('first.rego', '#   mode: enforce', '#   obligation:\n#     kind: levitation');
    const { exitCode, out } = await ran('policy', 'check', broken);
    expect(exitCode).toBe(7);
    expect(out).toMatch(
      /first\.rego:\d+:1: obligation: kind "levitation" is not known; the kinds are approval/,
    );
    const built = await ran('policy', 'build', broken, '-o', join(broken, 'built'));
    expect([built.exitCode, existsSync(join(broken, 'built.wasm'))]).toEqual([7, false]);
    const place = /first\.rego:(\d+):/.exec(out)?.[1];
    const lines = readFileSync(join(broken, 'first.rego'), 'utf8').split('\n');
    expect(lines[Number(place) - 1]).toMatch(/^URGENT_WITHOUT_PURPOSE\(row\)/);
  });

  it('fails the tests, each by its name, and is not built', async () => {
    const broken = edited('first.rego', 'longest_seconds := 3600', 'longest_seconds := 3599');
    const tested = await ran('policy', 'test', broken);
    expect(tested.exitCode).toBe(7);
    expect(tested.out).toMatch(
      /FAIL .*first_test\.rego:\d+ annona\.first_test\.test_an_hour_needs_no_purpose/,
    );
    expect(tested.out).toContain('FAIL vector "an hour needs no purpose"');
    expect(tested.out).toContain('codes are [URGENT_WITHOUT_PURPOSE], want []');
    const built = await ran('policy', 'build', broken, '-o', at('broken'));
    expect([built.exitCode, built.err]).toEqual([7, expect.stringContaining('nothing is written')]);
    expect(existsSync(at('broken.wasm'))).toBe(false);
  });

  it('is not hidden by a filter that matches nothing, nor by vectors that are none', async () => {
    const some = JSON.parse((await ran('policy', 'test', folder, '--filter', 'purpose', '--json')).out);
    expect(some.failed).toBe(0);
    expect([...some.rego, ...some.vectors].every(({ name }) => name.includes('purpose'))).toBe(true);
    expect(some.passed).toBeLessThan(10);
    const none = await ran('policy', 'test', folder, '--filter', 'no such test');
    expect([none.exitCode, none.err]).toEqual([2, expect.stringContaining('no such test')]);
    const odd = edited('vectors.json', '"codes": []', '"codes": "none"');
    const refused = await ran('policy', 'test', odd);
    expect([refused.exitCode, refused.err]).toEqual([
      2,
      expect.stringMatching(/cases\[0\]\.codes must be a list/),
    ]);
  });

  it('stops a build whose tests touch too little', async () => {
    const whole = await ran('policy', 'build', folder, '-o', at('whole'), '--coverage', '100');
    expect(whole.exitCode, whole.err).toBe(0);
    const bare = edited('first_test.rego', 'test_batch_work_needs_no_purpose', 'batch_work_needs_no_purpose');
    const built = await ran('policy', 'build', bare, '-o', at('bare'), '--coverage', '100');
    expect([built.exitCode, built.err]).toEqual([7, expect.stringContaining('less than 100 %')]);
    expect(existsSync(at('bare.wasm'))).toBe(false);
    const odd = await ran('policy', 'build', folder, '-o', at('bare'), '--coverage', 'much');
    expect(odd.exitCode).toBe(2);
  });

  it('is a path that is not there', async () => {
    const { exitCode, err } = await ran('policy', 'check', at('nowhere'));
    expect([exitCode, err]).toEqual([2, expect.stringContaining('annona policy init')]);
  });

  it('is a path without policies, or a bundle that could not be written', async () => {
    const none = await ran('policy', 'check', join(folder, 'vectors.json'));
    expect([none.exitCode, none.err]).toEqual([
      2,
      expect.stringMatching(/no \.rego file in .*vectors\.json/),
    ]);
    const output = join(at('no such folder'), 'first');
    const built = await ran('policy', 'build', folder, '-o', output);
    expect([built.exitCode, built.err]).toEqual([2, expect.stringContaining('no such folder is no folder')]);
  });
});

describe('one request', () => {
  const asked = (fields: object): string => {
    writeFileSync(at('request.json'), JSON.stringify(fields));
    return at('request.json');
  };

  it('is judged by the folder and by the bundle alike', async () => {
    await ran('policy', 'build', folder, '-o', at('asked'));
    const request = asked({ durationSeconds: 7_000 });
    const byFolder = await ran('policy', 'eval', folder, request);
    const byBundle = await ran(
      'policy',
      'eval',
      at('asked.wasm'),
      request,
      '--vectors',
      join(folder, 'vectors.json'),
    );
    expect(byFolder.exitCode).toBe(3);
    expect(byFolder.out).toBe(
      'deny\n  URGENT_WITHOUT_PURPOSE (enforce): State the purpose of the request, or ask for an hour or less.',
    );
    expect([byBundle.exitCode, byBundle.out]).toEqual([3, byFolder.out]);
    const allowed = await ran('policy', 'eval', folder, asked({ durationSeconds: 3_600 }));
    expect([allowed.exitCode, allowed.out]).toEqual([0, 'allow']);
  });

  it('is explained rule by rule, with what was wanted, the limit and the remedy', async () => {
    const request = asked({ durationSeconds: 7_000 });
    const { out } = await ran('policy', 'explain', folder, request);
    expect(out).toMatch(/^code +mode +answer +field +wanted +limit +remedy$/m);
    expect(out).toMatch(/^URGENT_WITHOUT_PURPOSE +enforce +hit +purpose +7000 +3600 +State the purpose/m);
    const { rules } = JSON.parse((await ran('policy', 'explain', folder, request, '--json')).out);
    expect(rules).toEqual([
      {
        code: 'URGENT_WITHOUT_PURPOSE',
        mode: 'enforce',
        hit: true,
        field: 'purpose',
        want: 7_000,
        limit: 3_600,
        remedy: 'State the purpose of the request, or ask for an hour or less.',
      },
    ]);
  });

  it('of the wrong shape is denied by the host, which names the field', async () => {
    const { exitCode, out } = await ran('policy', 'explain', folder, asked({ durationSeconds: '7000' }));
    expect(exitCode).toBe(3);
    expect(out).toMatch(/^POLICY_INPUT_INVALID +enforce +hit +durationSeconds/m);
    // No rule was asked about it, so none found it clean.
    expect(out).toMatch(/^URGENT_WITHOUT_PURPOSE +enforce +- /m);
    const judged = await ran('policy', 'eval', folder, asked({ durationSeconds: '7000' }));
    expect(judged.out).toContain('durationSeconds must be a whole number from 0 to 2^53 - 1. Mend');
  });

  it('with a field that no row has is refused: judged by the usual value it would look allowed', async () => {
    const { exitCode, err } = await ran('policy', 'eval', folder, asked({ durationSecond: 7000 }));
    expect([exitCode, err]).toEqual([2, expect.stringContaining('durationSecond is no field of a row')]);
  });

  it('needs to be JSON, and the policies need data', async () => {
    writeFileSync(at('odd.json'), '{');
    expect((await ran('policy', 'eval', folder, at('odd.json'))).exitCode).toBe(2);
    await ran('policy', 'build', folder, '-o', at('asked'));
    const { exitCode, err } = await ran('policy', 'eval', at('asked'), asked({}));
    expect([exitCode, err]).toEqual([2, expect.stringContaining('--data FILE')]);
    writeFileSync(at('data.json'), '{"revision": "r"}');
    const odd = await ran('policy', 'eval', at('asked'), asked({}), '--data', at('data.json'));
    expect([odd.exitCode, odd.err]).toEqual([2, expect.stringContaining('DATA_INVALID')]);
  });
});

describe('constraints', () => {
  const capacity = join(import.meta.dirname, '../../../../examples/acme/constraints');
  const ids = ['BATCH_H100', 'BATCH_OFF_H100', 'LEDGER_APART', 'RESTRICTED_LEASES.finance', 'SUPPORT_FLOOR'];
  /** The example with a part of one file replaced; null: the file is left out. */
  const changed = (name: string, from: string, to: string | null): string => {
    const copy = mkdtempSync(join(home, 'capacity-'));
    for (const file of ['capacity.rego', 'capacity_test.rego', 'vectors.json']) {
      const text = readFileSync(join(capacity, file), 'utf8');
      if (file === name) expect(text).toContain(from);
      if (file !== name) writeFileSync(join(copy, file), text);
      else if (to !== null) writeFileSync(join(copy, file), text.replace(from, to));
    }
    return copy;
  };

  it('of the example are in order, pass their vectors, build, and are said as the guide prints them', async () => {
    expect((await ran('policy', 'check', capacity)).out).toMatch(
      /^in order: 1 code \(.*\), 5 constraints \(BATCH_H100, /,
    );
    expect((await ran('policy', 'test', capacity)).out).toBe(
      '10 passed, 0 failed (3 Rego tests, 2 vectors, 5 constraints)',
    );
    const built = await ran('policy', 'build', capacity, '-o', at('capacity'));
    expect([built.exitCode, built.out]).toEqual([
      0,
      expect.stringMatching(/1 code, 5 constraints, 10 tests passed$/),
    ]);
    const told = await ran('policy', 'explain', capacity, '--constraints');
    expect(told.exitCode).toBe(0);
    expect(
      told.out
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(ids);
    const guide = readFileSync(join(import.meta.dirname, '../../../../docs/policy-guide.md'), 'utf8');
    expect(guide).toContain(told.out);
    const stored = await ran(
      'policy',
      'explain',
      at('capacity.wasm'),
      '--constraints',
      '--json',
      '--vectors',
      join(capacity, 'vectors.json'),
    );
    expect(JSON.parse(stored.out).constraints.list.map((one: { id: string }) => one.id)).toEqual(ids);
  });

  it('that are no packing rows are refused by check, with their line', async () => {
    const hard = changed('capacity.rego', '#     op: "<="\nBATCH', '#     op: ">="\nBATCH');
    const { exitCode, out } = await ran('policy', 'check', hard);
    expect(exitCode).toBe(7);
    expect(out).toMatch(
      /capacity\.rego:\d+:1: annona_constraint: BATCH_H100: .*a hard >= could leave a tick without any plan/,
    );
  });

  it('that are computed unfit are refused by test and build, with their line, and nothing is written', async () => {
    const unfit = changed('capacity.rego', '"rhs": 10,', '"rhs": 2 - department.clearanceCeiling,');
    for (const command of [
      ['test', unfit],
      ['build', unfit, '-o', at('unfit')],
    ]) {
      const { exitCode, err } = await ran('policy', ...command);
      expect(exitCode).toBe(7);
      expect(err).toMatch(
        /CONSTRAINTS_INVALID: .*capacity\.rego:\d+: RESTRICTED_LEASES: rhs must be a whole number from 0 to 2\^40/,
      );
    }
    expect(existsSync(at('unfit.wasm'))).toBe(false);
  });

  it('that are others than the vectors say fail, as do names that the vectors do not have', async () => {
    const other = await ran('policy', 'test', changed('capacity.rego', '"rhs": 64', '"rhs": 65'));
    expect([other.exitCode, other.out]).toEqual([7, expect.stringContaining('FAIL constraint BATCH_H100')]);
    const more = await ran('policy', 'test', changed('vectors.json', '{ "id": "LEDGER_APART" },', ''));
    expect([more.exitCode, more.out]).toEqual([
      7,
      expect.stringMatching(/FAIL constraint LEDGER_APART\n.*want none/),
    ]);
    const strange = await ran(
      'policy',
      'test',
      changed('capacity.rego', '"departments": ["support"]', '"departments": ["suport"]'),
    );
    expect([strange.exitCode, strange.out]).toEqual([
      7,
      expect.stringContaining('departments has no "suport"'),
    ]);
  });

  it('are not built where there are no vectors to judge them by', async () => {
    const { exitCode, err } = await ran(
      'policy',
      'build',
      changed('vectors.json', '"constraints"', null),
      '-o',
      at('blind'),
    );
    expect(exitCode).not.toBe(0);
    expect(existsSync(at('blind.wasm'))).toBe(false);
    expect(err).toMatch(/nothing is written/);
  });
});
