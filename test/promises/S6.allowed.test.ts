// S6: no grant without a recorded allow of that policy revision. Policies that deny, that change while a tick is under way, that fall silent.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { policyDataOf } from '../../api/policyData.ts';
import type { RecordedVerdict } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const organisation = (limits: Record<string, number> = {}) =>
  aConfiguration().department('research', { requestLimits: limits }).agent('ada').pool(aPool('gpu-a').gpu(8));

/** The policy's data as of an organisation in which no request may have more than this. */
const limitedTo = (gpu: number) => ({ data: policyDataOf(organisation({ gpu }).build()) });

/** Every grant beside the revisions under which its tick ran. */
function grants(dump: StoreDump) {
  const ticks = new Map(dump.tick.map((row) => [row.tick, row.record]));
  return dump.lease.map((lease) => {
    const request = dump.request.find((row) => row.id === lease.request_id)!;
    const { policyRevision, dataRevision } = ticks.get(lease.granted_tick)!;
    const { verdict_allow, verdict_policy_revision, verdict_data_revision } = request;
    return {
      verdict: [verdict_allow, verdict_policy_revision, verdict_data_revision],
      tick: [true, policyRevision, dataRevision],
    };
  });
}

function expectEachAllowed(dump: StoreDump): void {
  expect(dump.lease.length).toBeGreaterThan(0);
  for (const { verdict, tick } of grants(dump)) expect(verdict).toEqual(tick);
  expect(checkPromises(dump)).toEqual([]);
}

describe('S6 no grant without a recorded allow of that policy revision', () => {
  it('when the policy denies: the verdict and its codes are recorded, and nothing is held', async () => {
    cell = await liveCell(organisation({ gpu: 2 }));
    const leader = await cell.elect();
    const [small, large] = [aRequest(1).gpu(2).build(), aRequest(2).gpu(3).build()];
    await cell.submit(small, large);
    await leader.settle();
    const dump = await cell.dump();
    expect([outcomeOf(dump, small), outcomeOf(dump, large)]).toEqual(['granted', 'denied']);
    expect(dump.request.find((row) => row.id === large.id)).toMatchObject({
      verdict_allow: false,
      lease_id: null,
    });
    expectEachAllowed(dump);
  });

  it('when a stricter policy arrives while a request waits: it is asked again, and denied', async () => {
    cell = await liveCell(organisation());
    const leader = await cell.elect();
    const [first, waiting] = [aRequest(1).gpu(8).build(), aRequest(2).gpu(8).build()];
    await cell.submit(first, waiting);
    await leader.settle();
    await cell.policy.activate(limitedTo(4));
    const lease = leader.leaseOf(first);
    await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    await leader.settle();
    const dump = await cell.dump();
    expect(outcomeOf(dump, waiting)).toBe('denied');
    expect(dump.lease.map((row) => row.request_id)).toEqual([first.id]);
  });

  it('when the policy is swapped before, during and after the evaluation, and while the solver works', async () => {
    cell = await liveCell(organisation());
    const leader = await cell.elect();
    const { policy, solver } = leader.ports;
    const swap = (gpu: number) => cell.policy.activate(limitedTo(gpu));
    const moments: ((run: { leader: Leader; gpu: number }) => void)[] = [
      ({ gpu }) => {
        leader.ports = withGate(leader, async (...asked) => {
          const swapped = swap(gpu);
          const verdicts = await policy.evaluate(...asked);
          await swapped;
          return verdicts;
        });
      },
      ({ gpu }) => {
        leader.ports = withGate(leader, async (...asked) => {
          const evaluated = policy.evaluate(...asked);
          await swap(gpu);
          return evaluated;
        });
      },
      ({ gpu }) => {
        leader.ports = withGate(leader, async (...asked) => {
          const verdicts = await policy.evaluate(...asked);
          await swap(gpu);
          return verdicts;
        });
      },
      ({ gpu }) => {
        leader.ports = {
          ...leader.ports,
          policy,
          solver: {
            ...solver,
            async solve(...asked) {
              await swap(gpu);
              return solver.solve(...asked);
            },
          },
        };
      },
    ];
    for (const [i, moment] of moments.entries()) {
      moment({ leader, gpu: 100 + i });
      await cell.submit(
        aRequest(i + 1)
          .gpu(1)
          .build(),
      );
      await leader.tick();
      leader.ports = { ...leader.ports, policy, solver };
    }
    await leader.settle();
    const dump = await cell.dump();
    expect(new Set(dump.tick.map((row) => row.record.dataRevision)).size).toBeGreaterThan(2);
    expect(dump.lease).toHaveLength(4);
    expectEachAllowed(dump);
  });

  it('of a leader that grants what the policy denied: the database refuses the tick whole', async () => {
    cell = await liveCell(organisation({ gpu: 1 }));
    const leader = await cell.elect();
    const { store } = leader.ports;
    await cell.submit(aRequest(1).gpu(2).build());
    const { policy } = leader.ports;
    leader.ports = {
      ...withGate(leader, async (...asked) =>
        (await policy.evaluate(...asked)).map(
          (verdict): RecordedVerdict => ({ ...verdict, allow: true, codes: [] }),
        ),
      ),
      store: {
        commit: (commit) => {
          const changes = commit.changes.map((change) =>
            change.type === 'verdictRecorded'
              ? { ...change, verdict: { ...change.verdict, allow: false } }
              : change,
          );
          return store.commit({ ...commit, changes });
        },
      },
    };
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/s6_grant_has_allow/);
    expect(await cell.dump()).toEqual(before);
  });

  it('and the checker sees a grant under another revision than its tick', async () => {
    cell = await liveCell(organisation());
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(2).build());
    await leader.settle();
    const dump = structuredClone(await cell.dump());
    Object.assign(dump.request[0]!, { verdict_data_revision: 'another' });
    expect(checkPromises(dump).map(({ promise }) => promise)).toEqual(['S6']);
  });
});

function withGate(leader: Leader, evaluate: Leader['ports']['policy']['evaluate']): Leader['ports'] {
  const { policy } = leader.ports;
  return {
    ...leader.ports,
    policy: {
      get policyRevision() {
        return policy.policyRevision;
      },
      get dataRevision() {
        return policy.dataRevision;
      },
      adopt: (configuration) => policy.adopt(configuration),
      evaluate,
    },
  };
}
