// The published form: paths to child modules become JavaScript, and the manifest loses what only a checkout has.
import { describe, expect, it } from 'vitest';
import { publishedManifest, rewriteModulePaths } from '../../deploy/build.ts';

describe('an emitted module', () => {
  it.each([
    [
      "fork(new URL('./engines/child.ts', import.meta.url));",
      "fork(new URL('./engines/child.js', import.meta.url));",
    ],
    [
      'new Worker(new URL("../worker.ts", import.meta.url))',
      'new Worker(new URL("../worker.js", import.meta.url))',
    ],
    ["import.meta.resolve('./a.ts')", "import.meta.resolve('./a.js')"],
    ["read(new URL('./schema.sql', import.meta.url))", "read(new URL('./schema.sql', import.meta.url))"],
    [
      "const page = 'from `api/errors.ts`; a test compares'",
      "const page = 'from `api/errors.ts`; a test compares'",
    ],
    ['// see tick.ts and "./fold.ts"', '// see tick.ts and "./fold.ts"'],
  ])('%s becomes %s', (text, want) => {
    expect(rewriteModulePaths('a.js', text)).toBe(want);
  });

  it.each(["fork(join(import.meta.dirname, 'child.ts'))", 'const path = `./child.ts`;'])(
    'is refused when it names a .ts file otherwise: %s',
    (text) => {
      expect(() => rewriteModulePaths('a.js', `\n${text}`)).toThrow(/a\.js:2 names a \.ts file/);
    },
  );
});

describe('the published manifest', () => {
  const manifest = {
    name: 'annona',
    private: true,
    scripts: { test: 'x' },
    devDependencies: { vitest: '1.0.0' },
    dependencies: { pg: '1.0.0' },
    exports: { './solver': './solver/index.ts', './package.json': './package.json' },
  };

  it('opens its doors as JavaScript with types', () => {
    const wantSolver = { types: './solver/index.d.ts', default: './solver/index.js' };
    expect(publishedManifest(manifest).exports).toEqual({
      './solver': wantSolver,
      './package.json': './package.json',
    });
  });

  it('keeps what an installation needs and nothing of a checkout', () => {
    expect(Object.keys(publishedManifest(manifest)).sort()).toEqual(['dependencies', 'exports', 'name']);
  });
});
