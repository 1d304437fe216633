// Brings a database to the newest migration. Invariant: two processes that start together wait for each other, and neither fails.
// Called by the composition roots before `openPostgres`, and by tests for their template.

import { join } from 'node:path';
import { runner } from 'node-pg-migrate';

export async function migrate(url: string): Promise<void> {
  await runner({
    databaseUrl: url,
    dir: join(import.meta.dirname, 'migrations'),
    migrationsTable: 'annona_migration',
    direction: 'up',
    advisoryLockMode: 'wait',
    singleTransaction: true,
    log: () => {},
  });
}
