// S3: one terminal outcome per request. Cancels that meet submits, grants, expiries and one another; a leader that opens what was closed.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { PendingRequest, ResourceRequest } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const fourGpus = () => aConfiguration().agent('ada').agent('bob').pool(aPool('gpu-a').gpu(4));
const TERMINAL = /^annona\.request\.(granted|denied|expired|cancelled)\.v1$/;

function terminalEvents(dump: StoreDump): Map<string, number> {
  const told = new Map<string, number>();
  for (const { type, request_id } of dump.event) {
    if (TERMINAL.test(type)) told.set(request_id, (told.get(request_id) ?? 0) + 1);
  }
  return told;
}

const cancel = (request: ResourceRequest) => cell.act({ type: 'cancel', request: request.id }, request);

/** An open request as it was, so that a test can put it back into a memory that has closed it. */
function pendingOf(leader: Leader, request: ResourceRequest): PendingRequest {
  const pending = leader.state.requests.get(request.id);
  if (pending === undefined) throw new Error(`${request.id} is not open`);
  return { ...pending };
}

describe('S3 one terminal outcome per request', () => {
  it('when a cancel arrives in the batch of its submit, after the grant, after the cancel, and for a stranger', async () => {
    cell = await liveCell(fourGpus());
    const leader = await cell.elect();
    const [inBatch, granted, stranger] = [1, 2, 3].map((n) => aRequest(n).gpu(1).build()) as [
      ResourceRequest,
      ResourceRequest,
      ResourceRequest,
    ];
    await cell.submit(inBatch, granted, stranger);
    await cancel(inBatch);
    await cell.act({ type: 'cancel', request: stranger.id }, { department: 'research', agent: 'bob' });
    await leader.settle();
    await cancel(granted);
    await cancel(granted);
    await cancel(inBatch);
    await leader.settle();
    const dump = await cell.dump();
    expect([inBatch, granted, stranger].map((request) => outcomeOf(dump, request))).toEqual([
      'cancelled',
      'granted',
      'granted',
    ]);
    expect([...terminalEvents(dump).values()]).toEqual([1, 1, 1]);
    const wantEnd = { state: 'released', end_cause: 'cancelled' };
    expect(dump.lease.find((row) => row.request_id === granted.id)).toMatchObject(wantEnd);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('when submits, cancels and ticks of a contended pool race over three connections', async () => {
    cell = await liveCell(fourGpus());
    const other = await cell.store.open();
    const leader = await cell.elect();
    const draw = seededDraw(3);
    const requests: ResourceRequest[] = [];
    for (let round = 0; round < 15; round += 1) {
      const made = [0, 1, 2].map((n) =>
        aRequest(round * 10 + n)
          .gpu(draw(1, 4))
          .build(),
      );
      requests.push(...made);
      const acts = Array.from({ length: 3 }, () => requests[draw(0, requests.length - 1)] as ResourceRequest);
      const cancels = acts.map((request) => ({
        cell: 'main',
        actor: { subject: 'ada', department: request.department, agent: request.agent },
        command: { type: 'cancel', request: request.id } as const,
        idempotency: null,
      }));
      await Promise.all([cell.submit(...made), other.intakeWriter.write(cancels), leader.tick()]);
    }
    for (const request of requests) await cancel(request);
    await leader.settle();
    const dump = await cell.dump();
    expect(dump.request.filter((row) => row.state === 'queued' || row.state === 'waiting')).toEqual([]);
    expect(terminalEvents(dump).size).toBe(requests.length);
    expect(new Set(terminalEvents(dump).values())).toEqual(new Set([1]));
    expect(new Set(dump.request.map((row) => row.state)).size).toBeGreaterThan(1);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('when a deadline passes in the tick that folds the cancel', async () => {
    cell = await liveCell(fourGpus());
    const leader = await cell.elect();
    const first = aRequest(1).gpu(4).build();
    const startBefore = Date.now() + 60_000;
    const waiting = aRequest(2).gpu(4).terms({ startBefore }).build();
    await cell.submit(first, waiting);
    await leader.settle();
    expect(outcomeOf(await cell.dump(), waiting)).toBe('waiting');
    await cancel(waiting);
    const { intake } = leader.ports;
    leader.ports = {
      ...leader.ports,
      intake: { take: async (...asked) => ({ ...(await intake.take(...asked)), now: startBefore + 1 }) },
    };
    await leader.tick();
    const dump = await cell.dump();
    expect(outcomeOf(dump, waiting)).toBe('expired');
    expect(terminalEvents(dump).get(waiting.id)).toBe(1);
  });

  it.each(['granted', 'cancelled'] as const)(
    'of a leader that takes up a request again that is %s: the database refuses the tick whole',
    async (outcome) => {
      cell = await liveCell(fourGpus());
      const leader = await cell.elect();
      const request = aRequest(2).gpu(4).build();
      await cell.submit(aRequest(1).gpu(4).build(), request);
      await leader.settle();
      const open = pendingOf(leader, request);
      const holder = [...leader.state.leases.values()][0]!;
      if (outcome === 'cancelled') await cancel(request);
      await cell.act({ type: 'release', lease: holder.id, epoch: holder.epoch }, holder);
      await leader.settle();
      expect(outcomeOf(await cell.dump(), request)).toBe(outcome);
      leader.state.requests.set(request.id, open);
      leader.state.used.clear();
      await cell.submit(aRequest(3).gpu(1).build());
      const before = await cell.dump();
      await expect(leader.tick()).rejects.toThrow(/^S3: a request may not move so/);
      expect(await cell.dump()).toEqual(before);
    },
  );

  it('of a leader that folds an intake row twice: the database refuses the tick whole', async () => {
    cell = await liveCell(fourGpus());
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(1).build());
    const folded = await cell.adapter.intake.take('main', 10);
    await leader.settle();
    leader.ports = { ...leader.ports, intake: { take: async () => folded } };
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/^S3: an intake row is folded once/);
    expect(await cell.dump()).toEqual(before);
  });
});
