// The sections of all files as they are written, before anything is known of their shape, and which parts have the right one.
// Invariant: nothing here throws on any value; an entry is sound when the schema found nothing at its path or below. Called by sections.ts.

import type { OrganisationFile } from './schema.ts';
import type { ParsedSource, Path, Source } from './source.ts';

export interface Entry<T> {
  readonly source: Source;
  readonly path: Path;
  readonly value: T;
}

/** A parsed file and the paths of it that have the wrong shape. */
export interface ShapedSource extends ParsedSource {
  readonly broken: readonly Path[];
}

export interface RawEntry extends Entry<unknown> {
  readonly broken: readonly Path[];
}

export type SectionName = keyof OrganisationFile;

/** Each section by name, once per file that has it, in the order of the files. */
export type RawTree = ReadonlyMap<SectionName, readonly RawEntry[]>;

export function rawTree(sources: readonly ShapedSource[]): RawTree {
  const raw = new Map<SectionName, readonly RawEntry[]>();
  for (const { source, broken } of sources) {
    if (!isMapping(source.value)) continue;
    for (const [key, value] of Object.entries(source.value)) {
      const name = key as SectionName;
      raw.set(name, [...(raw.get(name) ?? []), { source, path: [name], value, broken }]);
    }
  }
  return raw;
}

/** The entries of a list; none if it is no list. */
export function itemsOf({ source, path, value, broken }: RawEntry): RawEntry[] {
  if (!Array.isArray(value)) return [];
  return value.map((item, index) => ({ source, path: [...path, index], value: item, broken }));
}

/** The list below a key of an entry. */
export function itemsBelow(entry: RawEntry, key: string): RawEntry[] {
  return itemsOf({ ...entry, path: [...entry.path, key], value: field(entry.value, key) });
}

/** No wrong shape at the path or below it, apart from the entries of the list `inner`, which are judged by themselves. */
export function isSound({ path, broken }: RawEntry, inner?: string): boolean {
  const below = (under: Path, whole: Path) =>
    under.every((step, index) => String(whole[index]) === String(step));
  const innerEntry = (fault: Path) =>
    inner !== undefined && fault.length > path.length + 1 && below([...path, inner], fault);
  return !broken.some((fault) => below(path, fault) && !innerEntry(fault));
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function field(value: unknown, name: string): unknown {
  return isMapping(value) ? value[name] : undefined;
}
