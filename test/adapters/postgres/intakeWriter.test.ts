// What the database alone can do to intake: a full queue, a row it refuses, the outcomes that it keeps for a lost reply.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntakeItem } from '../../../api/ports.ts';
import { aRequest, aSubmit } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

describe('the intake writer', () => {
  let store: PostgresUnderTest;
  beforeAll(async () => {
    store = await postgresStore();
  });
  afterAll(() => store.close());

  it('says busy when its queue is full, writes nothing of that call, and everything of the others', async () => {
    const { intakeWriter } = await store.open({ intakeQueueItemsMax: 200 });
    const calls = Array.from({ length: 150 }, (_, n) => aRequest(n));
    const outcomes = (
      await Promise.all(calls.map((request) => intakeWriter.write([aSubmit(request)])))
    ).flat();
    const accepted = calls.filter((_, n) => outcomes[n]?.type === 'accepted').map((request) => request.id);
    expect(outcomes.filter((outcome) => outcome.type === 'busy')).toEqual(
      Array(50).fill({ type: 'busy', retryAfterSeconds: 1 }),
    );
    expect((await store.dump()).intake.map((row) => row.object_id).sort()).toEqual([...accepted].sort());
  });

  it('lets a row that the database refuses fail alone', async () => {
    await store.query("alter table intake add constraint no_trouble check (object_id <> 'req_trouble')");
    const items = Array.from({ length: 9 }, (_, n): IntakeItem => {
      const request = aRequest(1000 + n);
      return aSubmit(n === 4 ? { ...request, id: 'req_trouble' as never } : request, {
        key: `trouble-${n}`,
        digest: 'd',
      });
    });
    const settled = await Promise.allSettled(items.map((item) => store.ports.intakeWriter.write([item])));
    const kept = await store.query("select object_id from intake where object_id like 'req_%100_'");
    const keys = await store.query(
      "select client_request_id from submit_key where client_request_id like 'trouble-%'",
    );
    expect(settled.map(({ status }) => status === 'rejected')).toEqual(items.map((_, n) => n === 4));
    expect(kept).toHaveLength(8);
    expect(keys).toHaveLength(8);
  });

  it('keeps outcomes no longer than until the writer has seen them', async () => {
    for (let n = 0; n < 20; n += 1) await store.ports.intakeWriter.write([aSubmit(aRequest(2000 + n))]);
    const kept = await store.query<{ count: number }>(
      'select count(*)::int as count from intake_group group by writer',
    );
    expect(Math.max(...kept.map((row) => row.count))).toBeLessThanOrEqual(2);
  });
});
