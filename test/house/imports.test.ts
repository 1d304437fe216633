// Finding imports in every form that the language has.
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { type HouseFile, treeOf } from './tree.ts';

function found(text: string) {
  const file = treeOf({ 'api/http/a.ts': text }).get('api/http/a.ts') as HouseFile;
  return importsOf(file).map(({ kind, specifier, target, line }) => [kind, target ?? specifier, line]);
}

describe('an import', () => {
  it.each([
    ['default', "import a from '../b.ts';", ['value', 'api/b.ts', 1]],
    ['named, over lines', "import {\n  a,\n  type B,\n} from './b.ts';", ['value', 'api/http/b.ts', 4]],
    ['of a namespace', "import * as a from 'node:fs';", ['value', 'node:fs', 1]],
    ['of types', "import type { A } from './b.ts';", ['type', 'api/http/b.ts', 1]],
    ['of something called type', "import type from './b.ts';", ['value', 'api/http/b.ts', 1]],
    ['for its effect', "import './b.ts';", ['value', 'api/http/b.ts', 1]],
    ['passed on', "export { a } from './b.ts';", ['value', 'api/http/b.ts', 1]],
    ['passed on whole', "export * from './b.ts';", ['value', 'api/http/b.ts', 1]],
    ['of types passed on', "export type { A } from './b.ts';", ['type', 'api/http/b.ts', 1]],
    ['on demand', "const a = await import('./b.ts');", ['dynamic', 'api/http/b.ts', 1]],
    ['in a type', "let a: import('./b.ts').A;", ['type', 'api/http/b.ts', 1]],
    ['of a module’s type', "let a: typeof import('./b.ts');", ['type', 'api/http/b.ts', 1]],
    ['of a child process', "fork(new URL('./b.ts', import.meta.url));", ['path', 'api/http/b.ts', 1]],
    ['that cannot be read', 'await import(name);', ['computed', '', 1]],
  ])('%s is found', (_what, text, want) => {
    expect(found(text)).toEqual([want]);
  });

  it.each([
    ['a comment', "// import a from './b.ts'"],
    ['a string', 'const a = "import b from \'x\'";'],
    ['a declaration', 'export const from = 1;\nexport function a() {}'],
    ['import.meta', 'const a = import.meta.dirname;'],
  ])('is not seen in %s', (_what, text) => {
    expect(found(text)).toEqual([]);
  });
});
