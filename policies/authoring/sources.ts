// Policy sources on disk: every .rego file below the given folders but generated verdicts, with the library where it is missing.
// Invariant: the names depend on how the folders are given, not on the machine: they are embedded in the module.
// Called by api/cli/policy through policies/node.ts.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PolicySource } from './protocol.ts';

const GENERATED = '.verdict.rego';
const VECTORS = 'vectors.json';
const LIBRARY = new URL('../rego/library/', import.meta.url);
const LIBRARY_NAME = 'policies/rego/library';
const LIBRARY_PACKAGE = /^\s*package\s+annona\.library\b/m;

export interface SourcesRead {
  readonly sources: readonly PolicySource[];
  /** Names of those that were not below the paths: the library that ships with Annona. */
  readonly builtIn: readonly string[];
  /** Where `vectors.json` stands in the folders; empty where there is none. */
  readonly vectorFiles: readonly string[];
}

/** Throws the file system's error for a path that is not there. */
export function readPolicySources(paths: readonly string[], from: string): SourcesRead {
  const found = new Map<string, PolicySource>();
  const vectorFiles: string[] = [];
  for (const path of paths) {
    const root = resolve(from, path);
    const isFolder = statSync(root).isDirectory();
    const names = isFolder ? readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() : [''];
    for (const name of names) {
      const file = isFolder ? join(root, name) : root;
      if (basename(file) === VECTORS) vectorFiles.push(file);
      if (!file.endsWith('.rego') || file.endsWith(GENERATED)) continue;
      const source = { path: stableName(file, { root, from }), text: readFileSync(file, 'utf8') };
      found.set(source.path, source);
    }
  }
  const sources = [...found.values()];
  const added = sources.some((source) => LIBRARY_PACKAGE.test(source.text)) ? [] : library();
  return { sources: [...sources, ...added], builtIn: added.map((source) => source.path), vectorFiles };
}

/** Relative to where the command runs; of a folder elsewhere, its own name and what is below it. */
export function stableName(file: string, { root, from }: { root: string; from: string }): string {
  const within = relative(from, file);
  const isBelow = !within.startsWith('..') && !isAbsolute(within);
  return (isBelow ? within : join(basename(root), relative(root, file))).split(sep).join('/');
}

function library(): PolicySource[] {
  const folder = fileURLToPath(LIBRARY);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rego'))
    .map((name) => ({ path: `${LIBRARY_NAME}/${name}`, text: readFileSync(join(folder, name), 'utf8') }));
}
