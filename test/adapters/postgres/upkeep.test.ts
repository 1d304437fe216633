// What the database forgets, on a real one: all that has outlived its window and nothing else, a bounded number at a time, by an index.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aRequest, aSubmit, CELL, StoreCell } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const HOUR_MS = 3_600_000;
const NOTHING = { submitKeys: 0, callKeys: 0, groups: 0, heartbeats: 0, traces: 0 };

describe('the purge', () => {
  let store: PostgresUnderTest;
  let upkeep: Awaited<ReturnType<PostgresUnderTest['open']>>['upkeep'];
  beforeEach(async () => {
    store = await postgresStore();
    ({ upkeep } = await store.open());
  });
  afterEach(() => store.close());

  const count = async (table: string) =>
    (await store.query<{ n: number }>(`select count(*)::integer as n from ${table}`))[0]?.n;
  const submit = (n: number) => {
    const request = aRequest(n);
    return store.ports.intakeWriter.write([aSubmit(request, { key: request.clientRequestId, digest: 'd' })]);
  };

  it('takes expired keys and leaves live ones, which answer as before', async () => {
    await submit(1);
    await store.ports.calls.begin('anvil', 'k-1', 'd');
    await store.ports.calls.finish('anvil', 'k-1', { status: 200, body: '{}', headers: {} });
    expect(await upkeep.purge(CELL, 10)).toEqual(NOTHING);
    await store.ageKeys(23 * HOUR_MS);
    await submit(2);
    expect(await upkeep.purge(CELL, 10)).toEqual(NOTHING);
    expect(await submit(1)).toMatchObject([{ type: 'replayed', request: aRequest(1).id }]);
    expect((await store.ports.calls.begin('anvil', 'k-1', 'd')).type).toBe('replay');
    await store.ageKeys(1.5 * HOUR_MS);
    expect(await upkeep.purge(CELL, 10)).toEqual({ ...NOTHING, submitKeys: 1, callKeys: 1 });
    expect([await count('submit_key'), await count('call_key')]).toEqual([1, 0]);
    expect(await submit(2)).toMatchObject([{ type: 'replayed', request: aRequest(2).id }]);
    expect(await submit(1)).toMatchObject([{ type: 'accepted' }]);
  });

  it('takes no key in the last minute before its time, as a statement under way may still count on it', async () => {
    await submit(1);
    await store.ageKeys(24 * HOUR_MS + 30_000);
    expect(await upkeep.purge(CELL, 10)).toEqual(NOTHING);
    await store.ageKeys(31_000);
    expect(await upkeep.purge(CELL, 10)).toEqual({ ...NOTHING, submitKeys: 1 });
  });

  it('takes so many at a time, the oldest first, and steps over a row that is held', async () => {
    for (let n = 1; n <= 5; n += 1) {
      await store.ageKeys(1000);
      await submit(n);
    }
    await store.ageKeys(25 * HOUR_MS);
    const left = async () =>
      (await store.query<{ key: string }>('select client_request_id as key from submit_key order by 1')).map(
        ({ key }) => key,
      );
    expect(await upkeep.purge(CELL, 2)).toEqual({ ...NOTHING, submitKeys: 2 });
    expect(await left()).toEqual(['client-3', 'client-4', 'client-5']);
    await store.query('begin');
    await store.query("select from submit_key where client_request_id = 'client-3' for update");
    expect(await upkeep.purge(CELL, 2)).toEqual({ ...NOTHING, submitKeys: 2 });
    expect(await left()).toEqual(['client-3']);
    await store.query('rollback');
    expect(await upkeep.purge(CELL, 2)).toEqual({ ...NOTHING, submitKeys: 1 });
  });

  it('takes what a writer that is gone left behind after an hour', async () => {
    await submit(1);
    expect(await count('intake_group')).toBe(1);
    expect(await upkeep.purge(CELL, 10)).toEqual(NOTHING);
    await store.query('update intake_group set written_at_ms = written_at_ms - 3600001');
    expect(await upkeep.purge(CELL, 10)).toEqual({ ...NOTHING, groups: 1 });
    expect(await submit(1)).toMatchObject([{ type: 'replayed' }]);
  });

  it('takes heartbeats of leases that ended a day ago, and those of no lease that lives', async () => {
    const cell = await StoreCell.open(store);
    const leases = [];
    for (const n of [1, 2]) {
      const request = aRequest(n);
      const [written] = await store.ports.intakeWriter.write([aSubmit(request)]);
      if (written?.type !== 'accepted') throw new Error('not accepted');
      const lease = cell.lease({ request });
      await cell.tick(cell.grants(lease, request), { intake: [written.intake] });
      leases.push(lease);
    }
    await store.query(
      `insert into heartbeat (lease_id, cell, department_id, at_ms) select id, cell, department_id, annona_now() from lease`,
    );
    await cell.tick(cell.ended(leases[0]!));
    expect(await upkeep.purge(CELL, 10)).toEqual(NOTHING);
    await store.query(`update heartbeat set at_ms = at_ms - ${24 * HOUR_MS + 1000}`);
    expect(await upkeep.purge('elsewhere', 10)).toEqual(NOTHING);
    expect(await upkeep.purge(CELL, 10)).toEqual({ ...NOTHING, heartbeats: 1 });
    expect(await store.query('select lease_id as id from heartbeat')).toEqual([{ id: leases[1]!.id }]);
  });

  it('reads along the index of age', async () => {
    await store.query(`
      insert into submit_key select 'main', 'agent', 'key-' || n, 'd', 'req', 'x', n, annona_now() from generate_series(1, 20000) n;
      insert into call_key (scope, key, digest, started_at_ms) select 'agent', 'key-' || n, 'x', annona_now() from generate_series(1, 20000) n;
      analyze submit_key; analyze call_key;
    `);
    const text = readFileSync(join(import.meta.dirname, '../../../adapters/postgres/sql/purge.sql'), 'utf8');
    await store.query(`prepare purge as ${text}`);
    const plan = JSON.stringify(
      await store.query(
        `explain execute purge('main', 1000, 86400000, 86400000, 3600000, 86400000, 86400000)`,
      ),
    );
    for (const index of ['submit_key_by_age', 'call_key_by_age']) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (?:submit_key|call_key)/);
  });
});
