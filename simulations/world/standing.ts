// The organisation as it stands at an instant of a run: its windows and months as they go on, its pools as they lose and regain units.
// Invariant: what is in force is a configuration with a revision of its own, equal for equal content. Called by liveRun.ts.

import { type Configuration, type Instant, revisionOf } from '../../scheduler/index.ts';
import type { LiveRunInput } from './liveInput.ts';
import type { CapacityChange } from './timeline.ts';

type Parts = Pick<LiveRunInput, 'configuration' | 'digest' | 'poolNumbers' | 'revised' | 'timeline'>;

export class Standing {
  readonly #parts: Parts;
  readonly #startsAt: Instant;
  readonly #idOf: ReadonlyMap<number, string>;
  /** Of pools that have not what the organisation says of them. */
  readonly #capacities = new Map<string, number>();
  #base: Configuration;
  /** Until when `#base` holds. */
  #until: Instant = Number.NEGATIVE_INFINITY;
  #current: Configuration;
  #targets = new Map<string, number>();

  constructor(parts: Parts, startsAt: Instant) {
    this.#parts = parts;
    this.#startsAt = startsAt;
    this.#idOf = new Map([...parts.poolNumbers].map(([id, number]) => [number, id]));
    this.#base = parts.configuration;
    this.#current = parts.configuration;
    this.#revise(startsAt);
  }

  get configuration(): Configuration {
    return this.#current;
  }

  /** Some pool has less than the organisation says. */
  get isShort(): boolean {
    return this.#capacities.size > 0;
  }

  /** In virtual time. */
  get nextAt(): number {
    const changesAt = this.#parts.timeline?.nextAt ?? Number.POSITIVE_INFINITY;
    return Math.min(changesAt, this.#until - this.#startsAt);
  }

  targetMsOf(name: string): number {
    return this.#targets.get(name) ?? 0;
  }

  /** What changed of the pools, all that was due. */
  advance(at: number): CapacityChange[] {
    const { timeline } = this.#parts;
    const changes: CapacityChange[] = [];
    while (timeline !== undefined && timeline.nextAt <= at) changes.push(...timeline.pop());
    for (const { pool, capacity } of changes) this.#capacities.set(this.#idOf.get(pool)!, capacity);
    this.#revise(this.#startsAt + at);
    return changes;
  }

  #revise(now: Instant): void {
    if (now >= this.#until) {
      const revised = this.#parts.revised?.(now);
      this.#base = revised?.configuration ?? this.#base;
      this.#until = revised?.until ?? Number.POSITIVE_INFINITY;
    }
    this.#targets = new Map(
      this.#base.classes.map(({ name, targetWaitSeconds }) => [name, targetWaitSeconds * 1000]),
    );
    for (const { id, capacity } of this.#base.pools)
      if (this.#capacities.get(id) === capacity) this.#capacities.delete(id);
    if (this.#capacities.size === 0) {
      this.#current = this.#base;
      return;
    }
    const pools = this.#base.pools.map((pool) => {
      return { ...pool, capacity: this.#capacities.get(pool.id) ?? pool.capacity };
    });
    const { revision: _, ...body } = { ...this.#base, pools };
    this.#current = { revision: revisionOf(body, this.#parts.digest), ...body };
  }
}
