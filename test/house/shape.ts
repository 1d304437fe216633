// The shape of the house: what stands at the top, what nobody uses, where tests stand, how a file opens.
// Called by test/house.test.ts.
import { posix } from 'node:path';
import { allImports } from './imports.ts';
import { isProduct, isScript, LAYERS, type Tree } from './tree.ts';

const TOP_FOLDERS = [...LAYERS, 'test', 'docs', 'bench', 'deploy', 'examples'];
const TOP_FILES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'biome.json',
  'README.md',
  'LICENSE',
  'NOTICE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
];
/** Ignored by git: not part of the house. */
const UNTRACKED = ['node_modules/', 'dist/', 'coverage/'];
const VAGUE_PLACES = /(^|\/)(src|utils?|common|helpers?|misc|shared|lib)(\/|\.[jt]sx?$)/;
/** Folders under test/ that mirror nothing. */
const TEST_ONLY = ['contract', 'golden', 'regressions', 'house', 'support', 'crash', 'promises'];

/** Names at the top that have no place there. Names with a dot in front belong to tools. */
export function topLevelBreaches(names: readonly string[]): string[] {
  const allowed = [...TOP_FOLDERS.map((folder) => `${folder}/`), ...TOP_FILES, ...UNTRACKED];
  return names
    .filter((name) => !name.startsWith('.') && !allowed.includes(name) && !name.endsWith('.tgz'))
    .map(
      (name) =>
        `${name} has no place at the top: it is ${TOP_FOLDERS.map((folder) => `${folder}/`).join(' ')} and ${TOP_FILES.join(' ')}`,
    );
}

/** Folders and files whose name says nothing of what is in them. */
export function vaguePlaces(tree: Tree): string[] {
  return [...tree.keys()]
    .filter((path) => isProduct(path) && isScript(path) && VAGUE_PLACES.test(path))
    .map((path) => `${path}: name it by what it does`);
}

/** Product modules that no product, bench, deploy or example code imports, and entry points that are gone or imported. */
export function deadFiles(tree: Tree, entryPoints: Readonly<Record<string, string>>): string[] {
  const imports = allImports(tree, (path) => isScript(path) && !path.startsWith('test/'));
  const used = new Set(imports.filter(({ from, target }) => target !== from).map(({ target }) => target));
  const dead = [...tree.keys()].filter(
    (path) =>
      isProduct(path) &&
      isScript(path) &&
      !path.endsWith('.d.ts') &&
      !used.has(path) &&
      !Object.hasOwn(entryPoints, path),
  );
  return dead.map(
    (path) => `${path} is imported by nobody: delete it, or name who runs it in test/house/exemptions.ts`,
  );
}

const foldersOf = (paths: readonly string[]) => [...new Set(paths.map((path) => posix.dirname(path)))];

/** Source folders whose tests are not where they are looked for, and test folders without a source folder. */
export function mirrorBreaches(tree: Tree, exemptions: Readonly<Record<string, string>>): string[] {
  const paths = [...tree.keys()];
  const sources = foldersOf(paths.filter((path) => isProduct(path) && isScript(path)));
  const tests = foldersOf(paths.filter((path) => /^test\/.*\.(test|long)\.ts$/.test(path)));
  const untested = sources.filter(
    (folder) =>
      !tests.some((test) => test === `test/${folder}` || test.startsWith(`test/${folder}/`)) &&
      !paths.includes(`test/${folder}.test.ts`) &&
      !Object.hasOwn(exemptions, folder),
  );
  const orphaned = tests.filter((folder) => {
    const mirrored = folder.slice('test/'.length);
    const isFree = folder === 'test' || TEST_ONLY.includes(mirrored.split('/')[0] ?? '');
    // A folder of tests may mirror one file: a behaviour each.
    return !isFree && !paths.some((path) => path.startsWith(`${mirrored}/`) || path === `${mirrored}.ts`);
  });
  return [
    ...untested.map(
      (folder) =>
        `${folder}/ has no test in test/${folder}/: write one, or name where they are in test/house/exemptions.ts`,
    ),
    ...orphaned.map(
      (folder) => `${folder}/ mirrors no folder: tests stand where their source stands, under test/`,
    ),
  ];
}

/** Exemptions of the two lists above that name a file or folder which is not there. */
export function staleNames(tree: Tree, names: readonly string[]): string[] {
  const paths = [...tree.keys()];
  return names
    .filter((name) => !paths.some((path) => path === name || path.startsWith(`${name}/`)))
    .map((name) => `test/house/exemptions.ts: ${name} is not there any more`);
}

/** Product modules that do not open with what they are. */
export function unopened(tree: Tree): string[] {
  return [...tree.values()]
    .filter(({ path, text }) => isProduct(path) && isScript(path) && !/^(#!.*\n)?(\/\/|\/\*)/.test(text))
    .map(({ path }) => `${path} does not open with a comment: what it is, its invariant, who calls it`);
}
