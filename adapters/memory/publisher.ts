// A stream in memory, for simulations and for the contract suite of publishers.
// Invariant: what a real stream may do it does: a refused batch has partly arrived, and a record may be refused for good.

import type { DomainEvent, Publication, Publisher } from '../../scheduler/index.ts';

export interface MemoryPublisherOptions {
  /** Why the stream will never take the event; null: it takes it. */
  readonly refuses?: (event: DomainEvent) => string | null;
}

export class MemoryPublisher implements Publisher {
  /** In order of arrival, repetitions and all. */
  readonly arrived: DomainEvent[] = [];
  readonly buried: { readonly event: DomainEvent; readonly reason: string }[] = [];
  readonly #refuses: (event: DomainEvent) => string | null;

  constructor({ refuses = () => null }: MemoryPublisherOptions = {}) {
    this.#refuses = refuses;
  }

  async publish(events: readonly DomainEvent[]): Promise<Publication> {
    for (const event of events) {
      const reason = this.#refuses(event);
      if (reason !== null) return { type: 'refused', reason };
      this.arrived.push(event);
    }
    return { type: 'acknowledged' };
  }

  async bury(event: DomainEvent, reason: string): Promise<void> {
    this.buried.push({ event, reason });
  }
}
