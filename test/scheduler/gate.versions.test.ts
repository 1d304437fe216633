// One policy and one data for a whole tick, whatever is activated while the policy is asked.
import { describe, expect, it } from 'vitest';
import { gate } from '../../scheduler/gate.ts';
import type { GateRow, PolicyGate, RecordedVerdict } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState } from '../support/builders.ts';

const state = () =>
  aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
    .request(...[1, 2].map((n) => ({ ...aRequest(n).gpu(1).pending(), verdict: null })))
    .build();

/** Answers under `answered`, and is swapped to the next of `revisions` by each call. */
function swapping(revisions: string[], answered: (now: string) => string) {
  const asked: number[] = [];
  const policy: PolicyGate = {
    get policyRevision() {
      return revisions[0] as string;
    },
    dataRevision: 'data-1',
    async adopt() {},
    async evaluate(_tick: string, rows: readonly GateRow[]) {
      asked.push(rows.length);
      const policyRevision = answered(revisions[0] as string);
      const allow = policyRevision !== 'denies';
      if (revisions.length > 1) revisions.shift();
      return rows.map(
        (): RecordedVerdict => ({
          allow,
          codes: allow ? [] : ['no'],
          policyRevision,
          dataRevision: 'data-1',
        }),
      );
    },
  };
  return { policy, asked };
}

describe('the gate, when the policy is swapped while it is asked,', () => {
  it('asks again, and records only what the last one said', async () => {
    const { policy, asked } = swapping(['denies', 'allows'], (now) => now);
    const before = state();
    const { changes, under } = await gate(before, policy, 'main/1');
    expect(asked).toEqual([2, 2]);
    expect(under.policyRevision).toBe('allows');
    expect(changes.map((change) => change.type)).toEqual(['verdictRecorded', 'verdictRecorded']);
    for (const { verdict } of before.requests.values()) expect(verdict?.policyRevision).toBe('allows');
  });

  it('answers with the policy’s revisions also when nothing was open', async () => {
    const { policy, asked } = swapping(['policy-1'], (now) => now);
    const idle = aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).build();
    const wantUnder = { policyRevision: 'policy-1', dataRevision: 'data-1' };
    expect(await gate(idle, policy, 'main/1')).toEqual({ changes: [], under: wantUnder });
    expect(asked).toEqual([]);
  });

  it('takes a verdict of a revision that the policy never had for the defect that it is', async () => {
    const { policy } = swapping(['policy-1'], () => 'forged');
    await expect(gate(state(), policy, 'main/1')).rejects.toThrow(/under another revision/);
  });
});
