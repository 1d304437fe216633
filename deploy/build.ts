// `npm run build`: writes dist/, the package as it is published (`npm pack ./dist`): JavaScript, since Node refuses
// to run TypeScript under node_modules. Folders keep their places, so a path relative to a module holds in both forms.
// Invariant: no emitted module names a .ts file; one that would is a failed build, with the line.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { buildConsole } from '../api/cli/buildConsole.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const SOURCES = ['solver', 'policies', 'scheduler', 'api', 'adapters', 'simulations'];
const BESIDES = ['LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md'];

// What the code loads at run time beside modules. Anything else in a source folder (Go, tests of policies) stays behind.
const ASSETS = new Set(
  '.sql .lua .wasm .rego .yaml .yml .json .html .css .svg .png .ico .gz .br .txt .sha256 .mjs .cjs'.split(
    ' ',
  ),
);

/** `new URL('./child.ts', import.meta.url)` and `import.meta.resolve('./child.ts')`: tsc leaves these as they are. */
const MODULE_PATH = /((?:new URL|import\.meta\.resolve)\(\s*(['"`]))(\.{1,2}\/[^'"`]+)\.ts(\2)/g;
/** One literal after the other, so that a path which prose quotes inside a longer text is none. */
const LITERAL = /(['"`])((?:\\.|(?!\1).)*)\1/g;
const LEFT_OVER = /^\S*\.ts$/;

/** The emitted text with its paths to child modules in JavaScript. Throws on a path that it cannot rewrite. */
export function rewriteModulePaths(file: string, text: string): string {
  const rewritten = text.replace(MODULE_PATH, '$1$3.js$4');
  for (const [index, line] of rewritten.split('\n').entries()) {
    const literals = [...line.matchAll(LITERAL)].map(([, , text = '']) => text);
    if (literals.some((text) => LEFT_OVER.test(text)) && !/^\s*(\/\/|\*)/.test(line)) {
      throw new Error(
        `${file}:${index + 1} names a .ts file, which the published form has not: ` +
          `write it as new URL('./x.ts', import.meta.url)\n  ${line.trim()}`,
      );
    }
  }
  return rewritten;
}

type Manifest = Record<string, unknown> & { exports?: Record<string, string> };

/** package.json of the published form: the same, without what only a checkout has, and with JavaScript doors. */
export function publishedManifest(manifest: Manifest): Manifest {
  const { private: _private, scripts: _scripts, devDependencies: _tools, ...rest } = manifest;
  const doors = Object.entries(manifest.exports ?? {}).map(([door, path]) => {
    const module = path.replace(/\.ts$/, '');
    return [door, path.endsWith('.ts') ? { types: `${module}.d.ts`, default: `${module}.js` } : path];
  });
  return { ...rest, exports: Object.fromEntries(doors) };
}

function copyAssets(): number {
  let copied = 0;
  for (const source of SOURCES.filter((folder) => existsSync(join(ROOT, folder)))) {
    for (const path of readdirSync(join(ROOT, source), { recursive: true, encoding: 'utf8' })) {
      if (!ASSETS.has(extname(path)) || /(^|\/)(node_modules|tsconfig[^/]*\.json$)|^console\//.test(path))
        continue;
      cpSync(join(ROOT, source, path), join(DIST, source, path));
      copied += 1;
    }
  }
  for (const file of BESIDES.filter((name) => existsSync(join(ROOT, name))))
    cpSync(join(ROOT, file), join(DIST, file));
  return copied;
}

async function main(): Promise<number> {
  rmSync(DIST, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const emitted = spawnSync(tsc, ['-p', 'deploy/tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
  if (emitted.status !== 0) return emitted.status ?? 1;

  const modules = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.js'),
  );
  for (const path of modules) {
    const text = readFileSync(join(DIST, path), 'utf8');
    writeFileSync(join(DIST, path), rewriteModulePaths(path, text));
  }
  const manifest = publishedManifest(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  // Before the doors are looked for: the manifest is one of them.
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [door, target] of Object.entries(manifest.exports ?? {})) {
    const path = typeof target === 'string' ? target : (target as { default: string }).default;
    if (!existsSync(join(DIST, path)))
      throw new Error(`package.json exports ${door}, but ${path} was not built`);
  }
  chmodSync(join(DIST, 'api/cli/annona.js'), 0o755);
  const assets = copyAssets();
  await buildConsole({ into: join(DIST, 'api/console/dist') });
  console.log(`dist/: ${modules.length} modules, ${assets} assets. To pack it: npm pack ./dist`);
  return 0;
}

if (import.meta.main) process.exitCode = await main();
