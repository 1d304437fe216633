// A pool entry with `nodes` is three pools, one a kind: thousandths of GPUs, thousandths of CPUs, and MiB of the same machines.
// Invariant: what leaves here has a kind, a unit and a capacity; the place of each is the entry's. Called by series.ts.

import { type NodeGroup, type NodeKind, unitsOfNode } from '../../scheduler/index.ts';
import type { Problem } from './problem.ts';
import { type Entry, field, isMapping, type RawEntry } from './raw.ts';
import type { NodeEntry, PoolEntry, PoolTemplate } from './schemaPools.ts';

export type NamedPool = Omit<PoolTemplate, 'id' | 'each'> & { readonly id: string };

/** Units of a kind, and how many of them its price is of. */
const KINDS: readonly { readonly kind: NodeKind; readonly unit: string; readonly pricePer: number }[] = [
  { kind: 'gpu', unit: 'mGPU', pricePer: 1000 },
  { kind: 'cpu', unit: 'mCPU', pricePer: 1000 },
  { kind: 'memory', unit: 'MiB', pricePer: 1024 },
];

/** What a pool of nodes does not say, because its nodes do or because it is three pools. */
const NOT_WITH_NODES = ['kind', 'unit', 'capacity', 'calendar', 'consumable', 'priceMinor'] as const;

export function splitByKind(entry: Entry<NamedPool>): Entry<PoolEntry>[] {
  const { nodes, prices = {}, kind, unit, ...rest } = entry.value;
  if (nodes === undefined) {
    if (kind === undefined || unit === undefined) return [];
    return [{ ...entry, value: { ...rest, kind, unit } }];
  }
  const groups = nodes.map(groupOf);
  const models = [...new Set(groups.flatMap(({ model }) => model ?? []))];
  const labels = models.length === 0 ? (rest.labels ?? {}) : { ...rest.labels, model: models };
  return KINDS.flatMap(({ kind: own, unit: ownUnit, pricePer }) => {
    const capacity = groups.reduce((sum, group) => sum + (group.count ?? 1) * unitsOfNode(group, own), 0);
    if (own === 'gpu' && capacity === 0) return [];
    const priceMinor = prices[own] ?? 0;
    const value: PoolEntry = {
      ...rest,
      id: `${rest.id}-${own}`,
      kind: own,
      unit: ownUnit,
      capacity,
      labels,
      priceMinor,
      ...(priceMinor > 0 && { pricePer }),
      nodes: { set: rest.id, groups },
    };
    return [{ ...entry, value }];
  });
}

function groupOf({ id, count, gpus = 0, cpuMilli, memoryMiB, model }: NodeEntry): NodeGroup {
  return {
    id,
    ...(count !== undefined && { count }),
    gpus,
    cpuMilli,
    memoryMiB,
    ...(model !== undefined && { model }),
  };
}

/** Kinds that the entry names or makes. */
export function kindsMade({ value }: Pick<RawEntry, 'value'>): unknown[] {
  const nodes = field(value, 'nodes');
  if (nodes === undefined) return [field(value, 'kind')];
  const hasGpus = Array.isArray(nodes) && nodes.some((node) => field(node, 'gpus') !== undefined);
  return KINDS.map(({ kind }) => kind).filter((kind) => kind !== 'gpu' || hasGpus);
}

/** Either nodes, or a kind and a unit. */
export function nodesProblems(entry: RawEntry): readonly Problem[] {
  if (!isMapping(entry.value)) return [];
  const { file } = entry.source;
  const at = (path: readonly string[], where: 'key' | 'value') =>
    entry.source.position([...entry.path, ...path], where);
  if (field(entry.value, 'nodes') !== undefined) {
    return NOT_WITH_NODES.filter((key) => field(entry.value, key) !== undefined).map((key) => ({
      file,
      ...at([key], 'key'),
      message: `a pool with "nodes" has no "${key}": it is a pool of each kind, as large as its nodes${key === 'priceMinor' ? '; write "prices"' : ''}`,
    }));
  }
  const lacking = (['kind', 'unit'] as const).filter((key) => field(entry.value, key) === undefined);
  const misplaced =
    field(entry.value, 'prices') === undefined
      ? []
      : [
          {
            file,
            ...at(['prices'], 'key'),
            message: '"prices" is for pools with "nodes"; write "priceMinor"',
          },
        ];
  return [
    ...lacking.map((key) => ({
      file,
      ...at([], 'value'),
      message: `"${String(entry.path.at(-2) ?? 'pools')}[${String(entry.path.at(-1))}]" lacks the key "${key}"`,
    })),
    ...misplaced,
  ];
}
