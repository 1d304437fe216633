// The configuration that this process holds: its own edits at once, those of others when a tick names another revision, or by a slow look.
// Invariant: one reference a revision, so that whatever is indexed by it is indexed once. Made by server.ts, asked by the edge at each call.

import type { CommitObserver, Configuration, Timers } from '../../scheduler/index.ts';
import type { ConfigurationStore } from '../ports.ts';

/** A process that does not lead hears of no tick: this bounds how long it holds an old revision. */
const LOOK_MS = 1000;

export interface FollowerOptions {
  readonly store: Pick<ConfigurationStore, 'current' | 'currentRevision'>;
  readonly held: Configuration;
  readonly timers: Timers;
  /** Told of each configuration that is taken up; must not throw. */
  readonly onTaken: (configuration: Configuration) => void;
  readonly log: (line: string) => void;
}

export class ConfigurationFollower implements CommitObserver {
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  readonly #listeners: ((configuration: Configuration) => void)[] = [];
  #held: Configuration;
  #looking: Promise<void> | null = null;
  #polling: Promise<void> | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#held = options.held;
  }

  readonly current = (): Configuration => this.#held;

  readonly adopt = (configuration: Configuration): void => {
    if (configuration.revision === this.#held.revision) return;
    this.#held = configuration;
    this.#options.onTaken(configuration);
    for (const listener of this.#listeners) listener(configuration);
  };

  /** As `onTaken`, for those who are there later. */
  hear(listener: (configuration: Configuration) => void): void {
    this.#listeners.push(listener);
  }

  committed({ record }: Parameters<CommitObserver['committed']>[0]): void {
    if (record.configurationRevision !== this.#held.revision) void this.look();
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#looking;
  }

  /** One look at a time. A database that is away is the readiness check's to tell; the next look finds it back. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      .catch((error: unknown) => this.#options.log(`configuration: ${error}`))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.#options.timers.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      await this.look();
    }
  }

  async #lookOnce(): Promise<void> {
    const { store } = this.#options;
    const before = this.#held;
    const revision = await store.currentRevision(before.cell);
    if (revision === null || revision === before.revision) return;
    const found = await store.current(before.cell);
    // An edit of our own came in meanwhile and may be the newer one: the next look tells.
    if (this.#held === before) this.adopt(found);
  }
}
