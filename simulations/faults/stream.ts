// The stream of a simulated cluster: a log that takes every event it is given, repeats and all, and may fail with a part of them in it.
// Invariant: what arrives of one request arrives in the order given; a call that fails may have left any such part. Called by cluster.ts.

import type { DomainEvent, Publication, Publisher } from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';
import { InjectedFault } from './network.ts';

export interface StreamFaults {
  /** In a hundred calls: it fails, and a part has arrived. */
  torn: number;
  /** In a hundred calls: it takes events twice. */
  repeated: number;
  /** Of a hundred events: the stream will never take them as they are. */
  unfit: number;
}

/** Prime to a hundred: neighbours are not unfit together. */
const UNFIT_STRIDE = 37;

export class SimulatedStream implements Publisher {
  readonly #chance: Chance;
  readonly #faults: StreamFaults;
  readonly #arrived: (event: DomainEvent) => void;

  constructor(options: { chance: Chance; faults: StreamFaults; arrived: (event: DomainEvent) => void }) {
    this.#chance = options.chance;
    this.#faults = options.faults;
    this.#arrived = options.arrived;
  }

  async publish(events: readonly DomainEvent[]): Promise<Publication> {
    const isTorn = this.#chance.percent(this.#faults.torn);
    const times = this.#chance.percent(this.#faults.repeated) ? 2 : 1;
    /** Requests of which an event was lost: what follows it is lost with it, as in one batch of a partition. */
    const lost = new Set<string>();
    for (let time = 0; time < times; time++)
      for (const event of events) {
        if (this.#isUnfit(event)) return { type: 'refused', reason: 'the stream does not take it' };
        if (isTorn && this.#chance.percent(30)) lost.add(event.request);
        if (!lost.has(event.request)) this.#arrived(event);
      }
    if (isTorn) throw new InjectedFault('the stream failed with a part of the events in it');
    return { type: 'acknowledged' };
  }

  /** By its number alone: refused once, it is refused again. */
  #isUnfit({ sequence }: DomainEvent): boolean {
    return (sequence * UNFIT_STRIDE) % 100 < this.#faults.unfit;
  }

  async bury(event: DomainEvent): Promise<void> {
    this.#arrived(event);
  }
}
