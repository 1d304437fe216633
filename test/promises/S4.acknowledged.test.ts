// S4: no acknowledged request lost; the same idempotency key has the same answer. Many processes, one key, lines cut at every moment.
import { afterEach, describe, expect, it } from 'vitest';
import { aConfiguration, aPool, aRequest, requestIdOf } from '../support/builders.ts';
import { CutProxy } from '../support/cutProxy.ts';
import { checkPromises } from '../support/promises.ts';
import { type LiveCell, liveCell, outcomeOf, submission } from './liveCell.ts';

let cell: LiveCell;
let proxy: CutProxy | null = null;
afterEach(async () => {
  await cell.close();
  await proxy?.close();
  proxy = null;
});

const fourGpus = () => aConfiguration().pool(aPool('gpu-a').gpu(4));

describe('S4 no acknowledged request lost, the same key has the same answer', () => {
  it('when three processes send one key at once, again and again', async () => {
    cell = await liveCell(fourGpus());
    const adapters = [cell.adapter, await cell.store.open(), await cell.store.open()];
    const leader = await cell.elect();
    const answers = new Map<string, Set<string>>();
    for (let round = 0; round < 10; round += 1) {
      const key = `client-${round % 5}`;
      const sends = adapters.map(async ({ intakeWriter }, i) => {
        const request = {
          ...aRequest(100 + round * 3 + i)
            .gpu(1)
            .build(),
          clientRequestId: key,
        };
        const [outcome] = await intakeWriter.write([submission('main', request)]);
        if (outcome?.type !== 'accepted' && outcome?.type !== 'replayed')
          throw new Error(`it was ${outcome?.type}`);
        return outcome.type === 'replayed' ? outcome.request : request.id;
      });
      const ids = await Promise.all([...sends, leader.tick()]);
      for (const id of ids.slice(0, 3)) answers.set(key, (answers.get(key) ?? new Set()).add(id as string));
    }
    await leader.settle();
    expect([...answers.values()].map((ids) => ids.size)).toEqual([1, 1, 1, 1, 1]);
    const acknowledged = [...answers.values()].flatMap((ids) => [...ids]);
    const dump = await cell.dump();
    expect(dump.request.map((row) => row.id).toSorted()).toEqual(acknowledged.toSorted());
    expect(checkPromises(dump, { acknowledged })).toEqual([]);
  });

  it('and a key that comes with another body is refused, and told whose it is', async () => {
    cell = await liveCell(fourGpus());
    const first = aRequest(1).gpu(1).build();
    const other = { ...aRequest(2).gpu(2).build(), clientRequestId: first.clientRequestId };
    await cell.submit(first);
    expect(await cell.submit(other)).toEqual([{ type: 'mismatch', request: first.id }]);
    const leader = await cell.elect();
    await leader.settle();
    expect((await cell.dump()).request.map((row) => row.id)).toEqual([first.id]);
  });

  it.each(['beforeSend', 'afterSend', 'beforeReply'] as const)(
    'when the line is cut %s of the write, and again %s of the tick’s commit',
    async (moment) => {
      cell = await liveCell(fourGpus());
      proxy = await CutProxy.before(cell.store.url);
      const adapter = await cell.store.open({ url: proxy.url });
      const requests = [1, 2, 3].map((n) => aRequest(n).gpu(1).build());
      const cutWrite = proxy.cutNext(moment, 'intake-write');
      const outcomes = await adapter.intakeWriter.write(
        requests.map((request) => submission('main', request)),
      );
      await cutWrite;
      expect(outcomes.map(({ type }) => type)).toEqual(['accepted', 'accepted', 'accepted']);
      const leader = await cell.elect(adapter);
      const cutCommit = proxy.cutNext(moment, 'tick-commit');
      expect((await leader.tick()).type).toBe('committed');
      await cutCommit;
      await leader.settle();
      const dump = await cell.dump();
      expect(dump.request.map((row) => row.state)).toEqual(['granted', 'granted', 'granted']);
      expect(dump.tick.map((row) => row.tick)).toEqual([1]);
      expect(checkPromises(dump, { acknowledged: requests.map(({ id }) => id) })).toEqual([]);
    },
  );

  it('when the leader that had taken the row is gone before its commit', async () => {
    cell = await liveCell(fourGpus());
    const lost = await cell.elect();
    const request = aRequest(1).gpu(1).build();
    await cell.submit(request);
    lost.ports = {
      ...lost.ports,
      store: { commit: () => Promise.reject(new Error('the process ended here')) },
    };
    await expect(lost.tick()).rejects.toThrow('the process ended here');
    const next = await cell.elect();
    await next.settle();
    expect(outcomeOf(await cell.dump(), request)).toBe('granted');
  });

  it('and the checker sees an acknowledged request that is not there', async () => {
    cell = await liveCell(fourGpus());
    const leader = await cell.elect();
    const request = aRequest(1).gpu(1).build();
    await cell.submit(request);
    await leader.settle();
    const dump = await cell.dump();
    const wantViolations = [{ promise: 'S4', what: `${requestIdOf(2)} was acknowledged and is lost` }];
    expect(checkPromises(dump, { acknowledged: [request.id, requestIdOf(2)] })).toEqual(wantViolations);
  });
});
