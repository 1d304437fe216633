// Connections: one that mends itself for the leader, pools for the rest, and what their errors mean.
// Invariant: a connection that failed once is never used again; nothing here repeats a statement. Used by every file of this folder.

import pg from 'pg';
import type { Statement, Statements } from './statements.ts';

export interface ConnectionSettings {
  readonly url: string;
  readonly applicationName: string;
  /** Session settings as `name=value`: the role, the reach of row-level security, timeouts. */
  readonly session: readonly string[];
  /** The client gives a statement up after this long: the server's own limit cannot reach us over a dead line. */
  readonly queryTimeoutMs: number;
  readonly onError: (error: Error) => void;
}

/** Rows of a named query. */
export interface Queries {
  run<Row extends pg.QueryResultRow>(name: string, values: readonly unknown[]): Promise<Row[]>;
}

const INT8 = 20;

/** 64-bit integers as numbers: every amount of ours is a safe integer, and one that is not is a bug. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8
      ? parseSafeInteger
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`);
  return value;
}

export function clientConfig(settings: ConnectionSettings): pg.ClientConfig {
  return {
    connectionString: settings.url,
    application_name: settings.applicationName,
    // The server drops a half-open session within about 4 s, and with it the locks that the session holds.
    options: [
      ...settings.session,
      'tcp_keepalives_idle=1',
      'tcp_keepalives_interval=1',
      'tcp_keepalives_count=3',
      // Answers that nobody acknowledges: keepalives are not sent while there are some.
      'tcp_user_timeout=3000',
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
    keepAlive: true,
    keepAliveInitialDelayMillis: 1000,
    connectionTimeoutMillis: 5000,
    query_timeout: settings.queryTimeoutMs,
    types,
  };
}

/** One connection, made when first needed and again after it broke. Work on it runs one piece after another. */
export class MendingConnection implements Queries {
  readonly #settings: ConnectionSettings;
  readonly #statements: Statements;
  #client: pg.Client | null = null;
  #closed = false;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(settings: ConnectionSettings, statements: Statements) {
    this.#settings = settings;
    this.#statements = statements;
  }

  run<Row extends pg.QueryResultRow>(name: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#exclusive(async () => this.#runOn(await this.#connected(), name, values));
  }

  /** Several reads of one snapshot of the database; nothing else of this connection comes between. */
  snapshot<Result>(read: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#exclusive(async () => {
      const client = await this.#connected();
      try {
        await client.query('begin isolation level repeatable read read only');
        const result = await read({ run: (name, values) => this.#runOn(client, name, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        // Whatever failed, no later work may find itself inside this transaction.
        this.#drop(client);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#busy;
    await this.#client?.end();
  }

  #exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#busy.then(work);
    this.#busy = result.catch(() => {});
    return result;
  }

  async #runOn<Row extends pg.QueryResultRow>(
    client: pg.Client,
    name: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    try {
      const result = await client.query<Row>(query(this.#statements.named(name), values));
      return result.rows;
    } catch (error) {
      if (isConnectionLoss(error)) this.#drop(client);
      throw error;
    }
  }

  async #connected(): Promise<pg.Client> {
    if (this.#closed) throw new Error('the database connection was closed');
    if (this.#client) return this.#client;
    const client = new pg.Client(clientConfig(this.#settings));
    client.on('error', (error) => {
      this.#settings.onError(error);
      this.#drop(client);
    });
    client.on('end', () => this.#drop(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  #drop(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    // A statement that timed out may still run: the line must go, or the next answer would be its.
    void client.end().catch(() => {});
  }
}

/** A pool whose connections are alike. */
export class QueryPool implements Queries {
  readonly #pool: pg.Pool;
  readonly #statements: Statements;

  constructor(
    settings: ConnectionSettings & { readonly connectionsMax: number; readonly pipeline: 'on' | 'off' },
    statements: Statements,
  ) {
    this.#statements = statements;
    this.#pool = new pg.Pool({
      ...clientConfig(settings),
      max: settings.connectionsMax,
      pipeline: settings.pipeline === 'on',
      // Connections are kept: a new one costs 5 ms and prepares every query anew.
      idleTimeoutMillis: 0,
    });
    this.#pool.on('error', settings.onError);
    // The pool listens to idle clients alone: a server that dies under a transaction would end this process. Its statements say so.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async run<Row extends pg.QueryResultRow>(name: string, values: readonly unknown[]): Promise<Row[]> {
    const result = await this.#pool.query<Row>(query(this.#statements.named(name), values));
    return result.rows;
  }

  /** The statements in one transaction and, with pipelining, in one round trip. Answers with the rows of the last. */
  async transaction<Row extends pg.QueryResultRow>(
    list: readonly (readonly [name: string, values: readonly unknown[]])[],
  ): Promise<Row[]> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      const answers = await Promise.allSettled([
        client.query('begin read only'),
        ...list.map(([name, values]) => client.query<Row>(query(this.#statements.named(name), values))),
        client.query('commit'),
      ]);
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed) throw failed.reason;
      const last = answers[list.length];
      return last?.status === 'fulfilled' ? (last.value.rows as Row[]) : [];
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

function query(statement: Statement, values: readonly unknown[]): pg.QueryConfig {
  return { name: statement.name, text: statement.text, values: values as unknown[] };
}

/** Classes 08 (connection) and 57P (the server ends us), the socket's own errors, and the words that `pg` uses for a dead line. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') {
    if (/^(08|57P0)/.test(code)) return true;
    if (/^E[A-Z]+$/.test(code)) return true;
  }
  return /^(Connection terminated|Query read timeout|Client was closed|Client has encountered a connection error|timeout e)/.test(
    error.message,
  );
}

/** The statement was rolled back whole through no fault of its own: deadlock or serialisation. */
export function isRolledBackForOthers(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '40P01' || code === '40001';
}

/** Classes 22 and 23: the data cannot be stored, and never will be. */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** The constraint that refused it, if one did. */
export function constraintOf(error: unknown): string | null {
  const constraint = (error as { constraint?: unknown } | null)?.constraint;
  return typeof constraint === 'string' ? constraint : null;
}
