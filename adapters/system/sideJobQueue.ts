// Side jobs driven by this process alone, one after another: what there is where no Redis is. Its truth is elsewhere, as of every such queue.

import type { SideJobQueue } from '../../api/ports.ts';

export class LocalSideJobQueue implements SideJobQueue {
  readonly #run: (id: string) => Promise<void>;
  readonly #ids = new Set<string>();
  #working: Promise<void> | null = null;
  #isClosed = false;

  constructor(run: (id: string) => Promise<void>) {
    this.#run = run;
  }

  async push(ids: readonly string[]): Promise<void> {
    if (this.#isClosed) return;
    for (const id of ids) this.#ids.add(id);
    this.#working ??= this.#work();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ids.clear();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (const id of this.#ids) {
      await this.#run(id);
      // Only now: while it runs it is not pushed a second time.
      this.#ids.delete(id);
    }
    this.#working = null;
  }
}
