// How many requests of one agent and class could start in this tick: they share what a request is worth as such, and the deadline allowance.
// Invariant: counted before the first column is valued, gangs' members included. Called by index.ts and explanationScore.ts.

import type { PriorityClass } from '../domain/configuration.ts';
import type { Instant } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { Snapshot } from '../snapshot.ts';
import {
  ageBucket,
  DEADLINE_ALLOWANCE,
  deadlineBonus,
  deadlineBucket,
  ownOf,
  type Worth,
} from './objective.ts';

interface Crowd {
  alike: number;
  pressing: number;
}

export class Crowds {
  readonly #now: Instant;
  readonly #missed: Snapshot['missedDeadlines'];
  /** Class -> agent -> crowd. */
  readonly #crowds = new Map<string, Map<string, Crowd>>();

  constructor({ now, missedDeadlines }: Pick<Snapshot, 'now' | 'missedDeadlines'>) {
    this.#now = now;
    this.#missed = missedDeadlines;
  }

  count(request: ResourceRequest, priority: PriorityClass): void {
    const crowd = this.#of(request);
    crowd.alike += 1;
    if (deadlineBucket(request.terms, this.#now, priority.targetWaitSeconds) > 0) crowd.pressing += 1;
  }

  /** What all columns of the request have in common of their worth: `worthOf` makes one's of it, before fairness. */
  standingOf(request: ResourceRequest, priority: PriorityClass): Omit<Worth, 'share' | 'penalty'> {
    const { alike, pressing } = this.#of(request);
    const { targetWaitSeconds, deadlineAllowance = DEADLINE_ALLOWANCE } = priority;
    const bucket = deadlineBucket(request.terms, this.#now, targetWaitSeconds);
    return {
      alike,
      ageBucket: ageBucket(this.#now - request.submittedAt, targetWaitSeconds),
      bonus:
        bucket === 0
          ? 0
          : deadlineBonus(deadlineAllowance, bucket, {
              pressing,
              missed: this.#missed?.get(request.agent) ?? 0,
            }),
    };
  }

  /** What the request is worth as such, before age. */
  ownOf(request: ResourceRequest): number {
    return ownOf(this.#of(request).alike);
  }

  #of({ agent, terms }: ResourceRequest): Crowd {
    let byAgent = this.#crowds.get(terms.class);
    if (byAgent === undefined) {
      byAgent = new Map();
      this.#crowds.set(terms.class, byAgent);
    }
    let crowd = byAgent.get(agent);
    if (crowd === undefined) {
      crowd = { alike: 0, pressing: 0 };
      byAgent.set(agent, crowd);
    }
    return crowd;
  }
}
