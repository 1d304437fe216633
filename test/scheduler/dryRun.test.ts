// A dry run says what the tick then does, and leaves nothing behind.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dryRun } from '../../scheduler/dryRun.ts';
import { newMemo } from '../../scheduler/formulate/index.ts';
import type { PendingRequest, ResourceRequest, State } from '../../scheduler/index.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW } from '../support/builders.ts';
import { aTickRig, submitted, type TickRig } from './support/tickRig.ts';

/** The whole memory as text: any change of it is a change of this. */
function textOf(state: State): string {
  return JSON.stringify(state, (_key, value) => (value instanceof Map ? [...value] : value));
}

function ask(rig: TickRig, request: ResourceRequest, now = NOW) {
  return dryRun(rig.ports, rig.state, { request, now, memo: newMemo() });
}

/** What the real submission got, in the words of a dry run. */
async function submit(rig: TickRig, request: ResourceRequest) {
  await rig.tick({ rows: [submitted(request)] });
  const { record, changes } = rig.last();
  const decided = changes.find((change) => change.type === 'decided' && change.request === request.id);
  const granted = changes.find(
    (change) => change.type === 'leaseGranted' && change.lease.request === request.id,
  );
  if (decided?.type !== 'decided') throw new Error('the tick decided nothing');
  const lease = granted?.type === 'leaseGranted' ? granted.lease : null;
  return {
    outcome: decided.outcome,
    reasons: decided.reasons,
    option: lease?.option ?? null,
    allocations: lease?.allocations ?? [],
    reservations: lease?.reservations ?? [],
    endsAt: lease?.endsAt ?? null,
    gap: record.stages.find((stage) => stage.class === request.terms.class)?.gap ?? null,
    tick: record.tick,
    at: record.now,
  };
}

const settle = async (rig: TickRig): Promise<void> => {
  while ((await rig.tick()).type !== 'idle');
};

describe('a dry run', () => {
  it('says of any request on an idle cell what its submission then gets', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
        const requests = snapshot.requests.map(({ request }) => request);
        const { configuration, used, quotaUse, accounts } = snapshot;
        const rig = aTickRig({
          ...aState(configuration).build(),
          used: new Map(used),
          quotaUse: new Map(quotaUse),
          accounts: new Map(accounts),
        });
        await rig.tick({ rows: requests.slice(0, -1).map((request) => submitted(request)) });
        await settle(rig);
        const last = { ...(requests.at(-1) as ResourceRequest), submittedAt: NOW };
        const before = textOf(rig.state);
        const said = await ask(rig, last);
        expect(textOf(rig.state)).toBe(before);
        expect(said).toEqual(await submit(rig, last));
        seen.add(said.outcome);
      }),
      { numRuns: 60 },
    );
    expect([...seen].sort()).toEqual(expect.arrayContaining(['granted', 'waiting']));
  });

  it('counts those who wait, and does not let the asked one pass them', async () => {
    const rig = aTickRig(
      aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
        .used('gpu-a', 2)
        .build(),
    );
    await rig.tick({ rows: [submitted(aRequest(1).gpu(5).build())] });
    const said = await ask(rig, aRequest(2).gpu(4).build());
    expect(said).toMatchObject({
      outcome: 'waiting',
      reasons: [{ code: 'POOL_FULL', short: [{ what: 'gpu-a', requested: 4, available: 1, held: 7 }] }],
      allocations: [],
      tick: 2,
      at: NOW,
    });
  });

  it('says a denial with its rules', async () => {
    const rig = aTickRig(aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).build());
    rig.denied.set('ada', ['CLASS_NOT_ENTITLED']);
    expect(await ask(rig, aRequest(1).gpu(1).build())).toMatchObject({
      outcome: 'denied',
      reasons: [{ code: 'POLICY_DENIED', rules: ['CLASS_NOT_ENTITLED'] }],
      gap: null,
    });
  });

  it('leaves leases that time would end, extensions and everything else as they are, and commits nothing', async () => {
    const lease = aLease('gpu-a', { quantity: 6, endsAt: NOW - 1 });
    const waiting: PendingRequest = aRequest(1).gpu(8).pending();
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .used('gpu-a', 6)
      .quotaUse('research', 'gpu', 6)
      .lease(lease)
      .extend(lease, 60)
      .request(waiting)
      .build();
    const rig = aTickRig(state);
    const before = textOf(state);
    const said = await ask(rig, aRequest(2).gpu(1).build());
    // The lease has run out, so that the tick would have eight units, and gives them to who came first.
    expect(said.outcome).toBe('waiting');
    expect(textOf(state)).toBe(before);
    expect(rig.commits).toEqual([]);
    expect(rig.dumped).toEqual([]);
  });
});
