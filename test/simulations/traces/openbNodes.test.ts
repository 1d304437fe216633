// The trace machine by machine: what is read of nodes and pods, and what is refused.
import { describe, expect, it } from 'vitest';
import { readOpenbMachines, readOpenbSizes, TraceError } from '../../../simulations/index.ts';

async function* lines(...text: readonly string[]): AsyncGenerator<string> {
  yield* text;
}

describe('the machines', () => {
  const read = (...rows: readonly string[]) =>
    readOpenbMachines(lines('sn,cpu_milli,memory_mib,gpu,model', ...rows), 'nodes.csv');

  it('are in the order of the file, without a model where there is no GPU', async () => {
    expect(await read('b,64000,1000,2,T4', 'a,96000,500,0,')).toEqual([
      { name: 'b', cpuMilli: 64_000, memoryMiB: 1000, gpus: 2, model: 'T4' },
      { name: 'a', cpuMilli: 96_000, memoryMiB: 500, gpus: 0 },
    ]);
  });

  it('are refused with the line that is none', async () => {
    const wantError = new TraceError('nodes.csv:3: cpu, memory and gpu must be whole numbers');
    await expect(read('a,1,1,1,T4', 'b,1,x,1,T4')).rejects.toThrow(wantError);
  });
});

describe('the sizes of pods', () => {
  it('need no times, nor models, and know a share of one GPU from several', async () => {
    const head = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli';
    const few = await readOpenbSizes(lines(head, 'a,1,2,1,460', 'b,1,2,4,1000', 'c,1,2,0,0'), 'pods.csv');
    expect(few.map(({ gpuMilli, models }) => [gpuMilli, models])).toEqual([
      [460, []],
      [4000, []],
      [0, []],
    ]);
    const [picky] = await readOpenbSizes(lines(`${head},gpu_spec`, 'a,1,2,1,1000,T4|V100M32'), 'pods.csv');
    expect(picky?.models).toEqual(['T4', 'V100M32']);
    await expect(readOpenbSizes(lines(head, 'a,1,2,one,1000'), 'pods.csv')).rejects.toThrow(
      new TraceError('pods.csv:2: a size is no whole number'),
    );
  });
});
