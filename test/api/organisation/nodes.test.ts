// Pools made of nodes in the files: what they expand to, and every mistake with its place.
import { describe, expect, it } from 'vitest';
import { configurationOf, problemsOf, type Spoilt, smallTree } from './aTree.ts';

/** The small tree, whose GPU pools are replaced by nodes. */
const NODES: readonly Spoilt[] = [
  {
    file: 'pools',
    replace: '  - { id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 } }\n',
    by: `  - id: hall
    labels: { zone: north }
    nodes:
      - { id: big, count: 2, gpus: 8, model: H100, cpuMilli: 96000, memoryMiB: 1000 }
      - { id: desk, cpuMilli: 16000, memoryMiB: 500 }
    prices: { gpu: 320, memory: 5 }
`,
  },
  {
    file: 'pools',
    replace: '  - { id: h100, kind: gpu, unit: GPU, capacity: 6, labels: { model: H100 } }\n',
    by: '',
  },
];
const tree = (...spoilt: { replace: string; by: string }[]) => {
  const files = smallTree(...NODES);
  for (const { replace, by } of spoilt) {
    expect(files['pools.yaml']).toContain(replace);
    files['pools.yaml'] = files['pools.yaml']!.replace(replace, by);
  }
  return files;
};

describe('a pool with nodes', () => {
  it('is a pool of each kind, as large as its nodes', () => {
    const pools = configurationOf(tree()).pools.filter(({ nodes }) => nodes?.set === 'hall');
    expect(
      pools.map(({ id, kind, unit, capacity, priceMinor, pricePer }) => [
        id,
        kind,
        unit,
        capacity,
        priceMinor,
        pricePer,
      ]),
    ).toEqual([
      ['hall-cpu', 'cpu', 'mCPU', 208_000, 0, undefined],
      ['hall-gpu', 'gpu', 'mGPU', 16_000, 320, 1000],
      ['hall-memory', 'memory', 'MiB', 2500, 5, 1024],
    ]);
    expect(pools[0]!.labels).toEqual({ zone: 'north', model: ['H100'] });
    expect(pools[0]!.nodes!.groups).toEqual([
      { id: 'big', count: 2, gpus: 8, cpuMilli: 96_000, memoryMiB: 1000, model: 'H100' },
      { id: 'desk', gpus: 0, cpuMilli: 16_000, memoryMiB: 500 },
    ]);
  });

  it('without GPUs has no pool of them', () => {
    const files = tree({ replace: 'gpus: 8, model: H100, ', by: '' });
    const lines = problemsOf(files);
    expect(lines.some((line) => line.includes('unknown kind "gpu"'))).toBe(true);
  });

  it('has the same revision however its groups are ordered', () => {
    const turned = tree({
      replace: `      - { id: big, count: 2, gpus: 8, model: H100, cpuMilli: 96000, memoryMiB: 1000 }
      - { id: desk, cpuMilli: 16000, memoryMiB: 500 }`,
      by: `      - { id: desk, cpuMilli: 16000, memoryMiB: 500 }
      - { id: big, count: 2, gpus: 8, model: H100, cpuMilli: 96000, memoryMiB: 1000 }`,
    });
    expect(configurationOf(turned).revision).toBe(configurationOf(tree()).revision);
  });
});

describe('a mistake in it is reported with its place', () => {
  it.each([
    [
      'a kind of its own',
      { replace: '    labels: { zone: north }', by: '    kind: gpu\n    labels: { zone: north }' },
      'pools.yaml:3:5: a pool with "nodes" has no "kind": it is a pool of each kind, as large as its nodes',
    ],
    [
      'a price for all',
      { replace: 'prices: { gpu: 320, memory: 5 }', by: 'priceMinor: 3' },
      'pools.yaml:7:5: a pool with "nodes" has no "priceMinor": it is a pool of each kind, as large as its nodes; write "prices"',
    ],
    [
      'two groups of one name',
      { replace: 'id: desk', by: 'id: big' },
      'pools.yaml:6:15: node "big" stands twice; first in pools.yaml:5:15',
    ],
    [
      'a model of no GPU',
      { replace: 'id: desk,', by: 'id: desk, model: T4,' },
      'pools.yaml:6:28: a node without GPUs has no model of them',
    ],
    [
      'more GPUs than a lease can name',
      { replace: 'gpus: 8', by: 'gpus: 65' },
      'pools.yaml:5:36: "gpus" is 65; at most 64',
    ],
    [
      'a missing size',
      { replace: 'id: desk, cpuMilli: 16000,', by: 'id: desk,' },
      'pools.yaml:6:9: "nodes[1]" lacks the key "cpuMilli"',
    ],
    [
      'a misspelt key',
      { replace: 'memoryMiB: 500', by: 'memoryMib: 500' },
      /pools.yaml:6:\d+: .*"memoryMi[bB]"/,
    ],
    [
      'prices without nodes',
      {
        replace: '  - id: counsel',
        by: '  - { id: x, kind: x, unit: x, capacity: 1, prices: { gpu: 1 } }\n  - id: counsel',
      },
      'pools.yaml:8:45: "prices" is for pools with "nodes"; write "priceMinor"',
    ],
    [
      'another unit of the kind',
      { replace: '  - id: counsel', by: '  - { id: x, kind: gpu, unit: GPU, capacity: 1 }\n  - id: counsel' },
      /the kind "gpu" is counted in "mGPU"/,
    ],
    [
      'too many nodes',
      { replace: 'count: 2', by: 'count: 20000' },
      /pools.yaml:\d+:\d+: 20001 nodes; at most 20000 in one pool/,
    ],
  ])('%s', (_name, spoilt, want) => {
    const lines = problemsOf(tree(spoilt));
    expect(lines.length).toBeGreaterThan(0);
    expect(
      lines.some((line) => (typeof want === 'string' ? line === want : want.test(line))),
      lines.join('\n'),
    ).toBe(true);
  });
});
