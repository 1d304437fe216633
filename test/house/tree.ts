// The files that the house rules look at, read once, each with its masks.
// Called by test/house.test.ts on the checkout, and by the rules' own tests on trees made of text.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Masks, mask } from './mask.ts';

/** `path` is relative to the root, with slashes. */
export type HouseFile = Masks & { path: string; text: string };
export type Tree = ReadonlyMap<string, HouseFile>;

/** The folders whose code is the product, in the order in which they may know each other. */
export const LAYERS = ['solver', 'policies', 'scheduler', 'adapters', 'api', 'simulations'] as const;
const FOLDERS = [...LAYERS, 'test', 'bench', 'deploy', 'docs', 'examples'];
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.annona', '.git']);
const TEXT = /\.(ts|tsx|js|mjs|cjs|json|md|sql|rego|ya?ml|go|mod|sh|css|html|toml|txt)$|(^|\/)[^./]+$/;
const SCRIPT = /\.(ts|tsx|js|mjs)$/;

export const isScript = (path: string) => SCRIPT.test(path);
export const layerOf = (path: string) => path.slice(0, path.indexOf('/'));
export const isProduct = (path: string) => LAYERS.some((layer) => layer === layerOf(path));

/** A tree from texts by path. */
export function treeOf(texts: Readonly<Record<string, string>>): Tree {
  const entries = Object.entries(texts).map(([path, text]): [string, HouseFile] => {
    const masks = isScript(path) ? mask(text) : { code: '', bare: text };
    return [path, { path, text, ...masks }];
  });
  return new Map(entries);
}

/** The names at the top of the checkout, folders with a slash. */
export function topLevel(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

/** Every text file of the checkout's own folders and its top. Big generated ones are left out by their place. */
export function readTree(root: string): Tree {
  const top = readdirSync(root, { withFileTypes: true });
  const folders = top.filter(
    (entry) => entry.isDirectory() && (FOLDERS.includes(entry.name) || entry.name === '.ci'),
  );
  const paths = [
    ...top.filter((entry) => entry.isFile() && entry.name !== 'package-lock.json').map((entry) => entry.name),
    ...folders.flatMap((entry) => walk(root, entry.name)),
  ];
  const wanted = paths.filter((path) => TEXT.test(path) && !/^(docs\/runs|test\/golden)\//.test(path));
  return treeOf(Object.fromEntries(wanted.map((path) => [path, readFileSync(join(root, path), 'utf8')])));
}

/** The line number, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
