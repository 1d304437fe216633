// The committed compiler is the one of its sources, told from hashes alone; test:long compiles it again where Go is.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, vectors } from '../support.ts';

const FOLDER = join(ROOT, 'policies/compiler');
const read = (name: string) => readFileSync(join(FOLDER, name));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const about = JSON.parse(read('compiler.json').toString()) as {
  packed: { bytes: number; sha256: string };
  sources: { path: string; sha256: string }[];
};
const REBUILD = 'run npm run policies:compiler';

it('the compiler was built from the sources as they are', () => {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(\.go|go\.(mod|sum)|\.patch|capabilities\.json|schema\.json)$/.test(name))
    .filter((name) => !name.endsWith('_test.go'));
  const wantSources = names.sort().map((path) => ({ path, sha256: sha256(read(path)) }));
  expect(about.sources, REBUILD).toEqual(wantSources);
});

it('the compiler is the one of its digest, and small enough to be kept in the repository', () => {
  const packed = read('compiler.wasm.br');
  expect(about.packed).toEqual({ bytes: packed.length, sha256: sha256(packed) });
  expect(packed.length).toBeLessThan(4_000_000);
});

it('the licences of OPA and of Go stand beside it', () => {
  const licences = read('LICENSES.txt').toString();
  expect(licences).toMatch(/== github\.com\/open-policy-agent\/opa v[\d.]+: LICENSE\n\n +Apache License/);
  expect(licences).toMatch(/== Go go1\.\d+/);
});

it('types the fields that rows and data have', () => {
  const { properties } = JSON.parse(read('input.schema.json').toString()) as {
    properties: Record<
      'row' | 'organisation',
      { properties: Record<string, { properties?: Record<string, { properties: object }> }> }
    >;
  };
  expect(Object.keys(properties.row.properties)).toEqual(Object.keys(vectors.row));
  expect(Object.keys(properties.organisation.properties).sort()).toEqual(Object.keys(vectors.data).sort());
  const department = properties.organisation.properties.departments?.properties?.['*'];
  expect(Object.keys(department?.properties ?? {})).toEqual(
    Object.keys(vectors.data.departments.research ?? {}),
  );
});
