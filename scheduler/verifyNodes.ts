// Whether a plan's bundles sit on nodes as they must: whole on one node that answers their selectors, GPU by GPU within what is free.
// Invariant: recomputed from snapshot and plan alone, in exact integers; shares nothing with the seats that formulate cuts. Called by verify.ts.

import type { Pool } from './domain/configuration.ts';
import type { NodeId } from './domain/ids.ts';
import type { Allocation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { type Node, nodesOf } from './domain/nodes.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { Claim } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import { missingLabel } from './tally.ts';
import type { Breach } from './verify.ts';

const WHOLE = 1000n;

/** Bundles of every assignment first, then the sums on every node that the plan touches. */
export function breachOfNodes(snapshot: Snapshot, plan: Plan): Breach | null {
  const requests = pendingById(snapshot);
  const fleet = new Fleet(snapshot);
  for (const assignment of plan.assignments) {
    const { claims } = requests.get(assignment.request)!.request.options[assignment.option]!;
    const breach = breachOfBundles(fleet, assignment, claims);
    if (breach) return { ...breach, what: `request/${assignment.request}: ${breach.what}` };
  }
  return fleet.breachOfSums();
}

function breachOfBundles(fleet: Fleet, { allocations }: Assignment, claims: readonly Claim[]): Breach | null {
  const nodeOf = new Map<string, string>();
  for (const allocation of allocations) {
    const { node: bundle, selector } = claims[allocation.claim]!;
    const { node, pool } = allocation;
    if (bundle === undefined) {
      if (node !== undefined) return { what: 'on a node unasked', lhs: node, rhs: '' };
      if (fleet.isMadeOfNodes(pool)) return { what: 'pool is not made of nodes', lhs: pool, rhs: '' };
      continue;
    }
    if (node === undefined) return { what: `bundle ${bundle} sits on a node`, lhs: '', rhs: pool };
    const other = nodeOf.get(bundle) ?? node;
    if (other !== node) return { what: `bundle ${bundle} sits on one node`, lhs: node, rhs: other };
    nodeOf.set(bundle, node);
    const breach = fleet.add(allocation, selector);
    if (breach) return breach;
  }
  return null;
}

/** Sums of what is held and what the plan adds, by node. */
class Fleet {
  readonly #snapshot: Snapshot;
  readonly #machines: ReadonlyMap<string, Node>;
  readonly #pools: ReadonlyMap<string, Pool>;
  /** Node -> by GPU, then CPU and memory: what the plan adds. */
  readonly #added = new Map<string, { gpus: bigint[]; cpu: bigint; memory: bigint }>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#pools = lookupOf(snapshot.configuration).pools;
    this.#machines = nodesOf(snapshot.configuration).nodes;
  }

  isMadeOfNodes(pool: string): boolean {
    return this.#pools.get(pool)?.nodes !== undefined;
  }

  add(allocation: Allocation, selector: Claim['selector']): Breach | null {
    const { pool: id, kind, node, quantity, gpus } = allocation;
    const machine = this.#machines.get(node!);
    const pool = this.#pools.get(id);
    if (machine === undefined || pool?.nodes?.set !== machine.set.id)
      return { what: `node of ${id}`, lhs: node!, rhs: pool?.nodes?.set ?? '' };
    const { model } = machine.group;
    const own = model === undefined ? pool : { ...pool, labels: { ...pool.labels, model } };
    const label = missingLabel(own, selector);
    if (label !== null)
      return { what: `label ${label} of ${node}`, lhs: model ?? '', rhs: `${selector?.[label]}` };
    const added = this.#added.get(node!) ?? { gpus: [], cpu: 0n, memory: 0n };
    this.#added.set(node!, added);
    if (kind !== 'gpu') {
      if (gpus !== undefined) return { what: `GPUs of a claim on ${kind}`, lhs: gpus.join(' '), rhs: '' };
      if (kind === 'cpu') added.cpu += BigInt(quantity);
      else added.memory += BigInt(quantity);
      return null;
    }
    return addGpus(added.gpus, { gpus: gpus ?? [], quantity: BigInt(quantity), machine });
  }

  /** used + added <= what the node has: each GPU, the CPUs, the memory. Only where the plan adds. */
  breachOfSums(): Breach | null {
    for (const [id, { gpus, cpu, memory }] of this.#added) {
      const { group } = this.#machines.get(id)!;
      const used = this.#snapshot.nodes.use.get(id as NodeId);
      for (const [gpu, units] of gpus.entries()) {
        const sum = (units ?? 0n) + BigInt(used?.gpuMilli[gpu] ?? 0);
        if ((units ?? 0n) > 0n && sum > WHOLE) return over(`node/${id}/gpu ${gpu}`, sum, 1000);
      }
      const cpus = cpu + BigInt(used?.cpuMilli ?? 0);
      if (cpu > 0n && cpus > BigInt(group.cpuMilli)) return over(`node/${id}/cpu`, cpus, group.cpuMilli);
      const mebibytes = memory + BigInt(used?.memoryMiB ?? 0);
      if (memory > 0n && mebibytes > BigInt(group.memoryMiB))
        return over(`node/${id}/memory`, mebibytes, group.memoryMiB);
    }
    return null;
  }
}

/** One GPU for less than a whole one, else as many as there are thousands, none of them twice. */
function addGpus(
  added: bigint[],
  { gpus, quantity, machine }: { gpus: readonly number[]; quantity: bigint; machine: Node },
): Breach | null {
  const want = quantity < WHOLE ? 1n : quantity / WHOLE;
  if (quantity > WHOLE && quantity % WHOLE !== 0n)
    return { what: 'whole GPUs', lhs: Number(quantity), rhs: Number(want * WHOLE) };
  if (new Set(gpus).size !== gpus.length || BigInt(gpus.length) !== want)
    return { what: 'different GPUs', lhs: gpus.join(' '), rhs: Number(want) };
  for (const gpu of gpus) {
    if (!Number.isInteger(gpu) || gpu < 0 || gpu >= machine.group.gpus)
      return { what: 'GPU of the node', lhs: gpu, rhs: machine.group.gpus - 1 };
    added[gpu] = (added[gpu] ?? 0n) + (quantity < WHOLE ? quantity : WHOLE);
  }
  return null;
}

function over(what: string, lhs: bigint, rhs: number): Breach {
  return { what, lhs: Number(lhs), rhs };
}
