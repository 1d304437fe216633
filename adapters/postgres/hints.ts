// Wake-up hints over LISTEN and NOTIFY, on one connection of their own. Invariant: nothing waits for a hint and none is kept: while the
// connection is away they are lost, and whoever listens polls (decision 2). Made by the composition roots.

import { setTimeout as sleep, setImmediate as turnOver } from 'node:timers/promises';
import pg from 'pg';
import type { Hints, HintTopic } from '../../scheduler/index.ts';
import { type ConnectionSettings, clientConfig } from './connection.ts';
import { Statements } from './statements.ts';

const CHANNEL = 'annona_hint';
/** Between two attempts to connect: as long as a poll that was lost with the line. */
const AGAIN_MS = 250;
const QUERY_MS = 3_000;

export interface HintsOptions {
  readonly url: string;
  /** The connection broke, or cannot be made; it is tried again. */
  readonly onError?: (error: Error) => void;
}

export interface PostgresHints extends Hints {
  close(): Promise<void>;
}

/** Resolves when the first connection listens. @throws when it cannot be made. */
export async function openHints({ url, onError = () => {} }: HintsOptions): Promise<PostgresHints> {
  const hints = new Listener({
    url,
    applicationName: 'annona hints',
    // A commit that is only a hint is not worth a flush of the log.
    session: ['synchronous_commit=off', `statement_timeout=${QUERY_MS}`],
    queryTimeoutMs: QUERY_MS + 1000,
    onError,
  });
  await hints.open();
  return hints;
}

class Listener implements PostgresHints {
  readonly #settings: ConnectionSettings;
  readonly #statement = new Statements().named('hint');
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #due = new Set<string>();
  #sending: Promise<void> | null = null;
  #client: pg.Client | null = null;
  #closed = false;
  #mending: Promise<void> | null = null;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    const client = new pg.Client(clientConfig(this.#settings));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, null));
    client.on('notification', ({ processId, payload }) => {
      const own = (client as unknown as { processID: number }).processID;
      if (processId !== own && payload !== undefined) this.#heard(payload);
    });
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    this.#client = client;
    // What was told while nobody listened may have been meant for us.
    for (const key of this.#listeners.keys()) this.#heard(key);
  }

  tell(topic: HintTopic, cell: string): void {
    this.#due.add(keyOf(topic, cell));
    this.#sending ??= this.#send();
  }

  hear(topic: HintTopic, cell: string, listener: () => void): () => void {
    const key = keyOf(topic, cell);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#mending;
    // What a leader says last is that it leads no more.
    await this.#sending;
    await this.#client?.end();
  }

  #heard(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  /** One statement at a time: what is told meanwhile goes with the next. */
  async #send(): Promise<void> {
    await turnOver();
    while (this.#due.size > 0 && this.#client !== null) {
      const client = this.#client;
      const hints = [...this.#due];
      this.#due.clear();
      const { name, text } = this.#statement;
      await client.query({ name, text, values: [hints] }).catch((error: Error) => this.#lost(client, error));
    }
    this.#due.clear();
    this.#sending = null;
  }

  #lost(client: pg.Client, error: Error | null): void {
    if (this.#client !== client) return;
    this.#client = null;
    void client.end().catch(() => {});
    if (this.#closed) return;
    if (error !== null) this.#settings.onError(error);
    this.#mending ??= this.#mend().finally(() => {
      this.#mending = null;
    });
  }

  async #mend(): Promise<void> {
    while (!this.#closed && this.#client === null) {
      await sleep(AGAIN_MS);
      if (this.#closed) return;
      // Told when the line went; what is away is away, four times a second.
      await this.open().catch(() => {});
    }
  }
}

function keyOf(topic: HintTopic, cell: string): string {
  return `${topic} ${cell}`;
}
