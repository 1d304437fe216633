// Hints over LISTEN and NOTIFY, and what becomes of them when the connection goes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHints } from '../../../adapters/postgres/index.ts';
import { hintsContract } from '../../contract/hints.ts';
import { testDatabase } from '../../support/postgres.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

hintsContract('PostgreSQL', async () => {
  const database = await testDatabase();
  return { join: () => openHints({ url: database.url }), close: () => database.drop() };
});

describe('hints whose connection goes', () => {
  let store: PostgresUnderTest;
  beforeEach(async () => {
    store = await postgresStore();
  });
  afterEach(() => store.close());

  it('are lost meanwhile; the connection mends itself, and what may have been missed is heard once', async () => {
    const errors: Error[] = [];
    const ours = await openHints({ url: store.url });
    const theirs = await openHints({ url: store.url, onError: (error) => errors.push(error) });
    const missed = new Promise<void>((resolve) => void theirs.hear('commit', 'main', resolve));
    await store.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'annona hints' and datname = current_database()",
    );
    theirs.tell('intake', 'main');
    await missed;
    const again = new Promise<void>((resolve) => void theirs.hear('intake', 'main', resolve));
    const telling = setInterval(() => ours.tell('intake', 'main'), 20);
    await again;
    clearInterval(telling);
    expect(errors.length).toBeGreaterThan(0);
    await ours.close();
    await theirs.close();
  });

  it('cannot be opened where there is no database', async () => {
    await expect(openHints({ url: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toThrow();
  });
});
