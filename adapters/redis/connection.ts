// The line to Redis: one client, and whether it can be relied on at this moment.
// Invariant: nobody waits longer than COMMAND_MS for Redis, and nobody waits at all while it is away: `ask` answers null. What is kept there may
// vanish at any time. Used by every file of this folder; opened by the composition roots.

import { Redis, type RedisOptions } from 'ioredis';

/** A command takes under a millisecond; one that takes this long stands before a Redis that hangs or a line that is dead. */
const COMMAND_MS = 250;
/** How often an absent Redis is tried again: back in use well within a second of its return. */
const AGAIN_MS = 200;
/** How long a start waits for the first answer. Later is early enough too. */
const FIRST_MS = 1000;

export interface RedisConnectionOptions {
  readonly url: string;
  readonly log: (line: string) => void;
}

export class RedisConnection {
  readonly client: Redis;
  readonly #log: (line: string) => void;
  readonly #onUp = new Set<() => void>();
  readonly #others: Redis[] = [];
  /** Null before the first answer or failure. */
  #isUp: boolean | null = null;
  #probe: NodeJS.Timeout | null = null;
  #isClosed = false;
  readonly #first = Promise.withResolvers<void>();
  #losses = 0;

  constructor({ url, log }: RedisConnectionOptions) {
    this.#log = log;
    this.client = new Redis(url, clientOptions());
    this.client.on('ready', () => this.#up());
    this.client.on('close', () => this.#down('the connection is closed'));
    this.client.on('error', (error) => this.#down(reasonOf(error)));
  }

  isUp(): boolean {
    return this.#isUp === true;
  }

  /** How often Redis went away. */
  losses(): number {
    return this.#losses;
  }

  /** Called each time Redis can be relied on again. */
  onUp(fn: () => void): void {
    this.#onUp.add(fn);
  }

  /** Null when Redis is away, or went away over it; an error of a command itself is thrown, for it is a fault of ours. */
  async ask<Answer>(work: (client: Redis) => Promise<Answer>): Promise<Answer | null> {
    if (!this.isUp()) return null;
    try {
      return await work(this.client);
    } catch (error) {
      if (isFault(error)) throw error;
      this.#down(reasonOf(error));
      return null;
    }
  }

  /** A client of its own for what blocks a line: subscriptions. Reconnects and subscribes again by itself, and ends with this one. */
  another(): Redis {
    // A duplicate inherits what it is not told: a subscription may wait for Redis for as long as that takes.
    const client = this.client.duplicate({ commandTimeout: undefined, enableOfflineQueue: true });
    // What ails it ails the first client too, which tells.
    client.on('error', () => {});
    this.#others.push(client);
    return client;
  }

  /** Resolves when Redis has answered or failed to, at the latest after FIRST_MS: whoever needs to know asks `isUp`. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_MS);
    });
    await Promise.race([this.#first.promise, late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#probe !== null) clearInterval(this.#probe);
    for (const client of [this.client, ...this.#others]) client.disconnect();
  }

  #up(): void {
    if (this.#isUp === true || this.#isClosed) return;
    if (this.#isUp === false) this.#log('redis is back');
    this.#isUp = true;
    if (this.#probe !== null) clearInterval(this.#probe);
    this.#probe = null;
    this.#first.resolve();
    for (const fn of this.#onUp) fn();
  }

  #down(reason: string): void {
    if (this.#isUp === false || this.#isClosed) return;
    this.#isUp = false;
    this.#losses += 1;
    this.#log(`redis is away (${reason}): calls are limited in each process, at half of the limit`);
    this.#first.resolve();
    // A line that broke tells by `ready`; one that hangs must be asked.
    this.#probe = setInterval(() => {
      if (this.client.status === 'ready')
        this.client.ping().then(
          () => this.#up(),
          () => {},
        );
    }, AGAIN_MS);
    this.#probe.unref();
  }
}

function clientOptions(): RedisOptions {
  return {
    commandTimeout: COMMAND_MS,
    connectTimeout: FIRST_MS,
    retryStrategy: () => AGAIN_MS,
    // A command that waits in a queue for Redis to return is a call that waits: it fails at once instead.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  };
}

/** What Redis says of a command that is wrong. What it says of itself (LOADING, OOM, READONLY, MISCONF) is an absence. */
function isFault(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === 'ReplyError' && /^(ERR|WRONGTYPE)\b/.test(message);
}

function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
