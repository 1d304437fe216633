// What each file imports, by what means. Called by direction.ts, doors.ts and shape.ts.
// Statements are found in the code mask, so an import inside a string is none; specifiers are read from the bare one.
import { posix } from 'node:path';
import { type HouseFile, isScript, lineAt, type Tree } from './tree.ts';

/**
 * `value` and `type` as written; `dynamic` for `import()`; `path` for a module named by a plain string (a child
 * process's or worker's file); `computed` for an `import()` whose target cannot be read here.
 */
export type ImportKind = 'value' | 'type' | 'dynamic' | 'path' | 'computed';
export type Import = {
  from: string;
  line: number;
  kind: ImportKind;
  specifier: string;
  target: string | undefined;
};

const STATEMENT = /\b(?:import|export)\b(\s+type\b(?!\s+from))?[\w$\s{},*]*?\bfrom\s*(['"])/g;
const SIDE_EFFECT = /\bimport\s*(['"])/g;
const DYNAMIC = /(\btypeof\s+)?\bimport\s*\(\s*(['"`])?/g;
const MODULE_STRING = /(['"`])(\.{1,2}\/[^'"`\n]*\.(?:ts|js|mjs))\1/g;

/** The path that a relative specifier names; undefined for a package or a built-in. */
function resolve(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

function importsIn(file: HouseFile): Import[] {
  const { path, code, bare } = file;
  const found: Import[] = [];
  const starts = new Set<number>();
  const add = (quoteAt: number, kind: ImportKind, until = bare.indexOf(bare[quoteAt] ?? '', quoteAt + 1)) => {
    const specifier = bare.slice(quoteAt + 1, until);
    starts.add(quoteAt);
    found.push({
      from: path,
      line: lineAt(bare, quoteAt),
      kind,
      specifier,
      target: resolve(path, specifier),
    });
  };
  for (const match of code.matchAll(STATEMENT)) {
    add(match.index + match[0].length - 1, match[1] ? 'type' : 'value');
  }
  for (const match of code.matchAll(SIDE_EFFECT)) add(match.index + match[0].length - 1, 'value');
  for (const match of code.matchAll(DYNAMIC)) {
    const end = match.index + match[0].length;
    if (!match[2]) {
      found.push({
        from: path,
        line: lineAt(bare, match.index),
        kind: 'computed',
        specifier: '',
        target: undefined,
      });
      continue;
    }
    // `import('./x.ts').Lease` names a type: a value would be awaited, or followed by a lower-case method.
    const isType =
      match[1] !== undefined || /^\s*\)\s*\.\s*[A-Z]/.test(code.slice(code.indexOf(match[2], end) + 1));
    add(end - 1, isType ? 'type' : 'dynamic');
  }
  for (const match of bare.matchAll(MODULE_STRING)) {
    if (!starts.has(match.index)) add(match.index, 'path');
  }
  return found;
}

const known = new WeakMap<HouseFile, Import[]>();

/** Every import of a file; computed once a file. */
export function importsOf(file: HouseFile): Import[] {
  const imports = known.get(file) ?? importsIn(file);
  known.set(file, imports);
  return imports;
}

export function allImports(tree: Tree, accept: (path: string) => boolean): Import[] {
  return [...tree.values()].filter(({ path }) => isScript(path) && accept(path)).flatMap(importsOf);
}
