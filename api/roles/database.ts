// Which PostgreSQL a server uses: the operator's, or the embedded one under the data directory; migrated, then opened.

import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import { migrate, openPostgres, type PostgresAdapter } from '../../adapters/postgres/index.ts';

export interface Database {
  readonly adapter: PostgresAdapter;
  readonly url: string;
  /** Of the embedded server; null for the operator's own. */
  readonly pid: number | null;
  /** `kept`: the data was there already. */
  readonly data: 'created' | 'kept' | 'external';
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly directory: string;
  readonly databaseUrl?: string | undefined;
  readonly onIntakeWritten: () => void;
  readonly log: (line: string) => void;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { directory, databaseUrl, onIntakeWritten, log } = options;
  const embedded = databaseUrl === undefined ? await startEmbeddedPostgres({ directory, log }) : null;
  const url = embedded?.url ?? (databaseUrl as string);
  let closing = false;
  try {
    await migrate(url);
    const adapter = await openPostgres({
      url,
      onIntakeWritten,
      onConnectionError(error) {
        // The embedded server cuts what has not hung up yet: nobody waits on those lines any more.
        if (!closing) log(`database connection: ${error.message}`);
      },
    });
    return {
      adapter,
      url,
      pid: embedded?.pid ?? null,
      data: embedded === null ? 'external' : embedded.outcome === 'created' ? 'created' : 'kept',
      async close() {
        closing = true;
        await adapter.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
