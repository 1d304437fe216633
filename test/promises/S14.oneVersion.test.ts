// S14: one tick, one version of everything. Configurations, policies and data that arrive at every step of a tick belong to a later one.
import { afterEach, describe, expect, it } from 'vitest';
import { policyDataOf } from '../../api/policyData.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const gpus = (count: number) => aConfiguration().pool(aPool('gpu-a').gpu(count));

type Arrival = () => Promise<unknown>;

/** Where something may arrive while a tick is under way: the ports that it waits for. */
const MOMENTS: Readonly<Record<string, (ports: Leader['ports'], arrive: Arrival) => Leader['ports']>> = {
  'as the intake is taken': (ports, arrive) => ({
    ...ports,
    intake: {
      take: async (...asked) => {
        const batch = await ports.intake.take(...asked);
        await arrive();
        return batch;
      },
    },
  }),
  'while the policy is asked': (ports, arrive) => {
    const { policy } = ports;
    return {
      ...ports,
      policy: {
        get policyRevision() {
          return policy.policyRevision;
        },
        get dataRevision() {
          return policy.dataRevision;
        },
        adopt: (configuration) => policy.adopt(configuration),
        evaluate: async (...asked) => {
          const verdicts = await policy.evaluate(...asked);
          await arrive();
          return verdicts;
        },
      },
    };
  },
  'while the solver works': (ports, arrive) => ({
    ...ports,
    solver: {
      ...ports.solver,
      solve: async (...asked) => {
        await arrive();
        return ports.solver.solve(...asked);
      },
    },
  }),
  'just before the commit': (ports, arrive) => ({
    ...ports,
    store: {
      commit: async (commit) => {
        await arrive();
        return ports.store.commit(commit);
      },
    },
  }),
};

/** Arrives once: a port may be asked again. */
function once(arrive: Arrival): Arrival {
  let arrived = false;
  return async () => {
    if (arrived) return;
    arrived = true;
    await arrive();
  };
}

describe('S14 one tick, one version of everything', () => {
  it.each(Object.entries(MOMENTS))(
    'a configuration that arrives %s is a later tick’s',
    async (_moment, bend) => {
      cell = await liveCell(gpus(4));
      const before = await cell.elect();
      const [first, second] = [aRequest(1).gpu(4).build(), aRequest(2).gpu(1).build()];
      await cell.submit(first);
      const newer = gpus(2).build();
      before.ports = bend(
        before.ports,
        once(() => cell.adapter.configuration.store(newer)),
      );
      expect((await before.tick()).type).toBe('committed');
      const dump = await cell.dump();
      expect(outcomeOf(dump, first)).toBe('granted');
      expect(dump.tick.at(-1)).toMatchObject({ configuration_revision: cell.configuration.revision });
      expect(dump.tick.at(-1)?.record.configurationRevision).toBe(cell.configuration.revision);

      const after = await cell.elect();
      await cell.submit(second);
      await after.settle();
      const later = await cell.dump();
      expect(later.tick.toSorted((a, b) => a.tick - b.tick).at(-1)?.configuration_revision).toBe(
        newer.revision,
      );
      expect(outcomeOf(later, second)).toBe('waiting');
      expect(checkPromises(later)).toEqual([]);
    },
  );

  it.each(Object.entries(MOMENTS))(
    'policy data that arrives %s leaves the tick with one revision',
    async (_moment, bend) => {
      cell = await liveCell(gpus(8));
      const leader = await cell.elect();
      const filler = aRequest(1).gpu(8).build();
      const waits = aRequest(2).gpu(8).build();
      await cell.submit(filler, waits);
      await leader.settle();
      const lease = leader.leaseOf(filler);
      await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
      await cell.submit(aRequest(3).gpu(1).build(), aRequest(4).gpu(1).build());
      const { ports } = leader;
      const stricter = policyDataOf(
        aConfiguration()
          .department('research', { requestLimits: { gpu: 100 } })
          .build(),
      );
      leader.ports = bend(
        ports,
        once(() => cell.policy.activate({ data: stricter })),
      );
      expect((await leader.tick()).type).toBe('committed');
      leader.ports = ports;
      const dump = await cell.dump();
      const { tick, record } = dump.tick.toSorted((a, b) => a.tick - b.tick).at(-1)!;
      const judged = dump.request.filter((row) => row.state === 'waiting' || row.decided_tick === tick);
      expect(judged.length).toBeGreaterThan(1);
      for (const row of judged) {
        expect([row.verdict_policy_revision, row.verdict_data_revision]).toEqual([
          record.policyRevision,
          record.dataRevision,
        ]);
      }
      expect(dump.event.filter((row) => row.tick === tick).map((row) => row.policy_revision)).toContain(
        record.policyRevision,
      );
      expect(checkPromises(dump)).toEqual([]);
    },
  );

  it('and the database refuses a tick under a configuration that it does not know', async () => {
    cell = await liveCell(gpus(4));
    const leader = await cell.elect();
    const strange = gpus(400).build();
    leader.state.configuration = strange;
    const { intake } = leader.ports;
    const take: typeof intake.take = async (...asked) => {
      return { ...(await intake.take(...asked)), revision: strange.revision };
    };
    leader.ports = { ...leader.ports, intake: { take } };
    await cell.submit(aRequest(1).gpu(40).build());
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/is not stored/);
    expect(await cell.dump()).toEqual(before);
  });

  it('and the checker sees a verdict of another version in a tick', async () => {
    cell = await liveCell(gpus(4));
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(4).build());
    await leader.settle();
    const dump = structuredClone(await cell.dump());
    Object.assign(dump.request[0]!, { verdict_policy_revision: 'another' });
    expect(checkPromises(dump)).not.toEqual([]);
  });
});
