// Who may know whom. The table is design.md's "imports run one way"; a breach names the rule it breaks.
// Called by test/house.test.ts.
import { allImports, type Import } from './imports.ts';
import { isProduct, layerOf, type Tree } from './tree.ts';

const DOORS = ['solver', 'policies', 'scheduler'].map((layer) => `${layer}/index.ts`);
const PROCESS_DOORS = ['solver/node.ts', 'policies/node.ts'];
// What adapters implement, and nothing else of the two: a port, or a type that the door shows.
const PORTS = ['scheduler/index.ts', 'scheduler/ports.ts', 'api/ports.ts'];

/** Where the composition happens: these alone may choose adapters. */
const isRole = (path: string) => path.startsWith('api/roles/');
/** What a person or a supervisor starts: it may start processes and simulations. */
const isStarted = (path: string) => isRole(path) || path.startsWith('api/cli/');

type Rule = (edge: { from: string; target: string; isType: boolean }) => string | undefined;

const knowsNothing: Rule = () => 'it may import nothing of ours outside its own folder';

const RULES: Record<string, Rule> = {
  solver: knowsNothing,
  policies: knowsNothing,
  scheduler: ({ target }) =>
    ['solver/index.ts', 'policies/index.ts'].includes(target)
      ? undefined
      : 'scheduler may import solver/index.ts and policies/index.ts only; everything else comes through a port',
  adapters: ({ target, isType }) => {
    if (!PORTS.includes(target)) return `adapters may import types of ${PORTS.join(', ')} only`;
    return isType
      ? undefined
      : 'adapters may import types only (`import type`): what they need as a value is passed in';
  },
  api: ({ from, target }) => {
    if (DOORS.includes(target)) return undefined;
    if (layerOf(target) === 'adapters')
      return isRole(from) ? undefined : 'only api/roles/ may import adapters';
    if (PROCESS_DOORS.includes(target) || layerOf(target) === 'simulations') {
      return isStarted(from) ? undefined : 'only api/roles/ and api/cli/ may start processes and simulations';
    }
    return `api may import the doors ${DOORS.join(', ')} only`;
  },
  simulations: ({ target }) =>
    [...DOORS, ...PROCESS_DOORS].includes(target) || target.startsWith('adapters/memory/')
      ? undefined
      : 'simulations may import the doors and adapters/memory/ only',
};

/** The folders that may look at everything but each other's insides and the tests. */
const outside: Rule = ({ target }) => {
  if (layerOf(target) === 'test') return 'only tests may import test/';
  const inside = ['solver', 'policies', 'scheduler'].includes(layerOf(target));
  return !inside || [...DOORS, ...PROCESS_DOORS].includes(target)
    ? undefined
    : 'come through the door: index.ts or node.ts';
};

function breachOf(edge: Import): string | undefined {
  const { from, kind, target, specifier } = edge;
  if (kind === 'computed') return 'a computed import: nobody can tell what it reaches, name the module';
  if (/^annona(\/|$)/.test(specifier)) return 'the package’s own name: say where the module is';
  if (target === undefined) return undefined;
  if (target.startsWith('..')) return 'it leaves the project';
  const [own, other] = [layerOf(from), layerOf(target)];
  // A name without a folder is a file at the top, like package.json: data, which every layer may read.
  if (own === other || !target.includes('/')) return undefined;
  if (isProduct(from) && !isProduct(target)) return `${other}/ is no part of the product`;
  return (RULES[own] ?? outside)({ from, target, isType: kind === 'type' });
}

/** One line a breach: where, what, and the rule. */
export function directionBreaches(tree: Tree): string[] {
  const edges = allImports(tree, (path) => isProduct(path) || /^(bench|examples|deploy)\//.test(path));
  return edges.flatMap((edge) => {
    const breach = breachOf(edge);
    return breach
      ? [`${edge.from}:${edge.line} imports ${edge.target ?? (edge.specifier || 'something')}: ${breach}`]
      : [];
  });
}

/** Relative imports of a module that is not there: a rename that forgot someone, or a folder that was left. */
export function danglingImports(tree: Tree): string[] {
  const edges = allImports(tree, (path) => isProduct(path) || /^(bench|examples|deploy)\//.test(path));
  return edges.flatMap(({ from, line, target, kind }) =>
    target !== undefined && kind !== 'path' && /\.(ts|tsx|js|mjs)$/.test(target) && !tree.has(target)
      ? [`${from}:${line} imports ${target}, which does not exist`]
      : [],
  );
}
