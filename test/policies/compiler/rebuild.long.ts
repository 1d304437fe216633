// Where the Go that built the compiler is: the same sources give the same WebAssembly, and the native form of the program
// gives the same answers, byte for byte. Downloads the pinned modules once.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { policyCompiler } from '../../../policies/node.ts';
import { aRequest, sample, sourcesBelow } from '../authoring/sample.ts';
import { ROOT, vectors } from '../support.ts';

const FOLDER = join(ROOT, 'policies/compiler');
const { go } = JSON.parse(readFileSync(join(FOLDER, 'compiler.json'), 'utf8')) as { go: string };
const present = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout?.trim();

describe.skipIf(present !== go)(`with ${go}`, () => {
  const out = mkdtempSync(join(tmpdir(), 'annona-compiler-'));
  const compiler = policyCompiler();
  afterAll(async () => {
    await compiler.close();
    rmSync(out, { recursive: true, force: true });
  });

  it('the committed compiler is built again byte for byte', () => {
    const built = spawnSync('sh', [join(FOLDER, 'build.sh'), 'compare', out], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
    for (const name of ['compiler.wasm.br', 'LICENSES.txt']) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(FOLDER, name))), name).toBe(true);
    }
  });

  it.each([
    aRequest({
      command: 'build',
      name: 'default',
      out: 'policies/rego/default',
      sources: sourcesBelow('policies/rego'),
    }),
    aRequest({ command: 'tests', sources: sourcesBelow('policies/rego') }),
    aRequest({ command: 'coverage', sources: sourcesBelow('policies/rego'), data: { vectors } }),
    aRequest({ sources: sample('package annona.policies.sample\n\nSAMPLE(row) if time.now_ns() > row.x') }),
  ])('both forms answer $command alike', async (request) => {
    const native = spawnSync(join(out, 'compiler'), [], {
      input: JSON.stringify(request),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(native.status, native.stderr).toBe(0);
    expect(JSON.parse(native.stdout)).toEqual(await compiler.compile(request));
  });
});
