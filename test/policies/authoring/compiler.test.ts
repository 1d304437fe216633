// The compiler that runs inside Node: it gives the committed bytes, the same ones always, and outlives hostile sources.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PolicyManifest } from '../../../policies/index.ts';
import { CompilerFault, policyCompiler } from '../../../policies/node.ts';
import { ROOT, vectors } from '../support.ts';
import { aRequest, HEADER, sample, sourcesBelow } from './sample.ts';

const compiler = policyCompiler();
afterAll(() => compiler.close());

const CLEAN = `${HEADER}SAMPLE(row) := false if row.purpose != ""\n`;
const buffer = (base64: string): ArrayBuffer => new Uint8Array(Buffer.from(base64, 'base64')).buffer;

describe('the compiler', () => {
  it.each([
    { name: 'default', out: 'policies/rego/default', folders: ['policies/rego'] },
    {
      name: 'hostile',
      out: 'test/policies/hostile/hostile',
      folders: ['policies/rego/library', 'test/policies/hostile'],
    },
  ])('gives the committed module of $name, byte for byte', async ({ name, out, folders }) => {
    const { problems, bundle } = await compiler.compile(
      aRequest({ command: 'build', name, out, sources: sourcesBelow(...folders) }),
    );
    expect(problems).toEqual([]);
    const wantManifest = JSON.parse(
      readFileSync(join(ROOT, `${out}.manifest.json`), 'utf8'),
    ) as PolicyManifest;
    expect(bundle?.manifest).toEqual(wantManifest);
    expect(bundle?.verdict).toBe(readFileSync(join(ROOT, `${out}.verdict.rego`), 'utf8'));
    const wasm = Buffer.from(bundle?.wasm ?? '', 'base64');
    expect(wasm.equals(readFileSync(join(ROOT, `${out}.wasm`)))).toBe(true);
  });

  it('gives the same bytes in another order, after another request and in another thread', async () => {
    const asked = aRequest({ command: 'build', sources: sample(CLEAN) });
    const first = await compiler.compile(asked);
    await compiler.compile(aRequest({ sources: sample('package') }));
    const other = policyCompiler();
    try {
      const turned = { ...asked, sources: [...asked.sources].reverse() };
      for (const answer of [await compiler.compile(turned), await other.compile(asked)]) {
        expect(answer).toEqual(first);
      }
    } finally {
      await other.close();
    }
    expect(first.bundle?.manifest.wasm.sha256).toBe(
      createHash('sha256')
        .update(Buffer.from(first.bundle?.wasm ?? '', 'base64'))
        .digest('hex'),
    );
  });

  it('embeds the names of the sources, so another name is another revision', async () => {
    const build = async (path: string): Promise<string | undefined> => {
      const [own, ...library] = sample(CLEAN);
      const sources = [{ path, text: own?.text ?? '' }, ...library];
      return (await compiler.compile(aRequest({ command: 'build', sources }))).bundle?.manifest.revision;
    };
    expect(await build('a/sample.rego')).not.toBe(await build('b/sample.rego'));
  });

  it('runs every test and every case on the engine of production, and names those that fail', async () => {
    const tests = `package annona.sample_test

import data.annona.policies.sample

test_passes if sample.SAMPLE({"purpose": "x"}) == false

test_fails if sample.SAMPLE({"purpose": ""}) == false

test_throws if torn(1) == 1

torn(x) := 1 if x > 0

torn(x) := 2 if x < 2

test_cases[one] if {
	some one, purpose in {"said": "x", "empty": ""}
	sample.SAMPLE({"purpose": purpose}) == false
}

test_no_case[one] if {
	some one in data.nowhere
	one != ""
}
`;
    const sources = sample(CLEAN, { path: 'sample/sample_test.rego', text: tests });
    const answer = await compiler.compile(aRequest({ command: 'tests', sources }));
    expect(answer.problems).toEqual([]);
    const run = { wasm: buffer(answer.tests?.wasm ?? ''), tests: answer.tests?.tests ?? [], data: {} };
    const results = await compiler.runTests(run);
    const short = results.map(({ name, line, passed, failedCases, fault }) => [
      name.replace('annona.sample_test.', ''),
      line,
      passed,
      ...(failedCases ?? []),
      ...(fault === undefined ? [] : [/conflict/.test(fault)]),
    ]);
    expect(short).toEqual([
      ['test_passes', 5, true],
      ['test_fails', 7, false],
      ['test_throws', 9, false, true],
      ['test_cases', 15, false, 'empty'],
      ['test_no_case', 20, false],
    ]);
  });

  it('tells the lines that no test touches, by OPA’s interpreter', async () => {
    const text = `${HEADER}SAMPLE(row) := false if {\n\trow.purpose != ""\n} else := {"limit": 1} if {\n\trow.class == "x"\n}\n`;
    const test =
      'package annona.sample_test\n\nimport data.annona.policies.sample\n\ntest_a if sample.SAMPLE({"purpose": "x"}) == false\n';
    const sources = sample(text, { path: 'sample/sample_test.rego', text: test });
    const { problems, coverage } = await compiler.compile(
      aRequest({ command: 'coverage', sources, data: { vectors } }),
    );
    expect(problems).toEqual([]);
    expect([coverage?.passed, coverage?.failed]).toEqual([1, []]);
    const own = coverage?.files.find((file) => file.path === 'sample/sample.rego');
    const wantLine = text.split('\n').findIndex((line) => line.includes('row.class')) + 1;
    expect(own?.notCovered).toContainEqual({ from: wantLine, to: wantLine });
    expect(own?.lines.covered).toBeGreaterThan(0);
  });
});

describe('a compiler in trouble', () => {
  it('is refused memory above its maximum, and says so', async () => {
    const small = policyCompiler({ memoryPagesMax: 100 });
    await expect(small.compile(aRequest({ sources: sample(CLEAN) }))).rejects.toThrow(
      /COMPILER_CRASHED.*100/,
    );
    await small.close();
  });

  it('is ended when tests never end or outgrow their memory, and the next call has a new one', async () => {
    const spin = `package annona.sample_test

test_hogs if count([1 | some _ in numbers.range(1, 20000); some _ in numbers.range(1, 20000)]) > 0

test_spins if {
	thousand := concat("", [letter | some _ in numbers.range(1, 1000); letter := "a"])
	haystack := replace(thousand, "a", thousand)
	needle := concat("", [replace(substring(thousand, 0, 500), "a", thousand), "b"])
	not contains(haystack, needle)
}
`;
    const sources = sample(CLEAN, { path: 'sample/sample_test.rego', text: spin });
    const { tests } = await compiler.compile(aRequest({ command: 'tests', sources }));
    const run = { wasm: buffer(tests?.wasm ?? ''), data: {} };
    const all = tests?.tests ?? [];
    const [hog] = await compiler.runTests({ ...run, tests: all.slice(0, 1) });
    expect(hog).toMatchObject({ passed: false, fault: expect.stringMatching(/opa_malloc/) });
    const impatient = policyCompiler({ deadlineMs: 8_000 });
    const spun = impatient.runTests({ ...run, tests: all.slice(1) });
    await expect(spun).rejects.toThrow(CompilerFault);
    await expect(spun).rejects.toThrow(/COMPILER_TIMEOUT/);
    const passing = await impatient.runTests({ ...run, tests: [] });
    expect(passing).toEqual([]);
    await impatient.close();
  });
});
