// What every check is given: the sections, the day, and a way to say what is wrong where.
// Invariant: a check only looks and reports; nothing it finds keeps another from looking.

import type { Instant } from '../../../scheduler/index.ts';
import type { Entry, Names, Sections } from '../sections.ts';
import { unknownName } from '../shape.ts';
import type { Path } from '../source.ts';

export interface Finding {
  readonly message: string;
  readonly allowed?: readonly string[];
}

export interface CheckContext {
  readonly sections: Sections;
  readonly now: Instant;
  /** `path` is below the entry. */
  report(entry: Entry<unknown>, path: Path, finding: Finding): void;
  /** The same, at the key and not at its value. */
  reportKey(entry: Entry<unknown>, path: Path, finding: Finding): void;
}

export interface Reference {
  readonly what: string;
  readonly names: Names;
  readonly entry: Entry<unknown>;
  readonly path: Path;
  readonly wanted: string;
  /** The name is a key of a mapping. */
  readonly atKey?: true;
}

/** Answers whether the reference resolves, or could not be judged. */
export function checkReference(context: CheckContext, reference: Reference): boolean {
  const { what, names, entry, path, wanted } = reference;
  if (names.all.has(wanted) || !names.complete) return true;
  const finding = unknownName(what, wanted, names.all);
  if (reference.atKey === true) context.reportKey(entry, path, finding);
  else context.report(entry, path, finding);
  return false;
}

/** Reports every id after the first that is the same. */
export function checkUnique(context: CheckContext, what: string, ids: readonly IdPlace[]): void {
  const first = new Map<string, IdPlace>();
  for (const place of ids) {
    const earlier = first.get(place.id);
    if (earlier === undefined) first.set(place.id, place);
    else
      context.report(place.entry, place.path, {
        message: `${what} "${place.id}" stands twice; first in ${placeName(earlier)}`,
      });
  }
}

interface TreeEntry {
  readonly id: string;
  readonly parent?: string | undefined;
}

/** Each cycle of parents once, at its first entry in the order of the files. */
export function checkCycles<T extends TreeEntry>(
  context: CheckContext,
  tree: {
    readonly what: string;
    readonly entries: readonly Entry<T>[];
    readonly byId: ReadonlyMap<string, Entry<T>>;
  },
): void {
  const settled = new Set<string>();
  for (const entry of tree.entries) {
    const trail: string[] = [];
    let id: string | undefined = entry.value.id;
    while (id !== undefined && !settled.has(id) && !trail.includes(id)) {
      trail.push(id);
      id = tree.byId.get(id)?.value.parent;
    }
    if (id !== undefined && trail.includes(id)) {
      const cycle = [...trail.slice(trail.indexOf(id)), id].join(' > ');
      context.report(tree.byId.get(id)!, ['parent'], {
        message: `the ${tree.what} is its own ancestor: ${cycle}`,
      });
    }
    for (const step of trail) settled.add(step);
  }
}

export interface IdPlace {
  readonly id: string;
  readonly entry: Entry<unknown>;
  readonly path: Path;
}

export function placeName({ entry, path }: { readonly entry: Entry<unknown>; readonly path: Path }): string {
  const { line, column } = entry.source.position([...entry.path, ...path], 'value');
  return `${entry.source.file}:${line}:${column}`;
}

interface Stretch {
  readonly id: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

/** Stretches sorted by start: each ends after it starts, and none starts before the one before it has ended. */
export function checkStretches(
  context: CheckContext,
  entry: Entry<unknown>,
  what: string,
  made: readonly { readonly stretch: Stretch; readonly path: Path }[],
): void {
  const reported = new Set<string>();
  const once = (path: Path, message: string) => {
    // A weekly rule makes the same mistake every week; once is enough.
    if (reported.has(path.join('/'))) return;
    reported.add(path.join('/'));
    context.report(entry, path, { message });
  };
  let last: Stretch | null = null;
  for (const { stretch, path } of made) {
    if (stretch.endsAt <= stretch.startsAt) {
      once(path, `the ${what} "${stretch.id}" ends before it starts`);
      continue;
    }
    if (last !== null && stretch.startsAt < last.endsAt) {
      once(path, `the ${what} "${stretch.id}" overlaps the ${what} "${last.id}"`);
    }
    if (last === null || stretch.endsAt > last.endsAt) last = stretch;
  }
}
