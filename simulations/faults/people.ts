// Those who are no agents: a reviewer who rules on what is scheduled, and an operator who edits the organisation while it runs.
// Invariant: as agents, they believe answers alone. Called by cluster.ts.

import type { ApprovalId, Configuration, Digest, IntakeActor } from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import type { Client } from './client.ts';
import { edited, LAW } from './organisation.ts';
import type { Witness } from './witness.ts';

export interface PersonOptions {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly client: Client;
  readonly witness: Witness;
}

const REVIEWER: IntakeActor = { subject: 'rita', department: LAW, agent: null };
const OPERATOR: IntakeActor = { subject: 'otto', department: LAW, agent: null };
const APPROVES = 75;

export async function review(life: Life, { loop, chance, client, witness }: PersonOptions): Promise<void> {
  const ruled = new Set<ApprovalId>();
  for (;;) {
    await loop.sleep(chance.between(1000, 6000), life);
    const answer = await client.call((edge) => edge.scheduledApprovals());
    if (answer?.type !== 'ok') continue;
    for (const { id, digest } of answer.value) {
      if (ruled.has(id) && !chance.percent(20)) continue;
      const verdict = chance.percent(APPROVES) ? ('approve' as const) : ('reject' as const);
      const command = { type: 'rule', approval: id, digest, verdict, reason: 'seen' } as const;
      const done = await client.call((edge) => edge.act(REVIEWER, command));
      if (done?.type !== 'ok') continue;
      witness.acts.push({ act: 'rule', object: id });
      ruled.add(id);
    }
  }
}

export async function operate(
  life: Life,
  options: PersonOptions & {
    readonly whole: Configuration;
    readonly digest: Digest;
    readonly isOver: () => boolean;
  },
): Promise<void> {
  const { loop, chance, client, whole, digest, isOver } = options;
  for (;;) {
    await loop.sleep(chance.between(800, 5000), life);
    if (isOver()) return;
    await client.call((edge) =>
      edge.edit(OPERATOR, () => {
        // Asked while it was over already, it must not undo what was given back.
        if (isOver()) return { to: whole, object: 'whole' };
        const { configuration: to, object } = edited(whole, chance, digest);
        return { to, object };
      }),
    );
  }
}

/** At the end of the faults: what was cut is given back. Again until it is answered. */
export async function restore(
  life: Life,
  { loop, client, whole }: PersonOptions & { readonly whole: Configuration },
): Promise<void> {
  for (;;) {
    const answer = await client.call((edge) => edge.edit(OPERATOR, () => ({ to: whole, object: 'whole' })));
    if (answer?.type === 'ok' && answer.value) return;
    await loop.sleep(200, life);
  }
}
