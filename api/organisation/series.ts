// A pool entry with `each` is a series: one pool a member, with what the series says where the member says nothing.
// Invariant: what leaves here has an id and no `each`; the place of a pool is its member's. Called by sections.ts.

import { type NamedPool, splitByKind } from './nodePools.ts';
import type { Problem } from './problem.ts';
import { type Entry, field, isMapping, isSound, itemsBelow, type RawEntry } from './raw.ts';
import type { PoolEntry, PoolMember, PoolTemplate } from './schemaPools.ts';

export function poolsOf(entry: RawEntry): readonly Entry<PoolEntry>[] {
  if (!isSound(entry, 'each')) return [];
  const { id, each, ...shared } = entry.value as PoolTemplate;
  if (each === undefined) return id === undefined ? [] : splitByKind({ ...entry, value: { ...shared, id } });
  return itemsBelow(entry, 'each')
    .filter((member) => isSound(member))
    .flatMap((member) => splitByKind({ ...member, value: joined(shared, member.value as PoolMember) }));
}

/** Labels are joined, everything else of a member stands in the place of the series'. */
function joined(shared: Omit<PoolTemplate, 'id' | 'each'>, member: PoolMember): NamedPool {
  const labels = { ...shared.labels, ...member.labels };
  return { ...shared, ...member, labels };
}

/** Either one id, or members with theirs. */
export function seriesProblems(entry: RawEntry): readonly Problem[] {
  if (!isMapping(entry.value)) return [];
  const named = field(entry.value, 'id') !== undefined;
  const series = field(entry.value, 'each') !== undefined;
  const { file } = entry.source;
  if (!named && !series) {
    const message = 'a pool needs "id", or "each" with several';
    return [{ file, ...entry.source.position(entry.path, 'value'), message }];
  }
  if (named && series) {
    const message = 'a series of pools ("each") has no id of its own';
    return [{ file, ...entry.source.position([...entry.path, 'id'], 'key'), message }];
  }
  return [];
}
