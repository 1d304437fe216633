// Nodes: the machines that a pool is made of, and what live leases hold of each, down to the single GPU.
// Invariant: a node's use is the sum of the allocations that name it; entries of zero are not kept, so that a recovered leader's maps
// equal those of the one before. Used by the state, the snapshot, formulate and the checker.

import type { Configuration, Pool } from './configuration.ts';
import type { NodeId } from './ids.ts';
import type { Allocation, Lease } from './lease.ts';
import { add, subtract, type Units } from './quantity.ts';
import type { State } from './state.ts';

/** What a node has. Each is a pool of its own, in thousandths of a GPU, thousandths of a CPU and MiB. */
export const NODE_KINDS = ['gpu', 'cpu', 'memory'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Thousandths that one GPU has. */
export const GPU_MILLI = 1000;
/** GPUs that one node may have: a lease names them one by one. */
export const NODE_GPUS_MOST = 64;
/** Nodes that one set may have. */
export const NODES_MOST = 20_000;

/** Equal machines. `count` absent: one, which bears the group's id. */
export interface NodeGroup {
  readonly id: string;
  readonly count?: Units;
  readonly gpus: Units;
  readonly cpuMilli: Units;
  readonly memoryMiB: Units;
  /** The label `model` of its GPUs. */
  readonly model?: string;
}

/** The machines that a pool's units lie on. The pools of one set count the same machines, a kind each. */
export interface PoolNodes {
  readonly set: string;
  readonly groups: readonly NodeGroup[];
}

export interface Node {
  /** "<set>/<group>", numbered "-01" where the group has a count. */
  readonly id: NodeId;
  readonly set: NodeSet;
  readonly group: NodeGroup;
}

export interface NodeSet {
  readonly id: string;
  readonly pools: ReadonlyMap<NodeKind, Pool>;
  readonly groups: readonly NodeGroup[];
}

/** What leases hold of one node. */
export interface NodeUse {
  /** By index of the GPU; those after the last one in use are left out. */
  readonly gpuMilli: readonly Units[];
  readonly cpuMilli: Units;
  readonly memoryMiB: Units;
}

/** What follows from the live leases of a state: changed by `holdNodes` alone. */
export interface NodeLedger {
  readonly use: Map<NodeId, NodeUse>;
  /** Size of a bundle -> how many live leases hold: what the near future is likely to ask for. */
  readonly bundles: Map<string, Units>;
}

/** The same, not to be changed: of a snapshot. */
export interface NodeView {
  readonly use: ReadonlyMap<NodeId, NodeUse>;
  readonly bundles: ReadonlyMap<string, Units>;
}

export function newNodeLedger(): NodeLedger {
  return { use: new Map(), bundles: new Map() };
}

const ledgers = new WeakMap<State, NodeLedger>();

/** What the state's live leases hold: counted once a state, then kept by `noteNodes`. */
export function nodesHeld(state: State): NodeView {
  return ledgerOf(state);
}

/** A lease came (1) or went (-1). Called by apply.ts, before the lease is in the state or out of it. */
export function noteNodes(state: State, lease: Lease, sign: 1 | -1): void {
  holdNodes(ledgerOf(state), lease, sign);
}

function ledgerOf(state: State): NodeLedger {
  const known = ledgers.get(state);
  if (known) return known;
  const made = newNodeLedger();
  for (const lease of state.leases.values()) holdNodes(made, lease, 1);
  ledgers.set(state, made);
  return made;
}

/** The values of `use` are never changed, only replaced. */
export function copyNodes(nodes: NodeView): NodeLedger {
  return { use: new Map(nodes.use), bundles: new Map(nodes.bundles) };
}

export function isNodeKind(kind: string): kind is NodeKind {
  return (NODE_KINDS as readonly string[]).includes(kind);
}

export function nodeIds({ set, groups }: PoolNodes): NodeId[] {
  return groups.flatMap(({ id, count }) => {
    if (count === undefined) return [`${set}/${id}` as NodeId];
    const width = Math.max(2, String(count).length);
    return Array.from(
      { length: count },
      (_, n) => `${set}/${id}-${String(n + 1).padStart(width, '0')}` as NodeId,
    );
  });
}

/** What a group's node has of a kind, in the units of the kind. */
export function unitsOfNode(group: NodeGroup, kind: NodeKind): Units {
  switch (kind) {
    case 'gpu':
      return group.gpus * GPU_MILLI;
    case 'cpu':
      return group.cpuMilli;
    case 'memory':
      return group.memoryMiB;
    default: {
      const never: never = kind;
      throw new Error(`unknown kind ${never}`);
    }
  }
}

export interface NodeIndex {
  readonly nodes: ReadonlyMap<NodeId, Node>;
  /** In order of id. */
  readonly sets: readonly NodeSet[];
}

const indexes = new WeakMap<Configuration, NodeIndex>();

/** Every node of the configuration, found once. */
export function nodesOf(configuration: Configuration): NodeIndex {
  const known = indexes.get(configuration);
  if (known) return known;
  const sets = new Map<string, { id: string; pools: Map<NodeKind, Pool>; groups: readonly NodeGroup[] }>();
  for (const pool of configuration.pools) {
    if (pool.nodes === undefined || !isNodeKind(pool.kind)) continue;
    const set = sets.get(pool.nodes.set) ?? {
      id: pool.nodes.set,
      pools: new Map<NodeKind, Pool>(),
      groups: pool.nodes.groups,
    };
    sets.set(set.id, set);
    set.pools.set(pool.kind, pool);
  }
  const nodes = new Map<NodeId, Node>();
  for (const set of sets.values()) {
    for (const group of set.groups)
      for (const id of nodeIds({ set: set.id, groups: [group] })) nodes.set(id, { id, set, group });
  }
  const made = { nodes, sets: [...sets.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) };
  indexes.set(configuration, made);
  return made;
}

/** The size of what one lease holds of one node. */
export interface BundleSize {
  readonly gpuMilli: Units;
  readonly cpuMilli: Units;
  readonly memoryMiB: Units;
}

export function bundleKey({ gpuMilli, cpuMilli, memoryMiB }: BundleSize): string {
  return `${gpuMilli}/${cpuMilli}/${memoryMiB}`;
}

/** Null for a text that is no key. */
export function bundleSizeOf(key: string): BundleSize | null {
  const sizes = /^(\d+)\/(\d+)\/(\d+)$/.exec(key)?.slice(1).map(Number);
  if (sizes === undefined || !sizes.every(Number.isSafeInteger)) return null;
  const [gpuMilli, cpuMilli, memoryMiB] = sizes as [number, number, number];
  return { gpuMilli, cpuMilli, memoryMiB };
}

type Held = Pick<Allocation, 'kind' | 'quantity' | 'node' | 'gpus'>;

/** A lease's allocations come (1) or go (-1). Throws when more goes than was there. */
export function holdNodes(
  ledger: NodeLedger,
  { allocations }: Pick<Lease, 'allocations'>,
  sign: 1 | -1,
): void {
  const sizes = new Map<NodeId, BundleSize>();
  for (const allocation of allocations) {
    const { node, quantity } = allocation;
    if (node === undefined) continue;
    holdUnits(ledger.use, node, { allocation, sign });
    const size = sizes.get(node) ?? { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
    if (allocation.kind === 'gpu') sizes.set(node, { ...size, gpuMilli: add(size.gpuMilli, quantity) });
    else if (allocation.kind === 'cpu') sizes.set(node, { ...size, cpuMilli: add(size.cpuMilli, quantity) });
    else sizes.set(node, { ...size, memoryMiB: add(size.memoryMiB, quantity) });
  }
  for (const size of sizes.values()) {
    const key = bundleKey(size);
    const count = moved(ledger.bundles.get(key) ?? 0, 1, sign);
    if (count === 0) ledger.bundles.delete(key);
    else ledger.bundles.set(key, count);
  }
}

function holdUnits(
  use: Map<NodeId, NodeUse>,
  node: NodeId,
  { allocation, sign }: { allocation: Held; sign: 1 | -1 },
): void {
  const before = use.get(node) ?? { gpuMilli: [], cpuMilli: 0, memoryMiB: 0 };
  const { kind, quantity } = allocation;
  const after: NodeUse = {
    gpuMilli: kind === 'gpu' ? gpusAfter(before.gpuMilli, allocation, sign) : before.gpuMilli,
    cpuMilli: kind === 'cpu' ? moved(before.cpuMilli, quantity, sign) : before.cpuMilli,
    memoryMiB: kind === 'memory' ? moved(before.memoryMiB, quantity, sign) : before.memoryMiB,
  };
  if (after.gpuMilli.length + after.cpuMilli + after.memoryMiB === 0) use.delete(node);
  else use.set(node, after);
}

/** Of several GPUs each is held whole. */
function gpusAfter(before: readonly Units[], { quantity, gpus = [] }: Held, sign: 1 | -1): readonly Units[] {
  const after = [...before];
  const share = gpus.length === 1 ? quantity : GPU_MILLI;
  for (const gpu of gpus) {
    while (after.length <= gpu) after.push(0);
    after[gpu] = moved(after[gpu]!, share, sign);
  }
  while (after.length > 0 && after.at(-1) === 0) after.pop();
  return after;
}

function moved(before: Units, by: Units, sign: 1 | -1): Units {
  return sign === 1 ? add(before, by) : subtract(before, by);
}
