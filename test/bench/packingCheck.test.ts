// The judge of packings refuses each way in which one can be wrong.
import { describe, expect, it } from 'vitest';
import { gpuMilliOf, type Placement, packingFault } from '../../bench/packingCheck.ts';

const files = {
  nodes: 'sn,cpu_milli,memory_mib,gpu,model\nn1,8000,100,2,T4\nn2,8000,100,1,V100\n',
  pods: [
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec',
    'two,1000,10,2,1000,',
    'share,1000,10,1,600,',
    'picky,1000,10,1,1000,V100|A10',
    'cpu,7500,10,0,0,',
    'big,100,95,0,0,',
    '',
  ].join('\n'),
};
const on = (pod: string, machine: string, ...gpus: number[]): Placement => ({ pod, machine, gpus });
const fault = (...placements: Placement[]) => packingFault(files, placements);

describe('a packing', () => {
  it('may fill a machine', () => {
    expect(fault(on('two', 'n1', 0, 1), on('picky', 'n2', 0))).toBeNull();
    expect(gpuMilliOf(files.pods, [on('two', 'n1', 0, 1), on('share', 'n1', 0)])).toBe(2600);
  });

  it.each([
    [[on('share', 'n1', 0), on('share', 'n1', 0)], /n1 has 400 left of GPU 0, share takes 600/],
    [[on('share', 'n1', 0), on('two', 'n1', 0, 1)], /400 left of GPU 0, two takes 1000/],
    [[on('two', 'n1', 0, 2)], /undefined left of GPU 2/],
    [[on('two', 'n1', 0)], /two asks 2 GPUs/],
    [[on('two', 'n1', 0, 0)], /two asks 2 GPUs/],
    [[on('cpu', 'n1', 0)], /cpu asks 0 GPUs/],
    [[on('picky', 'n1', 0)], /picky may run on V100, A10 and runs on T4/],
    [[on('cpu', 'n1'), on('share', 'n1', 0)], /n1 lacks 500 mCPU/],
    [[on('big', 'n1'), on('share', 'n1', 0)], /n1 lacks 5 MiB/],
    [[on('nobody', 'n1')], /no such pod/],
    [[on('share', 'n3', 0)], /no such pod or machine/],
  ])('is refused: %j', (placements, wantFault) => {
    expect(fault(...placements)).toMatch(wantFault);
  });
});
