// Gangs and exclusive datasets on PostgreSQL: whole or not at all, alone or not at all, also across a change of leaders and with a leader that errs.
import { afterEach, describe, expect, it } from 'vitest';
import type { GangTerms, ResourceRequest } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, type RequestBuilder } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const GANG: GangTerms = { id: 'evaluation-run-0042', size: 2, timeoutSeconds: 600 };

const organisation = () =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(4), aPool('corpus').dataset(4));

const ours = (number: number) => aRequest(number).by('ada').gpu(2).terms({ gang: GANG });
const theirs = (number: number) => aRequest(number).by('sam', 'sales').gpu(2).terms({ gang: GANG });
const alone = (number: number) => aRequest(number).claim('dataset', 1, { exclusive: true });

async function submit(...builders: readonly RequestBuilder[]): Promise<ResourceRequest[]> {
  const requests = builders.map((builder) => builder.build());
  const outcomes = await cell.submit(...requests);
  expect(outcomes.map(({ type }) => type)).toEqual(requests.map(() => 'accepted'));
  return requests;
}

/** What the next leader would load is what this one holds. */
async function expectSameMemory(leader: Leader): Promise<void> {
  const { state } = leader;
  const loaded = await cell.adapter.stateSource.load('main', leader.epoch);
  expect([...loaded.requests]).toEqual([...state.requests]);
  expect(loaded.gangs).toEqual(state.gangs);
  expect(loaded.exclusive).toEqual(state.exclusive);
  expect([...loaded.leases]).toEqual([...state.leases]);
}

/** A tick that sees this instant. */
async function tickAt(leader: Leader, now: number): Promise<void> {
  const { ports } = leader;
  leader.ports = {
    ...ports,
    intake: { take: async (...asked) => ({ ...(await ports.intake.take(...asked)), now }) },
  };
  await leader.tick();
  leader.ports = ports;
}

describe('a gang of two departments', () => {
  it('that one leader saw begin is granted whole by the next', async () => {
    cell = await liveCell(organisation());
    const first = await cell.elect();
    const [one] = await submit(ours(1));
    await first.settle();
    const until = first.state.requests.get(one!.id)?.gangUntil;
    expect(until).toBeGreaterThan(0);
    await expectSameMemory(first);
    const second = await cell.elect();
    expect(second.state.requests.get(one!.id)?.gangUntil).toBe(until);
    const [two] = await submit(theirs(2));
    await second.settle();
    await expectSameMemory(second);
    const dump = await cell.dump();
    expect([one!, two!].map((request) => outcomeOf(dump, request))).toEqual(['granted', 'granted']);
    expect(new Set(dump.lease.map((row) => row.granted_tick)).size).toBe(1);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('expires whole under another leader than the one that told it until when it would wait', async () => {
    cell = await liveCell(organisation());
    const first = await cell.elect();
    const [one] = await submit(ours(1));
    await first.settle();
    const second = await cell.elect();
    const until = second.state.requests.get(one!.id)!.gangUntil!;
    await tickAt(second, until);
    const dump = await cell.dump();
    expect(outcomeOf(dump, one!)).toBe('expired');
    expect(dump.request[0]?.reasons).toEqual([{ code: 'GANG_TIMEOUT', have: 1, size: 2 }]);
    expect(second.state.gangs.size).toBe(0);
  });

  it('takes in no member that says otherwise, and no more than it declared', async () => {
    cell = await liveCell(organisation().pool(aPool('gpu-b').gpu(1)));
    const leader = await cell.elect();
    const odd = theirs(2).terms({ gang: { ...GANG, size: 3 } });
    const requests = await submit(ours(1), odd, theirs(3), ours(4));
    await leader.settle();
    const dump = await cell.dump();
    expect(requests.map((request) => outcomeOf(dump, request))).toEqual([
      'granted',
      'denied',
      'granted',
      'denied',
    ]);
  });
});

describe('an exclusive dataset', () => {
  it('has one reader, through a change of leaders, until its lease ends', async () => {
    cell = await liveCell(organisation());
    const first = await cell.elect();
    const [holder] = await submit(alone(1));
    await first.settle();
    const second = await cell.elect();
    await expectSameMemory(second);
    const [reader] = await submit(aRequest(2).by('sam', 'sales').claim('dataset', 1));
    await second.settle();
    expect(second.state.requests.get(reader!.id)?.waitingCodes).toEqual(['DATASET_EXCLUSIVE']);
    const { id, epoch } = second.leaseOf(holder!);
    await cell.act({ type: 'release', lease: id, epoch }, holder!);
    await second.settle();
    expect(second.leaseOf(reader!).allocations[0]?.quantity).toBe(1);
    const [next] = await submit(alone(3));
    await second.settle();
    expect(second.state.requests.get(next!.id)?.waitingCodes).toEqual(['DATASET_SHARED']);
    await expectSameMemory(second);
    expect(checkPromises(await cell.dump())).toEqual([]);
  });

  it('is refused by the database to a leader that forgot who reads it', async () => {
    cell = await liveCell(organisation());
    const leader = await cell.elect();
    await submit(aRequest(1).claim('dataset', 1));
    await leader.settle();
    leader.state.used.delete('corpus');
    await submit(alone(2));
    await expect(leader.tick()).rejects.toThrow(/S1.*exclusively/);
    const dump = await cell.dump();
    expect(dump.lease).toHaveLength(1);
    expect(dump.capacity_use.find((row) => row.key === 'corpus')).toMatchObject({
      used: 1,
      exclusive: false,
    });
  });
});
