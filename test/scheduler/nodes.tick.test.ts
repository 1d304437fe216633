// Nodes through whole ticks: what a release frees, what a new leader knows, gangs over several nodes, and who explains what.
import { describe, expect, it } from 'vitest';
import { nodesHeld } from '../../scheduler/domain/nodes.ts';
import type { Lease, NodeId } from '../../scheduler/index.ts';
import { aConfiguration, aRequest, aState, nodeSet, type RequestBuilder } from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from './support/tickRig.ts';

const configuration = () =>
  aConfiguration()
    .account('team', 1_000_000)
    .agent('ada', { accounts: ['team' as never] })
    .pool(
      ...nodeSet('hall', { id: 'a', count: 2, gpus: 4, cpuMilli: 32_000, memoryMiB: 4000, model: 'h100' }),
    );
const rigOf = (): TickRig => aTickRig(aState(configuration()).build());
const rows = (...requests: readonly RequestBuilder[]) => requests.map((one) => submitted(one.build()));
const released = (lease: Lease) => intake({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
const told = (rig: TickRig) =>
  Object.fromEntries(
    rig
      .last()
      .changes.flatMap((change) =>
        change.type === 'decided'
          ? [
              [
                Number(change.request.slice(4)),
                [change.outcome, ...change.reasons.map(({ code }) => code)].join(' '),
              ],
            ]
          : [],
      ),
  );
const use = (rig: TickRig) =>
  Object.fromEntries([...nodesHeld(rig.state).use].map(([id, { gpuMilli }]) => [id, gpuMilli.join(',')]));

describe('a tick', () => {
  it('grants on nodes, counts what is held, and tells the rest NODE_FULL', async () => {
    const rig = rigOf();
    await rig.tick({
      rows: rows(
        aRequest(1).bundle({ gpu: 4000, cpu: 100 }),
        aRequest(2).bundle({ gpu: 3000, cpu: 100 }),
        aRequest(3).bundle({ gpu: 2000, cpu: 100 }),
      ),
    });
    expect(told(rig)).toEqual({ 1: 'granted', 2: 'granted', 3: 'waiting NODE_FULL' });
    expect(Object.values(use(rig)).sort()).toEqual(['1000,1000,1000', '1000,1000,1000,1000']);
    expect(rig.state.used.get('hall-gpu')).toBe(7000);
  });

  it('finds the GPUs of a lease free again once it is released, and no trace of it', async () => {
    const rig = rigOf();
    await rig.tick({
      rows: rows(
        aRequest(1).bundle({ gpu: 4000, cpu: 100 }),
        aRequest(2).bundle({ gpu: 4000, cpu: 100 }),
        aRequest(3).bundle({ gpu: 4000, cpu: 100 }),
      ),
    });
    expect(told(rig)[3]).toBe('waiting NODE_FULL');
    const [lease] = [...rig.state.leases.values()];
    await rig.tick({ rows: [released(lease!)] });
    expect(told(rig)).toEqual({ 3: 'granted' });
    for (const { id } of [...rig.state.leases.values()])
      await rig.tick({ rows: [released(rig.state.leases.get(id)!)] });
    expect([
      nodesHeld(rig.state).use.size,
      nodesHeld(rig.state).bundles.size,
      rig.state.used.get('hall-gpu'),
    ]).toEqual([0, 0, 0]);
  });

  it('seats a gang on nodes of its own choice, all members or none', async () => {
    const gang = { id: 'training-run-0017', size: 2 };
    const member = (number: number) => aRequest(number).bundle({ gpu: 3000, cpu: 100 }).terms({ gang });
    const rig = rigOf();
    await rig.tick({ rows: rows(member(1), member(2), aRequest(3).bundle({ gpu: 1000, cpu: 1 })) });
    expect(told(rig)).toEqual({ 1: 'granted', 2: 'granted', 3: 'granted' });
    expect(
      new Set([...rig.state.leases.values()].slice(0, 2).map(({ allocations }) => allocations[0]!.node)).size,
    ).toBe(2);
    const full = rigOf();
    await full.tick({ rows: rows(aRequest(9).bundle({ gpu: 2000, cpu: 1 })) });
    await full.tick({ rows: rows(member(1), member(2)) });
    expect(told(full)).toEqual({ 1: 'waiting GANG_FULL', 2: 'waiting GANG_FULL' });
  });

  it('keeps no seat for a member of a gang that does not fit whole', async () => {
    const gang = { id: 'training-run-0018', size: 2 };
    const member = (number: number) => aRequest(number).bundle({ gpu: 3000, cpu: 100 }).terms({ gang });
    const rig = rigOf();
    await rig.tick({ rows: rows(aRequest(9).bundle({ gpu: 2000, cpu: 1 })) });
    await rig.tick({ rows: rows(member(1), member(2), aRequest(3).bundle({ gpu: 4000, cpu: 1 })) });
    expect(told(rig)).toEqual({ 1: 'waiting NODE_FULL', 2: 'waiting NODE_FULL', 3: 'granted' });
  });

  it('is decided alike by a leader that counts what is held from the leases', async () => {
    const rig = rigOf();
    await rig.tick({
      rows: rows(aRequest(1).bundle({ gpu: 300, cpu: 100 }), aRequest(2).bundle({ gpu: 2000, cpu: 100 })),
    });
    const reloaded = { ...rig.state };
    expect(nodesHeld(reloaded)).toEqual(nodesHeld(rig.state));
    expect(
      nodesHeld(reloaded).use.get('hall/a-01' as NodeId) ??
        nodesHeld(reloaded).use.get('hall/a-02' as NodeId),
    ).toBeDefined();
  });
});
