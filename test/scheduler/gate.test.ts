import { describe, expect, it } from 'vitest';
import { gateRow } from '../../scheduler/gate.ts';
import { aConfiguration, aPool, aRequest, aState } from '../support/builders.ts';
import { aTickRig, submitted } from './support/tickRig.ts';

const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(8));

describe('the gate', () => {
  it('asks the policy once per tick, about every new request', async () => {
    const rig = aTickRig(aState(gpus()).build());
    await rig.tick({
      rows: [1, 2, 3].map((n) =>
        submitted(
          aRequest(n)
            .gpu(9 - n)
            .build(),
        ),
      ),
    });
    expect(rig.evaluated.map((rows) => rows.length)).toEqual([3]);
  });

  it('denies with the policy’s codes and its revision, and never grants such a request', async () => {
    const rig = aTickRig(aState(gpus()).build());
    rig.denied.set('ada', ['CLEARANCE_TOO_LOW']);
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    const decided = rig.last().changes.filter((change) => change.type === 'decided');
    expect(decided).toMatchObject([
      {
        outcome: 'denied',
        reasons: [{ code: 'POLICY_DENIED', rules: ['CLEARANCE_TOO_LOW'], policyRevision: 'policy-1' }],
      },
    ]);
    expect(rig.state.leases.size).toBe(0);
  });

  it('asks again about waiting requests when the policy changes, and denies what it no longer allows', async () => {
    const rig = aTickRig(aState(gpus()).used('gpu-a', 8).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    rig.policyRevision = 'policy-2';
    rig.denied.set('ada', ['CLASS_NOT_ENTITLED']);
    await rig.tick();
    expect(rig.last().changes).toContainEqual(
      expect.objectContaining({
        outcome: 'denied',
        reasons: [expect.objectContaining({ policyRevision: 'policy-2' })],
      }),
    );
    expect(rig.state.requests.size).toBe(0);
  });

  it('does not ask again while policy and data stay', async () => {
    const rig = aTickRig(aState(gpus()).used('gpu-a', 8).build());
    await rig.tick({ rows: [submitted(aRequest(1).gpu(1).build())] });
    await rig.tick({ rows: [submitted(aRequest(2).gpu(1).build())] });
    expect(rig.evaluated.map((rows) => rows.length)).toEqual([1, 1]);
  });

  it('shows the policy the largest total of each kind over the options', () => {
    const request = aRequest(1).gpu(4).cpu(8).or().gpu(2).gpu(1).cpu(64).build();
    expect(gateRow(gpus().build(), request).quantities).toEqual({ gpu: 4, cpu: 64 });
  });

  it('shows an agent that the organisation no longer knows with the least clearance, and without roles or skills', () => {
    const row = gateRow(gpus().build(), aRequest(1).by('gone').gpu(1).build());
    expect(row).toMatchObject({ clearance: 0, roles: [], skills: [] });
  });
});
