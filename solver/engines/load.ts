// Engines by name, with what they need from disk. Invariant: the build string changes when the WebAssembly bytes do.
// Called by node.ts in the parent (build only, or the in-process solver) and by child.ts.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineName } from '../solution.ts';
import type { Engine } from './engine.ts';
import { createExhaustiveEngine } from './exhaustive.ts';
import { type HighsSource, loadHighsEngine } from './highs.ts';

/** `null`: this installation has no such engine. */
export async function loadEngine(name: EngineName): Promise<Engine | null> {
  switch (name) {
    case 'highs':
      return loadHighsEngine(await readHighs());
    case 'exhaustive':
      return createExhaustiveEngine();
    case 'glpk':
      return null;
    default:
      return name satisfies never;
  }
}

/** The build that `loadEngine` would report, without compiling anything. */
export async function engineBuildOf(name: EngineName): Promise<string | null> {
  if (name === 'highs') return (await readHighs()).build;
  return (await loadEngine(name))?.build ?? null;
}

async function readHighs(): Promise<HighsSource> {
  const wasm = createRequire(import.meta.url).resolve('highs/runtime');
  const [wasmBinary, manifest] = await Promise.all([
    readFile(wasm),
    readFile(join(dirname(wasm), '..', 'package.json'), 'utf8'),
  ]);
  const { version } = JSON.parse(manifest) as { version: string };
  const digest = createHash('sha256').update(wasmBinary).digest('hex').slice(0, 12);
  return { wasmBinary, build: `highs ${version} wasm:${digest}` };
}
