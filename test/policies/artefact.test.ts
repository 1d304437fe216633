// The committed modules are the ones of the committed sources, told from hashes alone: no compiler is needed here.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PolicyManifest } from '../../policies/index.ts';
import { ROOT } from './support.ts';

const sha256 = (text: Uint8Array | string) => createHash('sha256').update(text).digest('hex');
const read = (path: string) => readFileSync(join(ROOT, path));
const REBUILD = 'run policies/compiler/build.sh';

function sourcesBelow(...directories: string[]): string[] {
  return directories
    .flatMap((directory) =>
      readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${directory}/${name}`,
      ),
    )
    .filter((path) => path.endsWith('.rego') && !path.endsWith('_test.rego'));
}

describe.each([
  { prefix: 'policies/rego/default', directories: ['policies/rego'] },
  {
    prefix: 'test/policies/hostile/hostile',
    directories: ['policies/rego/library', 'test/policies/hostile'],
  },
])('$prefix', ({ prefix, directories }) => {
  const manifest = JSON.parse(read(`${prefix}.manifest.json`).toString()) as PolicyManifest;

  it('lists every source on disk and no other', () => {
    const listed = manifest.sources.map((file) => file.path).sort();
    expect(listed, REBUILD).toEqual(sourcesBelow(...directories).sort());
  });

  it('was compiled from the sources as they are', () => {
    const wantHashes = manifest.sources.map(({ path }) => ({ path, sha256: sha256(read(path)) }));
    expect(manifest.sources, REBUILD).toEqual(wantHashes);
  });

  it('has the revision that its sources give', () => {
    const lines = manifest.sources.map((file) => `${file.sha256}  ${file.path}\n`).join('');
    expect(manifest.revision).toBe(sha256(lines));
  });

  it('names the module beside it', () => {
    expect(manifest.wasm).toEqual({ path: `${prefix}.wasm`, sha256: sha256(read(`${prefix}.wasm`)) });
  });

  it('was compiled by the OPA that is pinned, whose sums are', () => {
    const version = manifest.compiler.replace('opa ', '');
    expect(read('policies/compiler/go.mod').toString()).toContain(
      `github.com/open-policy-agent/opa ${version}\n`,
    );
    expect(read('policies/compiler/go.sum').toString()).toContain(
      `github.com/open-policy-agent/opa ${version} h1:`,
    );
  });

  it('was compiled with the capabilities that are committed', () => {
    expect(manifest.capabilitiesSha256, REBUILD).toBe(sha256(read('policies/compiler/capabilities.json')));
  });

  it('stays small enough to be kept in the repository', () => {
    expect(read(`${prefix}.wasm`).byteLength).toBeLessThan(256 * 1024);
  });
});

it('policies may call no builtin that the host would have to supply', () => {
  const { builtins } = JSON.parse(read('policies/compiler/capabilities.json').toString()) as {
    builtins: { name: string }[];
  };
  const names = builtins.map((builtin) => builtin.name);
  expect(names).toContain('object.get');
  expect(
    names.filter((name) =>
      /^(time|rand|http|io|crypto|uuid|opa|rego|net\.lookup)|sprintf|print|trace/.test(name),
    ),
  ).toEqual([]);
});
