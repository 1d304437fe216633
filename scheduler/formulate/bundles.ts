// Bundles: claims of one option that must sit on one node, and the parts of the node sets that may ever serve them.
// Invariant: depends on the configuration, the option and the clearance alone; whether a node has room is fleet.ts's. Called by candidates.ts.

import type { Configuration, Pool } from '../domain/configuration.ts';
import type { NodeId } from '../domain/ids.ts';
import {
  type BundleSize,
  type NodeGroup,
  type NodeKind,
  type NodeSet,
  nodeIds,
  nodesOf,
} from '../domain/nodes.ts';
import type { Units } from '../domain/quantity.ts';
import type { Claim, Option } from '../domain/request.ts';
import { classificationLevel, compareText } from './catalogue.ts';
import type { Place } from './formulation.ts';
import { matches, rankOf } from './labels.ts';

/** One claim of a bundle. */
export interface BundleClaim {
  readonly claim: number;
  readonly kind: NodeKind;
  readonly quantity: Units;
}

export interface Bundle extends BundleSize {
  /** What its claims say in `node`. */
  readonly name: string;
  readonly claims: readonly BundleClaim[];
}

/** Nodes of one set and one model: no selector tells them apart. */
export interface NodePart {
  /** "<set>", or "<set>/<model>". */
  readonly id: string;
  readonly set: NodeSet;
  readonly groups: readonly NodeGroup[];
  /** In order of group and number. */
  readonly nodes: readonly { readonly id: NodeId; readonly group: NodeGroup }[];
  /** Kind -> its pool as a place, with the part's model among the labels. */
  readonly places: ReadonlyMap<NodeKind, Place>;
}

/** Parts that are equally preferred and equally dear. */
export interface PartTier {
  readonly rank: number;
  /** Minor units of money per hour, for the whole bundle. */
  readonly priceMinor: number;
  readonly parts: readonly NodePart[];
}

export interface BundleCandidates {
  readonly bundle: Bundle;
  /** Best preference first, then cheapest. */
  readonly tiers: readonly PartTier[];
}

export function bundlesOf({ claims }: Option): Bundle[] {
  const bundles = new Map<string, Bundle>();
  for (const [index, { node, kind, quantity }] of claims.entries()) {
    if (node === undefined) continue;
    const known = bundles.get(node) ?? { name: node, claims: [], gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
    const claim = { claim: index, kind: kind as NodeKind, quantity };
    bundles.set(node, {
      ...known,
      claims: [...known.claims, claim],
      gpuMilli: known.gpuMilli + (kind === 'gpu' ? quantity : 0),
      cpuMilli: known.cpuMilli + (kind === 'cpu' ? quantity : 0),
      memoryMiB: known.memoryMiB + (kind === 'memory' ? quantity : 0),
    });
  }
  return [...bundles.values()];
}

const parts = new WeakMap<Configuration, readonly NodePart[]>();

/** In order of id. */
export function partsOf(configuration: Configuration): readonly NodePart[] {
  const known = parts.get(configuration);
  if (known) return known;
  const made = nodesOf(configuration).sets.flatMap((set) => {
    const models = [...new Set(set.groups.map(({ model }) => model))];
    return models.map((model) => partOf(set, model));
  });
  made.sort((a, b) => compareText(a.id, b.id));
  parts.set(configuration, made);
  return made;
}

function partOf(set: NodeSet, model: string | undefined): NodePart {
  const places = new Map<NodeKind, Place>();
  for (const [kind, pool] of set.pools) {
    const own: Pool = model === undefined ? pool : { ...pool, labels: { ...pool.labels, model } };
    places.set(kind, { id: pool.id, kind, pools: [own] });
  }
  const groups = set.groups.filter((group) => group.model === model);
  const nodes = groups.flatMap((group) =>
    nodeIds({ set: set.id, groups: [group] }).map((id) => ({ id, group })),
  );
  return { id: model === undefined ? set.id : `${set.id}/${model}`, set, groups, nodes, places };
}

export function bundleCandidates(
  configuration: Configuration,
  option: Option,
  clearance: number,
): BundleCandidates[] {
  return bundlesOf(option).map((bundle) => {
    const tiers = new Map<string, { rank: number; priceMinor: number; parts: NodePart[] }>();
    for (const part of partsOf(configuration)) {
      const found = standingIn(part, option.claims, { bundle, clearance });
      if (found === null) continue;
      const key = `${found.rank} ${found.priceMinor}`;
      const tier = tiers.get(key) ?? { ...found, parts: [] };
      tier.parts.push(part);
      tiers.set(key, tier);
    }
    const sorted = [...tiers.values()].sort((a, b) => a.rank - b.rank || a.priceMinor - b.priceMinor);
    return { bundle, tiers: sorted };
  });
}

/** Null where a claim of the bundle may not go. */
function standingIn(
  part: NodePart,
  claims: readonly Claim[],
  asked: { bundle: Bundle; clearance: number },
): { rank: number; priceMinor: number } | null {
  let rank = 0;
  let priceMinor = 0;
  for (const { claim, kind, quantity } of asked.bundle.claims) {
    const { selector, prefer = [] } = claims[claim]!;
    const pool = part.places.get(kind)?.pools[0];
    if (pool === undefined || classificationLevel(pool) > asked.clearance || !matches(pool, selector))
      return null;
    rank += rankOf(pool, prefer);
    priceMinor += (quantity * pool.priceMinor) / (pool.pricePer ?? 1);
  }
  return { rank, priceMinor };
}

/** Whether what is free holds the size: a share of a GPU fits on a whole one, whole GPUs only on whole ones. */
export function holds(free: BundleSize, size: BundleSize): boolean {
  if (size.cpuMilli > free.cpuMilli || size.memoryMiB > free.memoryMiB) return false;
  return size.gpuMilli <= free.gpuMilli;
}
