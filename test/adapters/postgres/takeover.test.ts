// Taking over from a leader that died, froze, or came back: the session lock is for speed, the epoch for safety (S8, L1).

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresAdapter } from '../../../adapters/postgres/index.ts';
import { aRequest, CELL, StoreCell } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

describe('a takeover', () => {
  let store: PostgresUnderTest;
  let first: PostgresAdapter;
  let second: PostgresAdapter;
  let third: PostgresAdapter;
  beforeEach(async () => {
    store = await postgresStore();
    // Long enough that no lease of these tests runs out by itself.
    const ttlMs = 600_000;
    first = await store.open({ holder: 'first', ttlMs });
    second = await store.open({ holder: 'second', ttlMs });
    third = await store.open({ holder: 'third', ttlMs });
  });
  afterEach(() => store.close());

  const expire = () => store.query('update leader set expires_at_ms = 0');
  const sessionsWithLock = async () =>
    (
      await store.query(
        "select pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      )
    ).length;
  const killElectionSession = () =>
    store.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    );
  const acquireWhenFree = async (adapter: PostgresAdapter): Promise<number> => {
    for (;;) {
      const epoch = await adapter.leadership.acquire(CELL);
      if (epoch !== null) return epoch;
    }
  };

  it('is immediate when the session of the leader died, though its lease has not run out', async () => {
    expect(await first.leadership.acquire(CELL)).toBe(1);
    expect(await second.leadership.acquire(CELL)).toBeNull();
    await killElectionSession();
    expect(await acquireWhenFree(second)).toBe(2);
    expect(await first.leadership.renew(CELL, 1)).toBe(false);
  });

  it('waits for the lease when the leader is frozen with its session open', async () => {
    await first.leadership.acquire(CELL);
    expect(await second.leadership.acquire(CELL)).toBeNull();
    await expire();
    expect(await second.leadership.acquire(CELL)).toBe(2);
    expect(await first.leadership.renew(CELL, 1)).toBe(false);
  });

  it('does not happen to a leader without the lock when the old session goes', async () => {
    await first.leadership.acquire(CELL);
    await expire();
    expect(await second.leadership.acquire(CELL)).toBe(2);
    await first.close();
    expect(await third.leadership.acquire(CELL)).toBeNull();
    expect(await second.leadership.renew(CELL, 2)).toBe(true);
    expect(await third.leadership.acquire(CELL)).toBeNull();
  });

  it('does not happen when the leader’s own session broke and it renewed in time', async () => {
    await first.leadership.acquire(CELL);
    await killElectionSession();
    expect(await first.leadership.renew(CELL, 1).catch(() => first.leadership.renew(CELL, 1))).toBe(true);
    expect(await sessionsWithLock()).toBe(1);
    expect(await second.leadership.acquire(CELL)).toBeNull();
  });

  it('leaves the lock free after a release, however often it was renewed', async () => {
    const epoch = (await first.leadership.acquire(CELL))!;
    for (let i = 0; i < 5; i += 1) await first.leadership.renew(CELL, epoch);
    await first.leadership.release(CELL, epoch);
    expect(await sessionsWithLock()).toBe(0);
    expect(await second.leadership.acquire(CELL)).toBe(2);
  });

  it('with two leaders at work lets one of them commit, and the other nothing', async () => {
    const cell = await StoreCell.open(store);
    await expire();
    const epoch = (await second.leadership.acquire(CELL))!;
    const [old, young] = [aRequest(1), aRequest(2)];
    const theirs = { ...cell.compose([cell.opened(young)]), epoch, events: [] };
    const commits = await Promise.all([
      ...Array.from({ length: 10 }, () => cell.ports.store.commit(cell.compose([cell.opened(old)]))),
      second.store.commit({ ...theirs, record: { ...theirs.record, epoch, digest: 'theirs' } }),
    ]);
    expect(commits).toEqual([...Array(10).fill('epochLost'), 'committed']);
    expect((await store.dump()).request.map((row) => row.id)).toEqual([young.id]);
  });
});
