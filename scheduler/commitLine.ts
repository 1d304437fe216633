// The one commit that may be on its way while the next tick decides. Called by runner.ts, which makes one a term of office.
// Invariant: a tick is sent only once the one before it is committed, and nobody is told of a tick before it is. After a commit that failed,
// or that was refused for its epoch, nothing more is sent: whoever asks next learns it, and what was decided since is thrown away.

import type { CommitObserver, IntakeBatch, IntakeSource, TickCommit, TickStore } from './ports.ts';

type Outcome = 'committed' | 'epochLost';

export class CommitLine implements TickStore, CommitObserver {
  readonly #store: TickStore;
  readonly #observer: CommitObserver;
  #last: Promise<Outcome> = Promise.resolve('committed');
  #intake: ReadonlySet<number> = new Set();

  constructor(ports: { readonly store: TickStore; readonly observer: CommitObserver }) {
    this.#store = ports.store;
    this.#observer = ports.observer;
  }

  /** Intake rows of the last commit that was sent. */
  get rowsSent(): number {
    return this.#intake.size;
  }

  /** Resolves when the commit is on its way, behind one that arrived. @throws what the one before it threw. */
  async commit(commit: TickCommit): Promise<Outcome> {
    if ((await this.settled()) === 'epochLost') return 'epochLost';
    this.#intake = new Set(commit.intake);
    this.#follow(this.#store.commit(commit));
    return 'committed';
  }

  /** Tells the observer once the commit that was sent last has arrived. */
  committed(...told: Parameters<CommitObserver['committed']>): void {
    const tell = (outcome: Outcome): Outcome => {
      if (outcome === 'committed') this.#observer.committed(...told);
      return outcome;
    };
    this.#follow(this.#last.then(tell));
  }

  /** How the last commit ended. @throws when it failed. */
  settled(): Promise<Outcome> {
    return this.#last;
  }

  /** What no commit has taken, nor the one on its way: the database shows its rows as free until it has arrived. */
  async take(intake: IntakeSource, cell: string, rowsMax: number): Promise<IntakeBatch> {
    const sent = this.#intake;
    const batch = await intake.take(cell, rowsMax + sent.size);
    return { ...batch, rows: batch.rows.filter(({ id }) => !sent.has(id)).slice(0, rowsMax) };
  }

  #follow(next: Promise<Outcome>): void {
    this.#last = next;
    // Whoever asks next is told; nobody may be asking now.
    next.catch(() => undefined);
  }
}
