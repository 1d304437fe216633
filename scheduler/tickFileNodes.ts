// What a schema cannot say of nodes in a tick file: sets agree with their pools, what is held lies on nodes that there are, bundles are whole.
// Invariant: a document that passes can be cut into seats without a throw. Called by tickFileChecks.ts.

import { refuseBundle } from './commands/bundle.ts';
import type { Pool } from './domain/configuration.ts';
import { bundleSizeOf, isNodeKind, nodeIds, unitsOfNode } from './domain/nodes.ts';
import type { TickFile, TickFileProblem } from './tickFile.ts';

export function nodeProblems(file: TickFile): TickFileProblem[] {
  return [...poolProblems(file), ...heldProblems(file), ...claimProblems(file)];
}

function poolProblems({ configuration: { pools } }: TickFile): TickFileProblem[] {
  const sets = new Map<string, Pool>();
  return pools.flatMap((pool, i): TickFileProblem[] => {
    const at = `/configuration/pools/${i}`;
    if (pool.nodes === undefined) return [];
    if (!isNodeKind(pool.kind)) return [{ pointer: `${at}/kind`, message: 'nodes have no such kind' }];
    if (pool.consumable || pool.calendar !== undefined || pool.agent !== undefined)
      return [
        {
          pointer: `${at}/nodes`,
          message: "nodes are renewable, without a calendar and nobody's concurrency",
        },
      ];
    const first = sets.get(pool.nodes.set) ?? pool;
    sets.set(pool.nodes.set, first);
    if (JSON.stringify(first.nodes) !== JSON.stringify(pool.nodes))
      return [{ pointer: `${at}/nodes`, message: `says otherwise than ${first.id}, of the same set` }];
    if (
      first !== pool &&
      pools.some((other, o) => o < i && other.kind === pool.kind && other.nodes?.set === pool.nodes?.set)
    )
      return [{ pointer: `${at}/kind`, message: `the set ${pool.nodes.set} has such a pool already` }];
    const ids = nodeIds(pool.nodes);
    if (new Set(ids).size < ids.length)
      return [{ pointer: `${at}/nodes/groups`, message: 'names a node twice' }];
    const { kind } = pool;
    const units = pool.nodes.groups.reduce(
      (sum, group) => sum + (group.count ?? 1) * unitsOfNode(group, kind),
      0,
    );
    return units === pool.capacity
      ? []
      : [{ pointer: `${at}/capacity`, message: 'is not the sum of its nodes', allowed: [String(units)] }];
  });
}

function heldProblems({ configuration: { pools }, nodes }: TickFile): TickFileProblem[] {
  const known = new Map<string, number>();
  for (const pool of pools) {
    for (const group of pool.nodes?.groups ?? [])
      for (const id of nodeIds({ set: pool.nodes!.set, groups: [group] })) known.set(id, group.gpus);
  }
  const pointer = (id: string): string => id.replaceAll('~', '~0').replaceAll('/', '~1');
  const problems: TickFileProblem[] = [];
  for (const id of Object.keys(nodes?.use ?? {}))
    if (!known.has(id)) problems.push({ pointer: `/nodes/use/${pointer(id)}`, message: 'is not configured' });
  for (const key of Object.keys(nodes?.bundles ?? {}))
    if (bundleSizeOf(key) === null)
      problems.push({
        pointer: `/nodes/bundles/${pointer(key)}`,
        message: 'is no size: gpuMilli/cpuMilli/memoryMiB',
      });
  return problems;
}

function claimProblems({ requests }: TickFile): TickFileProblem[] {
  return requests.flatMap(({ request: { options } }, r) =>
    options.flatMap((option, o) =>
      option.claims.flatMap((_, c): TickFileProblem[] => {
        const refusal = refuseBundle(option, c, `/requests/${r}/request/options/${o}/claims/${c}`);
        return refusal === null ? [] : [{ pointer: refusal.pointer, message: refusal.message }];
      }),
    ),
  );
}
