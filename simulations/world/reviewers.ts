// Those who rule: a reviewer looks at each request in the slot that was found for it, so long after the slot begins, and approves so many in a
// hundred. Invariant: one seed gives the same rulings; whoever rules may do so, or nobody does and the slot lapses. Called by liveRun.ts.

import {
  type Approval,
  type Configuration,
  type Instant,
  type IntakeActor,
  refusalOfRuling,
} from '../../scheduler/index.ts';
import { Chance } from './chance.ts';
import type { World } from './world.ts';

export interface ReviewTerms {
  /** Absent: 100. */
  readonly approvePercent?: number;
  /** From the slot's beginning, or from the look at it, to the Ruling; absent: 300. */
  readonly seconds?: number;
}

export class Reviewers {
  readonly #terms: ReviewTerms;
  readonly #chance: Chance;
  readonly #due: { readonly at: Instant; readonly approval: Approval }[] = [];

  constructor(terms: ReviewTerms, seed: number) {
    this.#terms = terms;
    this.#chance = new Chance(seed ^ 0x2545f491);
  }

  /** Answers the instants at which something is to be done about it. */
  noticed(approval: Approval, now: Instant): readonly Instant[] {
    const { state, slot } = approval;
    if (state !== 'scheduled' || slot === null) return [];
    const at = Math.max(now, slot.startsAt) + (this.#terms.seconds ?? 300) * 1000;
    if (at >= slot.endsAt) return [slot.endsAt];
    this.#due.push({ at, approval });
    return [at, slot.endsAt];
  }

  async rule(world: World, configuration: Configuration): Promise<void> {
    const { now } = world;
    const ripe = this.#due.filter(({ at }) => at <= now);
    if (ripe.length === 0) return;
    this.#due.splice(0, this.#due.length, ...this.#due.filter(({ at }) => at > now));
    for (const { approval } of ripe) {
      const isApproved = this.#chance.percent(this.#terms.approvePercent ?? 100);
      const reviewer = reviewerOf(configuration, approval);
      if (reviewer === null || world.state.approvals.get(approval.id)?.state !== 'scheduled') continue;
      const { id, digest } = approval;
      const verdict = isApproved ? ('approve' as const) : ('reject' as const);
      await world.actAs(reviewer, { type: 'rule', approval: id, digest, verdict, reason: 'simulated' });
    }
  }
}

/** The first whom nothing forbids, by the order of the departments. */
function reviewerOf(configuration: Configuration, approval: Approval): IntakeActor | null {
  for (const { id } of configuration.departments) {
    const actor: IntakeActor = { subject: `reviewer of ${id}`, department: id, agent: null };
    if (refusalOfRuling(configuration, actor, approval) === null) return actor;
  }
  return null;
}
