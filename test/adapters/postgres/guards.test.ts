// The database refuses what breaks a promise, whoever writes: straight SQL as its owner, past every line of ours.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVAL_MOVES } from '../../../adapters/memory/stagedApprovals.ts';
import { LEASE_MOVES } from '../../../adapters/memory/stagedLeases.ts';
import { APPROVAL_TRANSITIONS, LEASE_TRANSITIONS, REQUEST_TRANSITIONS } from '../../../scheduler/index.ts';
import { aRequest, StoreCell } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

describe('the guards of the database', () => {
  let store: PostgresUnderTest;
  beforeAll(async () => {
    store = await postgresStore();
    const cell = await StoreCell.open(store);
    const [held, over, waiting, denied] = [1, 2, 3, 4].map((n) => aRequest(n));
    const leases = [cell.lease({ request: held! }), cell.lease({ request: over! })];
    await cell.tick([
      ...cell.grants(leases[0]!, held!),
      ...cell.grants(leases[1]!, over!),
      cell.opened(waiting!),
      cell.allowed(waiting!),
      cell.decided(waiting!, 'waiting'),
      cell.opened(denied!),
      cell.decided(denied!, 'denied'),
      cell.extensionOpened(leases[0]!, 'ext_1'),
    ]);
    await cell.tick(cell.ended(leases[1]!));
  });
  afterAll(() => store.close());

  const pairs = (rows: readonly { from: string; to: string }[]) =>
    rows.map(({ from, to }) => `${from} -> ${to}`).sort();

  it('know the same lease transitions as the scheduler and the memory store', async () => {
    const known = await store.query<{ from: string; to: string }>(
      'select from_state as from, to_state as to from lease_transition',
    );
    expect(pairs(known)).toEqual(pairs(LEASE_TRANSITIONS));
    expect(pairs(LEASE_MOVES.map(([from, to]) => ({ from, to })))).toEqual(pairs(LEASE_TRANSITIONS));
  });

  it('know the same request transitions as the scheduler', async () => {
    const known = await store.query<{ from: string; to: string }>(
      'select from_state as from, to_state as to from request_transition',
    );
    expect(pairs(known)).toEqual(pairs(REQUEST_TRANSITIONS));
  });

  it('know the same approval transitions as the scheduler and the memory store', async () => {
    const known = await store.query<{ from: string; to: string }>(
      'select from_state as from, to_state as to from approval_transition',
    );
    expect(pairs(known)).toEqual(pairs(APPROVAL_TRANSITIONS));
    expect(pairs(APPROVAL_MOVES.map(([from, to]) => ({ from, to })))).toEqual(pairs(APPROVAL_TRANSITIONS));
  });

  it('keep the list of live leases, whoever ends one', async () => {
    const list = () => store.query('select id from lease_live order by id');
    const live = () => store.query('select id from lease where ended_at_ms is null order by id');
    expect(await list()).toEqual([{ id: 'lse_00000001_001' }]);
    expect(await list()).toEqual(await live());
    await store.query('begin');
    await store.query(
      "update lease set state = 'expired', ended_at_ms = 1, ended_tick = 1 where ended_at_ms is null",
    );
    expect(await list()).toEqual([]);
    await store.query('rollback');
    expect(await list()).toEqual(await live());
  });

  const LEASE = "'lse_00000001_001'";
  const OVER = "'lse_00000001_002'";
  it.each([
    ['S1', "update capacity_use set used = 9 where key = 'gpu-a'"],
    ['S1', "update capacity_use set used = -1 where key = 'gpu-a'"],
    ['S2', 'update account_use set reserved = 2000'],
    ['S2', 'update account_use set reserved = -1'],
    ['S2', 'update account_use set spent = spent - 1'],
    ['ledger_pkey', 'insert into ledger select * from ledger limit 1'],
    [
      's2_lines_whole',
      "insert into ledger select cell, 'x', type, department_id, lease_id, accounts, periods, '{-1}', tick from ledger limit 1",
    ],
    [
      's2_lines_whole',
      "insert into ledger select cell, 'x', type, department_id, lease_id, accounts, periods, '{1,2}', tick from ledger limit 1",
    ],
    ['immutable', "update ledger set amounts = '{1}'"],
    ['immutable', 'delete from ledger'],
    ['immutable', 'truncate event'],
    ['immutable', "update event set type = 'x'"],
    ['immutable', 'delete from tick'],
    ['immutable', "update audit set actor = 'x'"],
    ['S3', "update request set state = 'cancelled' where state = 'denied'"],
    ['S3', "update request set reasons = '[]' where state = 'granted'"],
    [
      'S3',
      "update request set state = 'queued', decided_tick = null, decided_at_ms = null where state = 'waiting'",
    ],
    ['immutable', "update request set department_id = 'sales' where state = 'waiting'"],
    ['immutable', "update request set document = '{}' where state = 'waiting'"],
    ['s5_grant_has_lease', "update request set state = 'granted' where state = 'waiting'"],
    [
      's6_grant_has_allow',
      "update request set state = 'granted', lease_id = 'x', verdict_allow = null where state = 'waiting'",
    ],
    [
      'S9',
      `update lease set state = 'active', activated_at_ms = 1, ended_at_ms = null, ended_tick = null where id = ${OVER}`,
    ],
    ['S9', `update lease set end_cause = 'x' where id = ${OVER}`],
    ['S9', `update lease set ends_at_ms = ends_at_ms - 1 where id = ${LEASE}`],
    ['S9', `update lease set state = 'revoked', ended_at_ms = 1, ended_tick = 1 where id = ${LEASE}`],
    ['immutable', `update lease set epoch = 9 where id = ${LEASE}`],
    ['immutable', `update lease set allocations = '[]' where id = ${LEASE}`],
    [
      'S6',
      "insert into lease (id, cell, department_id, agent_id, request_id, epoch, option_index, allocations, reservations, state, granted_tick, granted_at_ms, start_limit_at_ms, ends_at_ms) select 'lse_x', cell, department_id, agent_id, 'req_none', epoch, 0, '[]', '[]', 'granted', 1, 1, 1, 1 from lease limit 1",
    ],
    ['immutable', 'update leader set epoch = 0'],
    [
      'S8',
      "insert into tick select cell, 9, 0, 'd', 'p', configuration_revision, record, 1 from tick limit 1",
    ],
    ['immutable', "update extension set lease_id = 'x'"],
  ])('refuse (%s) %s', async (promise, statement) => {
    const before = await store.dump();
    await expect(store.query(statement)).rejects.toThrow(new RegExp(promise, 'i'));
    expect(await store.dump()).toEqual(before);
  });
});
