// Promised starts beside what else holds units: leases on notice, earmarks and nominees, work without a known end, nodes, rules of the policy.
import { describe, expect, it } from 'vitest';
import { explainRequest, lookOver } from '../../../scheduler/explanation.ts';
import { newMemo } from '../../../scheduler/formulate/index.ts';
import type { State } from '../../../scheduler/index.ts';
import { planReservations } from '../../../scheduler/reservations/planning.ts';
import { takeSnapshot } from '../../../scheduler/snapshot.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../../support/builders.ts';
import { nodeSet } from '../../support/organisationBuilder.ts';
import { GRACE, HandCell, MINIMUM_RUN, SECOND } from '../preemption/cell.ts';

const LATE = NOW - HOUR;
/** Of the class `standard`; `critical` waits five seconds. */
const TARGET = 120 * SECOND;

const eightGpus = () =>
  aConfiguration()
    .department('a')
    .agent('ann')
    .department('b')
    .agent('bob')
    .department('c')
    .agent('cleo')
    .pool(aPool('gpu-a').gpu(8));

const of = (number: number, agent: 'ann' | 'bob' | 'cleo', gpus: number) =>
  aRequest(number).by(agent, { ann: 'a', bob: 'b', cleo: 'c' }[agent]).gpu(gpus);

const standingOf = (state: State, now: number, number: number) => {
  const pending = [...state.requests.values()].find(({ request }) => Number(request.id.slice(4)) === number)!;
  return explainRequest(lookOver(state, takeSnapshot(state, now)), pending.request, { type: 'all' })!
    .reservation;
};

const promisedTo = (state: State, number: number) =>
  [...state.reserved.values()].find(({ request }) => Number(request.slice(4)) === number);

describe('work without a known end', () => {
  it('supports no promise, and the explanation says so; its slices are renewed', async () => {
    const cell = new HandCell(eightGpus());
    await cell.submit(of(1, 'bob', 6).seconds(900).terms({ openEnded: true })).tick();
    await cell.tick(SECOND);
    await cell.submit(of(2, 'ann', 8)).tick(SECOND);
    await cell.tick(TARGET);
    expect(cell.state.reserved.size).toBe(0);
    expect(standingOf(cell.state, cell.now, 2).why).toBe('noEnd');
    await cell.tick(700 * SECOND);
    expect([...cell.state.leases.values()].map(({ endsAt }) => endsAt)).toEqual([NOW + 1800 * SECOND]);
  });

  it('is not begun on units that are promised for later, however short its slice', async () => {
    const cell = new HandCell(eightGpus());
    await cell.submit(of(1, 'bob', 6).seconds(7200)).tick();
    await cell.tick(SECOND);
    await cell.submit(of(2, 'ann', 8)).tick(SECOND);
    await cell.tick(TARGET);
    const rows = [of(3, 'cleo', 1).seconds(900).terms({ openEnded: true }), of(4, 'cleo', 1).seconds(900)];
    await cell.submit(...rows).tick(SECOND);
    expect(cell.waiting()).toMatchObject({ '03': ['RESERVED'] });
    expect(cell.holding()).toEqual(['01', '04']);
  });
});

/** Six of eight are on notice for a critical request of all eight; others wait for four. */
async function onNotice(): Promise<HandCell> {
  const cell = new HandCell(eightGpus());
  await cell.submit(of(1, 'ann', 6).class('batch').seconds(86_400)).tick();
  await cell.tick(SECOND);
  await cell.submit(of(2, 'ann', 8).class('critical').seconds(600)).tick(MINIMUM_RUN);
  expect(cell.revoking()).toEqual(['01']);
  await cell.submit(of(3, 'bob', 4).class('critical')).tick(SECOND);
  await cell.tick(5 * SECOND);
  return cell;
}

describe('a promise beside an earmark', () => {
  it('is made of what the earmark’s lease will give back, and not of what is held for it', async () => {
    const cell = await onNotice();
    const [earmark] = [...cell.state.earmarks.values()];
    expect(earmark!.endsAt).toBe(earmark!.graceEndsAt + 600 * SECOND + MINUTE);
    expect(promisedTo(cell.state, 3)?.startsAt).toBe(earmark!.endsAt);
  });

  it('is not owed to whoever has the earmark', async () => {
    const cell = await onNotice();
    expect(promisedTo(cell.state, 2)).toBeUndefined();
    expect(standingOf(cell.state, cell.now, 2).why).toBe('earmarked');
  });

  it('stands when the earmark has become a lease, and is kept', async () => {
    const cell = await onNotice();
    const { startsAt } = promisedTo(cell.state, 3)!;
    await cell.tick(GRACE);
    expect(cell.leaseOf(of(2, 'ann', 8)).endsAt).toBeLessThan(startsAt);
    expect(promisedTo(cell.state, 3)?.startsAt).toBe(startsAt);
    await cell.tick(startsAt - cell.now);
    expect(cell.leaseOf(of(3, 'bob', 4)).grantedAt).toBeLessThanOrEqual(startsAt);
  });
});

/** Two leases of four end in two hours, and cleo is promised all eight then. */
async function promisedAll(): Promise<HandCell> {
  const cell = new HandCell(eightGpus());
  await cell.submit(of(1, 'ann', 4).class('batch').seconds(7200), of(2, 'bob', 4).seconds(7200)).tick();
  await cell.tick(SECOND);
  await cell.submit(of(3, 'cleo', 8)).tick(MINIMUM_RUN);
  await cell.tick(TARGET);
  expect(promisedTo(cell.state, 3)?.startsAt).toBe(NOW + 2 * HOUR);
  return cell;
}

describe('a nominee', () => {
  it('takes back nothing for a lease that would still live when somebody is promised a start', async () => {
    const cell = await promisedAll();
    await cell.submit(of(4, 'ann', 4).class('critical').seconds(86_400)).tick(SECOND);
    await cell.tick(SECOND);
    expect(cell.revoking()).toEqual([]);
    expect(promisedTo(cell.state, 3)?.startsAt).toBe(NOW + 2 * HOUR);
  });

  it('takes back what it may for a lease that ends before', async () => {
    const cell = await promisedAll();
    await cell.submit(of(4, 'ann', 4).class('critical').seconds(1800)).tick(SECOND);
    expect(cell.revoking()).toEqual(['01']);
    expect(promisedTo(cell.state, 3)?.startsAt).toBe(NOW + 2 * HOUR);
  });
});

describe('a request', () => {
  it('that sits on a node is promised nothing, by name', () => {
    const configuration = aConfiguration()
      .department('a')
      .agent('ann')
      .pool(...nodeSet('rack', { id: 'n', count: 1, gpus: 1, cpuMilli: 4000, memoryMiB: 4096 }));
    const request = aRequest(1).by('ann', 'a').bundle({ cpu: 4000 }).submittedAt(LATE).pending();
    const state = aState(configuration)
      .request({ ...request, waitingCodes: ['NODE_FULL'] })
      .build();
    expect(planReservations(state, { now: NOW, memo: newMemo(), isFreed: false })).toEqual([]);
    expect(standingOf(state, NOW, 1).why).toBe('nodes');
  });

  it('loses a promise that has come when a limit of the policy does not let it start', () => {
    const big = of(1, 'ann', 8).submittedAt(LATE);
    const { id, department, agent } = big.build();
    const state = aState(eightGpus())
      .request({ ...big.pending(), waitingCodes: ['POOL_FULL'] })
      .policy({ id: 'none', terms: [{ selector: {}, coefficient: 1, per: 'unit' }], limit: 0 } as never)
      .reserve({
        request: id,
        department,
        agent,
        class: 'standard',
        option: 0,
        units: [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 8 }],
        madeAt: LATE,
        startsAt: NOW,
        endsAt: NOW + HOUR,
      })
      .build();
    const [change] = planReservations(state, { now: NOW, memo: newMemo(), isFreed: false });
    expect(change).toMatchObject({ type: 'reservationDropped', cause: 'policy' });
  });
});
