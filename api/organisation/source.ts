// One YAML file, parsed with positions: a path into its value leads back to a line and a column.
// Invariant: a syntax problem never throws. Aliases are resolved; a value reached through one is placed where it was written.

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { allowedNames, type Problem } from './problem.ts';

export type Path = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Of the value at the path, or of the nearest part above it that exists. `key`: of the last step's key instead. */
  position(path: Path, part: 'key' | 'value'): Position;
}

export interface ParsedSource {
  readonly source: Source;
  readonly problems: readonly Problem[];
  /** False after a syntax problem: the value is then a guess, and what refers to it cannot be judged. */
  readonly readable: boolean;
}

type YamlDocument = ReturnType<typeof parseDocument>;

// An anchored calendar may well be used a hundred times (the library's own limit); alias bombs pass 10,000 at once.
const ALIASES_MAX = 10_000;

export function parseSource(file: string, text: string): ParsedSource {
  const lines = new LineCounter();
  // `logLevel: error` keeps the report of a second document in the file, which `silent` would drop.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [];
  let readable = true;
  for (const error of [...document.errors, ...document.warnings]) {
    // Of two equal keys the last one counts, so the rest of the file can still be judged.
    if (error.code !== 'DUPLICATE_KEY') readable = false;
    const key = text.slice(error.pos[0]).match(/^[^\s:,{}]+/)?.[0] ?? '';
    const message =
      error.code === 'DUPLICATE_KEY' ? `the key ${key} stands twice in this mapping` : error.message;
    problems.push({ file, ...at(error.pos[0]), message });
  }
  for (const { offset, message, allowed } of aliasFaults(document)) {
    readable = false;
    problems.push({ file, ...at(offset), message, allowed });
  }
  const expanded = readable ? expand(document) : { value: null, fault: null };
  if (expanded.fault !== null) {
    readable = false;
    problems.push({ file, line: 1, column: 1, message: expanded.fault });
  }
  const position = (path: Path, part: 'key' | 'value') => at(offsetOf(document, path, part));
  return { source: { file, value: expanded.value, position }, problems, readable };
}

function expand(document: YamlDocument): { readonly value: unknown; readonly fault: string | null } {
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }), fault: null };
  } catch (error) {
    // The library's one way to say that the aliases expand without measure; anything else is a bug of ours.
    if (!(error instanceof ReferenceError)) throw error;
    return { value: null, fault: `the aliases of this file expand to more than ${ALIASES_MAX} uses` };
  }
}

/** Aliases without an anchor before them, and aliases that contain themselves: both would only show while expanding. */
function aliasFaults(document: YamlDocument) {
  const faults: { offset: number; message: string; allowed?: readonly string[] }[] = [];
  const anchors: string[] = [];
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node) && 'anchor' in node && node.anchor !== undefined) anchors.push(node.anchor);
    },
    Alias(_key, node, ancestors) {
      const target = node.resolve(document);
      const offset = node.range?.[0] ?? 0;
      if (target === undefined) {
        faults.push({
          offset,
          message: `unknown anchor "${node.source}"`,
          allowed: allowedNames(anchors, node.source),
        });
      } else if (ancestors.includes(target)) {
        faults.push({ offset, message: `the alias "${node.source}" contains itself` });
      }
    },
  });
  return faults;
}

function offsetOf(document: YamlDocument, path: Path, part: 'key' | 'value'): number {
  let found: { key: Node | null; value: Node | null } = { key: null, value: document.contents };
  for (const step of path) {
    const next = child(document, found.value, step);
    if (next === null) return offset(found.value ?? found.key);
    found = next;
  }
  return part === 'key' ? offset(found.key ?? found.value) : offset(found.value ?? found.key);
}

function child(document: YamlDocument, parent: Node | null, step: string | number) {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const value = node.items[Number(step)] as Node | undefined;
    return value === undefined ? null : { key: null, value };
  }
  if (!isMap(node)) return null;
  // Last match: the one whose value counts when a key stands twice.
  const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null };
}

function offset(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
