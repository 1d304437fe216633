// A door runs in a browser: nothing that it reaches needs Node. Called by test/house.test.ts.
// Types are erased, so they are not followed; what is imported on demand is, since somebody will demand it.
import { isBuiltin } from 'node:module';
import { importsOf } from './imports.ts';
import { lineAt, type Tree } from './tree.ts';

/** Packages that a door may reach, and why each runs in a browser. */
export const BROWSER_PACKAGES: Readonly<Record<string, string>> = {
  '@open-policy-agent/opa-wasm': 'WebAssembly and plain JavaScript; made for browsers too',
  ajv: 'plain JavaScript',
  canonicalize: 'plain JavaScript',
  'glpk.js': 'WebAssembly; loaded only when chosen',
  highs: 'WebAssembly; its Node branch is taken in Node only',
  typebox: 'plain JavaScript',
  yaml: 'plain JavaScript',
};

const NODE_GLOBAL =
  /(?<![\w$.'])(?:Buffer\.|process\.(?!id\b)|__dirname\b|import\.meta\.dirname\b|setImmediate\()/g;

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What each reachable file is reached by, the door first. */
function reach(tree: Tree, door: string): Map<string, string> {
  const via = new Map([[door, door]]);
  for (const [path, route] of via) {
    const file = tree.get(path);
    for (const { kind, target } of file ? importsOf(file) : []) {
      const followed = (kind === 'value' || kind === 'dynamic') && target !== undefined && !via.has(target);
      if (followed) via.set(target, `${route} > ${target}`);
    }
  }
  return via;
}

/** One line for each thing behind `door` that a browser has not. */
export function doorBreaches(tree: Tree, door: string): string[] {
  return [...reach(tree, door)].flatMap(([path, route]) => {
    const file = tree.get(path);
    if (!file) return [];
    const packages = importsOf(file).flatMap(({ kind, specifier, target, line }) => {
      if (kind === 'type' || kind === 'path' || kind === 'computed' || target !== undefined) return [];
      if (isBuiltin(specifier)) return [`${path}:${line} needs ${specifier} (${route}): put it in node.ts`];
      return Object.hasOwn(BROWSER_PACKAGES, packageOf(specifier))
        ? []
        : [
            `${path}:${line} needs ${specifier} (${route}): if it runs in a browser, say why in test/house/doors.ts`,
          ];
    });
    const globals = [...file.code.matchAll(NODE_GLOBAL)].map(
      (match) =>
        `${path}:${lineAt(file.code, match.index)} uses ${match[0]}, which a browser has not (${route})`,
    );
    return [...packages, ...globals];
  });
}
