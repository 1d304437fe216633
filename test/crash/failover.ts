// How long callers go without a decision when the leader is lost: killed, stopped, cut off from the database, or asked to go.
// Invariant: a round begins with a leader and a standby that is ready, and ends with the same. Run by failoverRig.ts and failover.test.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import type { AnnonaClient } from '../../api/client/index.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { CutProxy } from '../support/cutProxy.ts';
import { type Fleet, type FleetDatabase, leaderOf, type Member, startFleet } from '../support/fleet.ts';
import { attempt } from './load.ts';

export const LOSSES = ['killed', 'stopped', 'cutOff', 'graceful'] as const;
export type Loss = (typeof LOSSES)[number];

export interface Round {
  readonly loss: Loss;
  /** From the loss, when the request was sent, to the answer that held its decision. */
  readonly decisionMs: number;
  readonly epochBefore: number;
  readonly epochAfter: number;
}

export interface FailoverRig {
  readonly fleet: Fleet;
  round(loss: Loss): Promise<Round>;
  cleanUp(): Promise<void>;
}

export function failoverOrganisation() {
  return aConfiguration().department('research').agent('ada').pool(aPool('gpu-a').gpu(8, 'H100')).build();
}

export async function failoverRig(given: { database?: FleetDatabase } = {}): Promise<FailoverRig> {
  const fleet = await startFleet(failoverOrganisation(), given);
  const proxies = new Map<Member, CutProxy>();
  const addScheduler = async (): Promise<void> => {
    const proxy = await CutProxy.before(fleet.databaseUrl);
    proxies.set(await fleet.start(['scheduler'], { databaseUrl: proxy.url }), proxy);
  };
  await addScheduler();
  await addScheduler();
  const api = await fleet.start(['api']);
  const client = await api.clientOf(fleet.configuration.agents[0]!);
  let rounds = 0;
  return {
    fleet,
    async round(loss) {
      rounds += 1;
      const { leader, epoch: epochBefore } = await settled(fleet, client);
      const proxy = proxies.get(leader)!;
      const startedMs = performance.now();
      const losing = lose(leader, loss, proxy);
      const id = await decided(client, `round-${rounds}`);
      const decisionMs = performance.now() - startedMs;
      await losing;
      if (loss === 'stopped') leader.thaw();
      if (loss === 'cutOff') proxy.restore();
      if (!leader.alive()) {
        await proxy.close();
        proxies.delete(leader);
        await addScheduler();
      }
      await client.cancel(id);
      const { epoch: epochAfter } = await settled(fleet, client);
      return { loss, decisionMs, epochBefore, epochAfter };
    },
    async cleanUp() {
      await fleet.cleanUp();
      for (const proxy of proxies.values()) await proxy.close();
    },
  };
}

function lose(leader: Member, loss: Loss, proxy: CutProxy): Promise<void> | void {
  switch (loss) {
    case 'killed':
      return leader.kill();
    case 'graceful':
      return leader.stop();
    case 'stopped':
      return leader.freeze();
    case 'cutOff':
      return proxy.silence();
    default: {
      const never: never = loss;
      throw new Error(`unknown loss ${never}`);
    }
  }
}

/** Submits, and asks again under the same key until the answer holds a decision. */
async function decided(client: AnnonaClient, clientRequestId: string): Promise<string> {
  const body = {
    clientRequestId,
    options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
    terms: { class: 'standard', durationSeconds: 600 },
  };
  for (;;) {
    let found: { id: string; state: string } | null = null;
    await attempt(async () => {
      found = await client.submit(body, { waitSeconds: 10 });
    });
    const { id, state } = found ?? { id: '', state: 'queued' };
    if (state !== 'queued') return id;
  }
}

/** One leads and says so, every other scheduler stands by, and nothing waits. */
async function settled(fleet: Fleet, client: AnnonaClient): Promise<{ leader: Member; epoch: number }> {
  for (;;) {
    const leader = await leaderOf(fleet);
    const standing = await Promise.all(
      fleet.of('scheduler').map((member) => member.readiness().catch(() => null)),
    );
    const counts = standing.map((ready) => ready?.status);
    const one = counts.filter((status) => status === 200).length === 1;
    if (leader !== null && one && counts.every((status) => status === 200 || status === 503)) {
      const open = (await client.get('/v1/requests?state=queued&limit=1')) as { items: unknown[] };
      const epoch = await epochOf(leader);
      // Zero: it stood down since it was asked, as one that was stopped does when it wakes.
      if (open.items.length === 0 && epoch > 0) return { leader, epoch };
    }
    await sleep(20);
  }
}

async function epochOf(leader: Member): Promise<number> {
  const page = await (await fetch(new URL('/metrics', leader.url))).text();
  return Number(/^scheduler_leader_epoch (\d+)/m.exec(page)?.[1]);
}
