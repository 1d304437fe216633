// Wake-up hints over Redis's publish and subscribe, which spare the database their small commits. Invariant: what is told while Redis is away goes
// the way behind it; after a gap everybody is woken once, since a hint may have been lost in it. Opened by the composition roots.

import { randomUUID } from 'node:crypto';
import { setImmediate as turnOver } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Hints, HintTopic } from '../../scheduler/index.ts';
import type { RedisConnection } from './connection.ts';

const CHANNEL = 'annona:hints';

export interface RedisHintsOptions {
  readonly connection: RedisConnection;
  /** Used while Redis is away; its hints are heard at all times, because others may find Redis away when this process does not. */
  readonly behind: Hints;
}

export class RedisHints implements Hints {
  /** Resolves when the channel is subscribed for the first time; never while Redis is away. */
  readonly subscribed: Promise<void>;
  readonly #connection: RedisConnection;
  readonly #behind: Hints;
  readonly #self = randomUUID();
  readonly #subscriber: Redis;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #due = new Map<string, { readonly topic: HintTopic; readonly cell: string }>();
  #sending: Promise<void> | null = null;

  constructor({ connection, behind }: RedisHintsOptions) {
    this.#connection = connection;
    this.#behind = behind;
    this.#subscriber = connection.another();
    this.#subscriber.on('message', (_channel: string, message: string) => this.#receive(message));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.subscribed = promise;
    this.#subscriber.on('ready', () => {
      this.#subscriber.subscribe(CHANNEL).then(
        () => {
          resolve();
          for (const key of this.#listeners.keys()) this.#wake(key);
        },
        () => {},
      );
    });
  }

  tell(topic: HintTopic, cell: string): void {
    this.#due.set(keyOf(topic, cell), { topic, cell });
    this.#sending ??= this.#send();
  }

  hear(topic: HintTopic, cell: string, listener: () => void): () => void {
    const key = keyOf(topic, cell);
    // A function of its own for each call: the same one may listen twice, and leave once.
    const own = (): void => listener();
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(own));
    const leaveBehind = this.#behind.hear(topic, cell, own);
    return () => {
      listeners.delete(own);
      leaveBehind();
    };
  }

  async #send(): Promise<void> {
    await turnOver();
    const due = [...this.#due];
    this.#due.clear();
    this.#sending = null;
    for (const [key, { topic, cell }] of due) {
      const told = await this.#connection.ask((client) => client.publish(CHANNEL, `${this.#self} ${key}`));
      if (told === null) this.#behind.tell(topic, cell);
    }
  }

  #receive(message: string): void {
    const at = message.indexOf(' ');
    if (message.slice(0, at) !== this.#self) this.#wake(message.slice(at + 1));
  }

  #wake(key: string): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener();
  }
}

function keyOf(topic: HintTopic, cell: string): string {
  return `${topic} ${cell}`;
}
