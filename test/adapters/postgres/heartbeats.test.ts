// What a burst of heartbeats meets when the database falls behind: a bounded queue, and an answer that says so.

import { expect, it } from 'vitest';
import { PostgresHeartbeatWriter } from '../../../adapters/postgres/heartbeats.ts';
import type { LeaseId } from '../../../scheduler/index.ts';
import { ALL } from '../../support/storeCell.ts';

it('says busy when its queue is full, and records the others', async () => {
  const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
  const recorded = { epoch: 1, state: 'active', endsAt: 9, fenced: true, live: true, at: 5 };
  const queries = {
    async run<Row>(_name: string, [group]: readonly unknown[]): Promise<Row[]> {
      await free;
      return (JSON.parse(group as string) as unknown[]).map(() => recorded as Row);
    },
  };
  const writer = new PostgresHeartbeatWriter(queries, {
    groupItemsMax: 2,
    paceMs: 0,
    groupsInFlightMax: 1,
    queueItemsMax: 6,
  });
  const beats = ['a', 'b', 'c', 'd'].map((id) => writer.heartbeat(ALL, `lse_${id}` as LeaseId, 1));
  expect(await beats[3]).toEqual({ type: 'busy', retryAfterSeconds: 1 });
  letGo();
  const wantRecorded = { type: 'recorded', state: 'active', endsAt: 9, at: 5 };
  expect(await Promise.all(beats.slice(0, 3))).toEqual([wantRecorded, wantRecorded, wantRecorded]);
});
