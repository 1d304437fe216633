// A scenario file and those that it extends, as one: mappings are joined, anything else is replaced by the file that extends. Invariant: a path
// leads back to the file, line and column in which it was written; files that extend each other in a circle are refused. Called by scenario.ts.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Problem, parseSource, type Source } from '../../organisation/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { SHIPPED } from './company.ts';

export interface Layers {
  /** Of the joined value; its positions name their own file. */
  readonly source: Source;
  readonly problems: readonly Problem[];
}

type Path = readonly (string | number)[];
type Place = ReturnType<Source['position']> & Pick<Problem, 'file'>;

export async function readLayers(file: string): Promise<Layers> {
  const sources: Source[] = [];
  const problems: Problem[] = [];
  const files: string[] = [];
  for (let next: string | null = file; next !== null; ) {
    files.push(next);
    const text = await readFile(next, 'utf8').catch((error: NodeJS.ErrnoException) => {
      const by = sources.at(-1);
      const where = by === undefined ? '' : `${placeText(by)}: `;
      throw new CommandError(`${where}${next} cannot be read (${error.code})`, EXIT.usage);
    });
    const parsed = parseSource(next, text);
    problems.push(...parsed.problems);
    if (!parsed.readable) break;
    const above: unknown = isMapping(parsed.source.value) ? parsed.source.value.extends : undefined;
    sources.push(withPaths(parsed.source, next));
    if (typeof above !== 'string') break;
    next = resolve(dirname(next), above);
    const circle = files.findIndex((one) => resolve(one) === next);
    if (circle >= 0)
      throw new CommandError(
        `${placeText(parsed.source)}: scenarios that extend each other in a circle: ${[...files.slice(circle), next].join(' -> ')}`,
        EXIT.usage,
      );
  }
  const value = sources.reduceRight<unknown>((below, source) => joined(below, source.value), undefined);
  const position = (path: Path, part: 'key' | 'value'): Place => {
    const source = sources.find((one) => has(one.value, path)) ?? sources[0]!;
    return { file: source.file, ...source.position(path, part) };
  };
  return { source: { file, value: sources.length > 0 ? value : null, position }, problems };
}

function placeText(source: Source): string {
  const { line, column } = source.position(['extends'], 'value');
  return `${source.file}:${line}:${column}`;
}

function joined(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above;
  const { extends: _, ...all } = below;
  for (const [key, value] of Object.entries(above)) all[key] = key in all ? joined(all[key], value) : value;
  return all;
}

/** Paths of a file are relative to it, wherever the value ends up. */
function withPaths(source: Source, file: string): Source {
  const { value } = source;
  if (!isMapping(value)) return source;
  const at = (path: unknown): unknown => (typeof path === 'string' ? resolve(dirname(file), path) : path);
  const { organisation, workload, policies } = value;
  const changed = { ...value };
  if (Array.isArray(policies))
    changed.policies = policies.map((path: unknown) => (path === SHIPPED ? path : at(path)));
  if (isMapping(organisation) && 'path' in organisation)
    changed.organisation = { ...organisation, path: at(organisation.path) };
  if (isMapping(workload) && isMapping(workload.trace) && 'file' in workload.trace)
    changed.workload = { ...workload, trace: { ...workload.trace, file: at(workload.trace.file) } };
  return { ...source, value: changed };
}

function has(value: unknown, path: Path): boolean {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !(step in at)) return false;
    at = (at as Record<string | number, unknown>)[step];
  }
  return true;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
