// Engines by name, with what they need from disk. Invariant: the build string changes when the WebAssembly bytes do.
// Called by node.ts in the parent (build only, or the in-process solver) and by child.ts.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineName } from '../solution.ts';
import type { Engine } from './engine.ts';
import { createExhaustiveEngine } from './exhaustive.ts';
import { type Glpk, type GlpkSource, loadGlpkEngine } from './glpk.ts';
import { loadHighsEngine } from './highs.ts';

/** Where a package's file is; throws when the package is not installed. A test passes one that finds less. */
export type Resolve = (specifier: string) => string;

const resolveHere: Resolve = createRequire(import.meta.url).resolve;

/** `null`: this installation has no such engine. */
export async function loadEngine(name: EngineName, resolve: Resolve = resolveHere): Promise<Engine | null> {
  switch (name) {
    case 'highs':
      return loadHighsEngine(await readHighs(resolve));
    case 'exhaustive':
      return createExhaustiveEngine();
    case 'glpk':
      return loadGlpk(resolve);
    default:
      return name satisfies never;
  }
}

/** The build that `loadEngine` would report, without compiling anything. */
export async function engineBuildOf(
  name: EngineName,
  resolve: Resolve = resolveHere,
): Promise<string | null> {
  switch (name) {
    case 'highs':
      return (await readHighs(resolve)).build;
    case 'exhaustive':
      return createExhaustiveEngine().build;
    case 'glpk': {
      const module = findGlpk(resolve);
      return module && (await wasmBuild('glpk', besideGlpk(module))).build;
    }
    default:
      return name satisfies never;
  }
}

/** Throws when the package is not installed. */
export function readHighs(resolve: Resolve = resolveHere): Promise<WasmBuild> {
  const wasm = resolve('highs/runtime');
  return wasmBuild('highs', { wasm, manifest: join(dirname(wasm), '..', 'package.json') });
}

async function loadGlpk(resolve: Resolve): Promise<Engine | null> {
  const source = await readGlpk(resolve);
  return source && loadGlpkEngine(source);
}

/** `null`: this installation has none. */
export async function readGlpk(resolve: Resolve = resolveHere): Promise<GlpkSource | null> {
  const module = findGlpk(resolve);
  if (module === null) return null;
  const { build } = await wasmBuild('glpk', besideGlpk(module));
  const { default: create } = await import('glpk.js/node');
  // Its types promise a callback the whole answer; what it hands over is `result` alone.
  return { create: create as unknown as () => Promise<Glpk>, build };
}

/** Optional, so absence is an answer. */
function findGlpk(resolve: Resolve): string | null {
  try {
    return resolve('glpk.js/node');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

function besideGlpk(module: string): { wasm: string; manifest: string } {
  const folder = dirname(module);
  return { wasm: join(folder, 'glpk.wasm'), manifest: join(folder, '..', 'package.json') };
}

interface WasmBuild {
  readonly wasmBinary: Uint8Array;
  readonly build: string;
}

async function wasmBuild(name: EngineName, at: { wasm: string; manifest: string }): Promise<WasmBuild> {
  const [wasmBinary, manifest] = await Promise.all([readFile(at.wasm), readFile(at.manifest, 'utf8')]);
  const { version } = JSON.parse(manifest) as { version: string };
  const digest = createHash('sha256').update(wasmBinary).digest('hex').slice(0, 12);
  return { wasmBinary, build: `${name} ${version} wasm:${digest}` };
}
