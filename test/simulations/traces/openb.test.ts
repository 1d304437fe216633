// The readers of public traces: what they sum and leave out, and where they say a file is wrong. The real trace where it is at hand.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { modelsFor, readOpenbNodes, readOpenbPods, TraceError } from '../../../simulations/index.ts';
import { readCsv, wholeNumber } from '../../../simulations/traces/csv.ts';

async function* lines(...text: readonly string[]): AsyncGenerator<string> {
  yield* text;
}

const NODES = 'sn,cpu_milli,memory_mib,gpu,model';
const PODS = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time';
const pods = (...rows: readonly string[]) => readOpenbPods(lines(PODS, ...rows), 'pods.csv');

describe('the node list', () => {
  it('is summed by model, with the largest node, in order of name', async () => {
    const models = await readOpenbNodes(
      lines(NODES, 'a,64000,1000,2,T4', 'b,96000,500,8,A10', 'c,32000,2000,4,T4', 'd,1000,10,0,'),
      'nodes.csv',
    );
    expect(
      models.map(({ model, nodes, cpuMilli, memoryMiB, gpuMilli }) => [
        model,
        nodes,
        cpuMilli,
        memoryMiB,
        gpuMilli,
      ]),
    ).toEqual([
      ['A10', 1, 96_000, 500, 8000],
      ['T4', 2, 96_000, 3000, 6000],
      ['none', 1, 1000, 10, 0],
    ]);
    expect(models[1]?.largest).toEqual({ cpuMilli: 64_000, memoryMiB: 2000, gpuMilli: 4000 });
  });

  it.each(['a,64000,1000,two,T4', 'a,,1000,2,T4', 'a,-1,1000,2,T4', 'a,1.5,1000,2,T4'])(
    'is refused with its line for %s',
    async (row) => {
      const read = readOpenbNodes(lines(NODES, 'ok,1,1,1,T4', row), 'nodes.csv');
      await expect(read).rejects.toThrow(
        new TraceError('nodes.csv:3: cpu, memory and gpu must be whole numbers'),
      );
    },
  );
});

describe('the pod list', () => {
  it('is in order of creation, with a fraction of one GPU or whole ones', async () => {
    const { pods: read } = await pods(
      'late,1000,64,2,1000,T4|V100,20,30',
      'share,500,32,1,250,,10,15',
      'none,500,32,0,0,,10,11',
    );
    expect(
      read.map(({ name, gpuMilli, models, createdSeconds, durationSeconds }) => [
        name,
        gpuMilli,
        models,
        createdSeconds,
        durationSeconds,
      ]),
    ).toEqual([
      ['none', 0, [], 10, 1],
      ['share', 250, [], 10, 5],
      ['late', 2000, ['T4', 'V100'], 20, 10],
    ]);
  });

  it('counts what it leaves out, by reason', async () => {
    const { pods: read, dropped } = await pods(
      'a,1,1,1,1000,,5,',
      'b,1,1,1,1000,,5,5',
      'c,1,1,1,1000,,9,3',
      'd,x,1,1,1000,,1,2',
      'e,1,1,1,1000,,1,2',
    );
    expect(read.map(({ name }) => name)).toEqual(['e']);
    expect([...dropped]).toEqual([
      ['no creation or deletion time', 1],
      ['deleted before it was created', 2],
      ['a size is no whole number', 1],
    ]);
  });
});

describe('the models for a pod', () => {
  it('are those that it allows and that have a node which holds it whole', async () => {
    const models = await readOpenbNodes(
      lines(NODES, 'a,8000,100,2,T4', 'b,8000,100,2,T4', 'c,16000,200,8,V100'),
      'nodes.csv',
    );
    const { pods: read } = await pods(
      'any,1000,10,1,1000,,0,1',
      'four,1000,10,4,1000,,0,1',
      'picky,1000,10,1,1000,T4,0,1',
      'cpu,9000,10,0,0,,0,1',
      'none,1000,10,9,1000,,0,1',
    );
    const found = Object.fromEntries(
      read.map((pod) => [pod.name, modelsFor(pod, models).map(({ model }) => model)]),
    );
    // Two nodes of two GPUs are no node of four.
    expect(found).toEqual({ any: ['T4', 'V100'], four: ['V100'], picky: ['T4'], cpu: ['V100'], none: [] });
  });
});

describe('a table', () => {
  const all = async (...text: readonly string[]) => {
    const rows: string[] = [];
    for await (const row of readCsv(lines(...text), { name: 'f.csv', columns: ['a', 'b'] }))
      rows.push(`${row.line}:${row.field('a')}/${row.field('b')}`);
    return rows;
  };

  it('is read by the names of its columns, in any order, around empty lines', async () => {
    expect(await all('b, a,c', '1,2,3', '', '4,5,6 ')).toEqual(['2:2/1', '4:5/4']);
  });

  it.each([
    [[], 'f.csv: empty'],
    [['a,c'], 'f.csv:1: no column b; found a, c'],
    [['a,b', '1'], 'f.csv:2: 1 fields where the header has 2'],
    [['a,b', '1,2', '1,2,3'], 'f.csv:3: 3 fields where the header has 2'],
  ])('of %j is refused', async (text, wantMessage) => {
    await expect(all(...text)).rejects.toThrow(new TraceError(wantMessage));
  });

  it.each([
    ['0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', null],
    ['-1', null],
    ['1.0', null],
    [' 1', null],
    ['', null],
  ])('has in %j the whole number %j', (text, wantNumber) => {
    expect(wholeNumber(text)).toBe(wantNumber);
  });
});

const DATA = process.env.ANNONA_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const REAL = join(DATA, 'openb');

describe.skipIf(!existsSync(REAL))('the real trace ($ANNONA_DATA/openb)', () => {
  const file = (name: string) =>
    createInterface({ input: createReadStream(join(REAL, name)), crlfDelay: Number.POSITIVE_INFINITY });

  it('has the nodes and pods that its authors counted', async () => {
    const models = await readOpenbNodes(file('openb_node_list_gpu_node.csv'), 'nodes');
    expect(models.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(1213);
    expect(models.reduce((sum, { gpuMilli }) => sum + gpuMilli, 0)).toBe(6_212_000);
    const { pods: read, dropped } = await readOpenbPods(file('openb_pod_list_default.csv'), 'pods');
    const left = [...dropped.values()].reduce((sum, count) => sum + count, 0);
    expect(read.length + left).toBe(8152);
    expect(read.filter((pod) => modelsFor(pod, models).length === 0)).toEqual([]);
  });
});
