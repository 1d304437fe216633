// Builds the console into api/console/dist with Vite, in a checkout; the published form brings it built.
// Invariant: built again only when a source changed: the digest of all that can be in it stands beside the result.
// Run by `annona start` as a process of its own, by `npm run build`, and by the tests.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONSOLE = join(ROOT, 'api/console');
const BUILT = join(CONSOLE, 'dist');
const DIGEST = 'sources.sha256';
/** What the page may import, and with what it is built. */
const SOURCES = ['api/console', 'api/client', 'solver', 'policies', 'scheduler'];
// By this file's own extension: the published form has none of the sources.
const CODE = extname(import.meta.url);
const FILES = [`api/states${CODE}`, `api/cli/buildConsole${CODE}`, 'package-lock.json'];
const SOURCE = /\.(?:ts|tsx|css|html|rego|br)$/;

/** Whether this is a checkout, where sources may change under a build. */
export function hasConsoleSources(): boolean {
  return existsSync(join(CONSOLE, 'main.tsx'));
}

/** Answers whether it had to. @throws what Vite finds wrong. */
export async function buildConsole({ into = BUILT }: { readonly into?: string } = {}): Promise<boolean> {
  const digest = sourcesDigest();
  const place = join(into, DIGEST);
  if (existsSync(place) && readFileSync(place, 'utf8') === digest) return false;
  const [{ build }, { packedCompiler }] = await Promise.all([
    import('vite'),
    import('../../policies/node.ts'),
  ]);
  const { packed, sha256 } = packedCompiler();
  const compiler = `compiler-${sha256.slice(0, 12)}.wasm`;
  await build({
    configFile: false,
    root: CONSOLE,
    // Relative addresses: it works behind any path.
    base: './',
    logLevel: 'warn',
    // Whatever NODE_ENV says: the form for development names files by their places on this machine.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    worker: { format: 'es' },
    // The policy compiler stands beside the page's files, packed, and is fetched when somebody edits a policy.
    define: { COMPILER_FILE: JSON.stringify(compiler) },
    build: {
      outDir: into,
      emptyOutDir: true,
      assetsDir: 'console',
      assetsInlineLimit: 0,
      target: 'es2023',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  writeFileSync(join(into, 'console', `${compiler}.br`), packed);
  writeFileSync(place, digest);
  return true;
}

function sourcesDigest(): string {
  const hash = createHash('sha256');
  const paths = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => SOURCE.test(path) && !/(?:^|\/)dist\//.test(path))
      .map((path) => `${folder}/${path}`),
  );
  for (const path of [...paths, ...FILES].sort()) hash.update(path).update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
}

if (import.meta.main)
  console.error((await buildConsole()) ? 'the console is built' : 'the console is up to date');
