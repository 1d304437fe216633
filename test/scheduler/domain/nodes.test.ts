// What leases hold of nodes: counted GPU by GPU, gone when it is given back; and how nodes are named.
import { describe, expect, it } from 'vitest';
import { holdNodes, newNodeLedger, nodeIds, nodesHeld, nodesOf } from '../../../scheduler/domain/nodes.ts';
import type { Allocation, Lease, NodeId, PoolId } from '../../../scheduler/index.ts';
import { aConfiguration, aLease, aState, HOUR, NOW, nodeSet } from '../../support/builders.ts';

const held = (kind: string, quantity: number, gpus?: readonly number[]): Allocation => ({
  claim: 0,
  pool: `hall-${kind}` as PoolId,
  kind,
  quantity,
  node: 'hall/a' as NodeId,
  ...(gpus && { gpus }),
  startsAt: NOW,
  endsAt: NOW + HOUR,
});
const leaseOf = (...allocations: readonly Allocation[]): Lease => aLease('hall-gpu', { allocations });

const training = leaseOf(held('gpu', 2000, [1, 3]), held('cpu', 16_000), held('memory', 65_536));
const notebook = leaseOf(held('gpu', 250, [0]), held('cpu', 2000));

describe('what leases hold of a node', () => {
  it('is counted by GPU, CPU and memory, with the sizes of the bundles', () => {
    const ledger = newNodeLedger();
    holdNodes(ledger, training, 1);
    holdNodes(ledger, notebook, 1);
    expect([...ledger.use]).toEqual([
      ['hall/a', { gpuMilli: [250, 1000, 0, 1000], cpuMilli: 18_000, memoryMiB: 65_536 }],
    ]);
    expect([...ledger.bundles]).toEqual([
      ['2000/16000/65536', 1],
      ['250/2000/0', 1],
    ]);
  });

  it('leaves no trace when all is given back', () => {
    const ledger = newNodeLedger();
    holdNodes(ledger, training, 1);
    holdNodes(ledger, notebook, 1);
    holdNodes(ledger, training, -1);
    expect(ledger.use.get('hall/a' as NodeId)).toEqual({ gpuMilli: [250], cpuMilli: 2000, memoryMiB: 0 });
    holdNodes(ledger, notebook, -1);
    expect([ledger.use.size, ledger.bundles.size]).toEqual([0, 0]);
  });

  it('cannot become less than nothing', () => {
    expect(() => holdNodes(newNodeLedger(), notebook, -1)).toThrow();
  });

  it('follows from the live leases of a state', () => {
    const state = aState(aConfiguration()).lease(notebook).build();
    expect(nodesHeld(state).use.get('hall/a' as NodeId)?.gpuMilli).toEqual([250]);
  });
});

describe('nodes', () => {
  it('are numbered in their group, and one alone bears its name', () => {
    const groups = [
      { id: 'a', count: 2, gpus: 8, cpuMilli: 1, memoryMiB: 1 },
      { id: 'b', gpus: 0, cpuMilli: 1, memoryMiB: 1 },
    ];
    expect(nodeIds({ set: 'hall', groups })).toEqual(['hall/a-01', 'hall/a-02', 'hall/b']);
    expect(nodeIds({ set: 'hall', groups: [{ ...groups[0]!, count: 120 }] }).slice(-1)).toEqual([
      'hall/a-120',
    ]);
  });

  it('are found with the pools of their set', () => {
    const pools = nodeSet('hall', {
      id: 'a',
      count: 2,
      gpus: 8,
      cpuMilli: 64_000,
      memoryMiB: 1024,
      model: 'h100',
    });
    const { nodes, sets } = nodesOf(
      aConfiguration()
        .pool(...pools)
        .build(),
    );
    expect([...nodes.keys()]).toEqual(['hall/a-01', 'hall/a-02']);
    expect([...sets[0]!.pools].map(([kind, { id, capacity }]) => [kind, id, capacity])).toEqual([
      ['gpu', 'hall-gpu', 16_000],
      ['cpu', 'hall-cpu', 128_000],
      ['memory', 'hall-memory', 2048],
    ]);
  });
});
