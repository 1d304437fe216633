// Everything that a store on PostgreSQL holds, as the checker of the promises reads it.
// Invariant: one snapshot, so that a dump of a running system is whole. Called by kueueRun.ts, and by tests through test/support/stores.ts.

import type pg from 'pg';
import type { StoreDump } from '../adapters/memory/store.ts';

const DUMPED = [
  'configuration_revision',
  'leader',
  'cell_head',
  'intake',
  'submit_key',
  'request',
  'lease',
  'extension',
  'earmark',
  'approval',
  'obligation',
  'capacity_use',
  'account_use',
  'ledger',
  'tick',
  'event',
  'audit',
] as const satisfies readonly (keyof StoreDump)[];

/** Every table as JavaScript objects, 64-bit integers as numbers. In one snapshot, so that a dump of a running system is whole. */
export async function dumpPostgres(client: pg.Client): Promise<StoreDump> {
  const dump: Partial<Record<keyof StoreDump, unknown>> = {};
  await client.query('begin isolation level repeatable read read only');
  try {
    for (const table of DUMPED) {
      const found = await client.query<{ rows: unknown[] }>(
        `select coalesce(json_agg(t order by t::text), '[]') as rows from ${client.escapeIdentifier(table)} t`,
      );
      dump[table] = found.rows[0]!.rows;
    }
  } finally {
    await client.query('rollback');
  }
  return dump as unknown as StoreDump;
}
