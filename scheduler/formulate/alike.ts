// How many of the requests that nothing tells apart have columns (decision 28): as many as could be granted together, and one more, so that rows still bind.
// Invariant: no plan is lost. Their columns are the same in every row and value, so of any plan that serves a later one an equal plan serves an
// earlier one in its place; and their own places cannot hold more of them. Called by index.ts.

import type { PriorityClass } from '../domain/configuration.ts';
import type { AgentId, RequestId } from '../domain/ids.ts';
import type { Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { ageBucket, deadlineBucket } from './objective.ts';
import type { Room } from './room.ts';
import type { Template } from './templates.ts';

/*
 *   most = 1 + sum over the columns j of the template of  min over rows i of capacity, windows, seats and promised starts  floor(b_i / a_ij)
 *
 * 11,000 that wait in 30 queues for 60 free units would have 11,000 columns, of which 600 at most could be served: the rest is work for the
 * tick, the solver and whoever checks them, and nothing else. Shares and accounts are left out of the sum: they only make it smaller.
 */

/** Of one agent and class only age and deadline tell requests apart, which their worth depends on. */
const DEADLINE_BUCKETS = 4;

/** Requests of one template, agent, age and deadline, in order. */
interface Alike {
  count: number;
  /** The last that has columns. They are those behind it as well: equal in every row and value. */
  last: RequestId | null;
  readonly behind: RequestId[];
}

export class AlikeRequests {
  readonly #room: Room;
  readonly #most = new Map<Template, Units>();
  readonly #groups = new Map<Template, Map<AgentId, Alike[]>>();

  constructor(room: Room) {
    this.#room = room;
  }

  /**
   * Counts it; true: as many as could ever start, and one more, came before. Not where a policy may tell requests apart by what else they say,
   * where readers alone are no matter of units, or where combinations were left out that those behind might still be tried with.
   */
  isOneTooMany(request: ResourceRequest, template: Template): boolean {
    const { isContested, policy } = this.#room;
    if (!template.complete || isContested || !policy.isSilent) return false;
    const alike = this.#alikeOf(request, template);
    alike.count += 1;
    if (alike.count <= this.#mostOf(template)) {
      alike.last = request.id;
      return false;
    }
    alike.behind.push(request.id);
    return true;
  }

  /** Whose columns are those of a request that has none because of others before it. */
  standInFor(request: RequestId): RequestId | null {
    for (const byAgent of this.#groups.values())
      for (const groups of byAgent.values())
        for (const alike of groups) if (alike?.behind.includes(request)) return alike.last;
    return null;
  }

  #alikeOf({ agent, terms, submittedAt }: ResourceRequest, template: Template): Alike {
    let byAgent = this.#groups.get(template);
    if (byAgent === undefined) {
      byAgent = new Map();
      this.#groups.set(template, byAgent);
    }
    let groups = byAgent.get(agent);
    if (groups === undefined) {
      groups = [];
      byAgent.set(agent, groups);
    }
    const bucket = this.#bucketOf({ terms, submittedAt }, template.priority);
    let alike = groups[bucket];
    if (alike === undefined) {
      alike = { count: 0, last: null, behind: [] };
      groups[bucket] = alike;
    }
    return alike;
  }

  #bucketOf(
    { terms, submittedAt }: Pick<ResourceRequest, 'terms' | 'submittedAt'>,
    { targetWaitSeconds }: PriorityClass,
  ): number {
    const { now } = this.#room;
    const age = ageBucket(now - submittedAt, targetWaitSeconds);
    return age * DEADLINE_BUCKETS + deadlineBucket(terms, now, targetWaitSeconds);
  }

  #mostOf(template: Template): Units {
    let most = this.#most.get(template);
    if (most === undefined) {
      most = 1;
      for (const { units } of template.columns) {
        let fit = Number.POSITIVE_INFINITY;
        for (const { row, coefficient } of units) fit = Math.min(fit, Math.floor(row.room / coefficient));
        most += fit;
      }
      this.#most.set(template, most);
    }
    return most;
  }
}
