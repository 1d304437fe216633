// A configuration that changes while a leader is in office: taken up before the fold, counted anew, decided under by the same tick.

import { expect, it } from 'vitest';
import { newMemo } from '../../scheduler/formulate/index.ts';
import { type Configuration, type ExtensionId, madeImpossible } from '../../scheduler/index.ts';
import { runTick } from '../../scheduler/tick.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../support/builders.ts';
import { aTickRig, intake, SILENT, submitted, type TickRig, theLease } from './support/tickRig.ts';

const organisation = (gpus: number, more: readonly ReturnType<typeof aPool>[] = []) =>
  aConfiguration()
    .agent('ada')
    .pool(aPool('gpu-a').gpu(gpus), ...more)
    .quota('research', 'gpu', { nominal: gpus })
    .build();

/** A rig whose intake names a revision, and whose source holds the one it names. */
function aCell(first: Configuration) {
  const rig = aTickRig(aState(first).build());
  const carry = { memo: newMemo(), unfinished: true };
  const adopted: string[] = [];
  let inForce = first;
  rig.ports = {
    ...rig.ports,
    configuration: {
      current: async () => inForce,
      revision: async (_cell, revision) => {
        if (revision !== inForce.revision) throw new Error(`${revision} is not stored`);
        return inForce;
      },
    },
    policy: {
      get policyRevision() {
        return rig.policyRevision;
      },
      dataRevision: 'data-1',
      evaluate: (...asked) => policy.evaluate(...asked),
      adopt: async ({ revision }) => void adopted.push(revision),
    },
  };
  const policy = aTickRig(rig.state).ports.policy;
  const tick = (rows: Parameters<TickRig['tick']>[0] = {}) =>
    runTick(rig.ports, rig.state, {
      intake: { rows: rows.rows ?? [], now: rows.now ?? NOW, revision: inForce.revision },
      heartbeats: SILENT,
      carry,
    });
  return {
    rig,
    tick,
    adopted,
    store(next: Configuration) {
      inForce = next;
    },
  };
}

it('grants what waits in the very tick that takes up more capacity, though nothing else is new', async () => {
  const cell = aCell(organisation(2));
  await cell.tick({ rows: [submitted(aRequest(1).gpu(2).build()), submitted(aRequest(2).gpu(2).build())] });
  expect(cell.rig.state.requests.size).toBe(1);
  expect((await cell.tick()).type).toBe('idle');
  const next = organisation(4);
  cell.store(next);
  const result = await cell.tick();
  expect(result.type).toBe('committed');
  expect(cell.rig.last().record).toMatchObject({
    configurationRevision: next.revision,
    counts: { granted: 1 },
  });
  expect(cell.adopted.at(-1)).toBe(next.revision);
  const asked = cell.adopted.length;
  expect((await cell.tick()).type).toBe('idle');
  expect(cell.adopted).toHaveLength(asked);
});

it('bears a capacity and a quota below what is held: nothing is granted until enough has come back', async () => {
  const cell = aCell(organisation(4));
  await cell.tick({ rows: [submitted(aRequest(1).gpu(4).build())] });
  cell.store(organisation(1));
  await cell.tick({ rows: [submitted(aRequest(2).gpu(1).build())] });
  expect([...cell.rig.state.requests.values()][0]?.waitingCodes).not.toBeNull();
  const lease = theLease(cell.rig.state);
  const release = intake({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
  await cell.tick({ rows: [release] });
  expect(cell.rig.last().record.counts).toMatchObject({ released: 1, granted: 1 });
});

it('counts what is held against quotas by the pools that there are now', async () => {
  const cell = aCell(organisation(2, [aPool('gpu-b').gpu(8)]));
  await cell.tick({ rows: [submitted(aRequest(1).gpu(2).build())] });
  const [held] = theLease(cell.rig.state).allocations;
  expect(cell.rig.state.quotaUse.get('research/gpu')).toBe(2);
  const others = aConfiguration().agent('ada').pool(aPool('other').gpu(2)).build();
  cell.store(others);
  await cell.tick();
  expect(held?.pool).not.toBe('other');
  expect(cell.rig.state.quotaUse.get('research/gpu') ?? 0).toBe(0);
  const lease = theLease(cell.rig.state);
  await cell.tick({ rows: [intake({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease)] });
  expect(cell.rig.state.quotaUse.get('research/gpu') ?? 0).toBe(0);
});

it('denies to hold longer what is on a pool that is no more, instead of stopping', async () => {
  const cell = aCell(organisation(4));
  await cell.tick({ rows: [submitted(aRequest(1).gpu(4).build())] });
  const lease = theLease(cell.rig.state);
  const { id, department, agent, epoch } = lease;
  cell.rig.state.extensions.set('ext_1' as ExtensionId, {
    id: 'ext_1' as ExtensionId,
    lease: id,
    department,
    agent,
    seconds: 60,
    sequence: 99,
  });
  cell.store(aConfiguration().agent('ada').pool(aPool('other').gpu(2)).build());
  await cell.tick();
  expect(cell.rig.last().changes).toContainEqual(
    expect.objectContaining({ type: 'extensionDecided', extension: 'ext_1', outcome: 'denied' }),
  );
  expect(epoch).toBeGreaterThan(0);
});

it('folds an edit as nothing, and stamps its row', async () => {
  const cell = aCell(organisation(2));
  const row = intake(
    { type: 'edit', object: 'pool/gpu-a', before: null, after: null, revision: 'cfg_1' },
    { department: 'research', agent: null },
  );
  expect((await cell.tick({ rows: [row] })).type).toBe('committed');
  expect(cell.rig.last()).toMatchObject({ intake: [row.id], changes: [], events: [] });
});

it('counts beforehand who could never be granted under another configuration, and who is no worse off', async () => {
  const cell = aCell(organisation(4));
  const asked = [3, 2, 4].map((gpus, index) =>
    submitted(
      aRequest(index + 1)
        .gpu(gpus)
        .build(),
    ),
  );
  await cell.tick({ rows: asked });
  const waiting = [...cell.rig.state.requests.values()].map(
    ({ request }) => request.options[0]?.claims[0]?.quantity,
  );
  expect(waiting.length).toBeGreaterThan(0);
  const wantImpossible = waiting.filter((quantity) => (quantity ?? 0) > 2).length;
  expect(wantImpossible).toBeGreaterThan(0);
  expect(madeImpossible(cell.rig.state, organisation(2))).toBe(wantImpossible);
  expect(madeImpossible(cell.rig.state, organisation(4))).toBe(0);
});
