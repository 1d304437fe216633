// Which PostgreSQL a server uses: the operator's, or the embedded one under the data directory; migrated, then opened.

import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import { migrate, openPostgres, type PostgresAdapter } from '../../adapters/postgres/index.ts';
import { StartRefused } from './startRefused.ts';

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
  readonly intakeQueueItems?: number | undefined;
  readonly checkpointHours?: number | undefined;
  readonly onIntakeWritten: () => void;
  readonly log: (line: string) => void;
}

/** @throws StartRefused when the database cannot be started, reached or entered. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  try {
    return await open(options);
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** Socket errors and the server's own classes for "not you", "not here" and "not now"; what is left is a fault of ours. */
function refusalOf(error: unknown): StartRefused | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof EmbeddedPostgresError)
    return new StartRefused('database', error.message, { cause: error });
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !/^(E[A-Z]+|08...|28...|3D...|53...|57P0.|42501)$/.test(code)) return null;
  // Where a name has two addresses Node's error has a code and no message.
  const what = error.message === '' ? code : error.message;
  const message = `the database that DATABASE_URL names does not take us: ${what}`;
  return new StartRefused('database', message, { cause: error });
}

async function open(options: DatabaseOptions): Promise<Database> {
  const { directory, databaseUrl, intakeQueueItems, checkpointHours, onIntakeWritten, log } = options;
  const embedded = databaseUrl === undefined ? await startEmbeddedPostgres({ directory, log }) : null;
  const url = embedded?.url ?? (databaseUrl as string);
  let closing = false;
  try {
    await migrate(url);
    const adapter = await openPostgres({
      url,
      ...(intakeQueueItems === undefined ? {} : { intakeQueueItemsMax: intakeQueueItems }),
      onIntakeWritten,
      ...(checkpointHours !== undefined && { checkpointHours }),
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
        try {
          await adapter.close();
        } finally {
          await embedded?.stop();
        }
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
