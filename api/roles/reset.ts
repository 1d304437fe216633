// Stops an embedded PostgreSQL that still runs on a directory about to be thrown away: its files must not vanish under it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';

/** Adopting it and leaving as its last owner is its orderly stop. Nothing to do where no data is. */
export async function stopEmbedded(directory: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(join(directory, 'data', 'postmaster.pid'))) return;
  const server = await startEmbeddedPostgres({ directory, log });
  await server.stop();
}
