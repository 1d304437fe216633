// What becomes of a write whose reply is lost: it is found, or sent again, and never there twice (S4, S5).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresAdapter } from '../../../adapters/postgres/index.ts';
import type { ExtensionId } from '../../../scheduler/index.ts';
import { type CutMoment, CutProxy } from '../../support/cutProxy.ts';
import { ALL, actorOf, aRequest, aSubmit, CELL, StoreCell } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const MOMENTS: readonly CutMoment[] = ['beforeSend', 'afterSend', 'beforeReply'];

describe('a line that is cut', () => {
  let store: PostgresUnderTest;
  let proxy: CutProxy;
  let router: CutProxy;
  let behind: PostgresAdapter;
  let cell: StoreCell;
  let requests = 0;
  beforeAll(async () => {
    store = await postgresStore();
    cell = await StoreCell.open(store);
    proxy = await CutProxy.before(store.url);
    router = await CutProxy.before(store.url);
    behind = await store.open({ url: proxy.url });
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
    await router.close();
  });
  const nextRequest = () => {
    requests += 1;
    return aRequest(requests);
  };
  const rowsAbout = async (...ids: string[]) =>
    (await store.dump()).intake.filter((row) => ids.includes(row.object_id)).map((row) => row.object_id);

  describe.each(MOMENTS)('at the moment %s', (moment) => {
    it('leaves one row of each item of a group, and the first answers', async () => {
      const [keyed, keyless] = [nextRequest(), nextRequest()];
      const extension = `ext_${requests}` as ExtensionId;
      const extend = { type: 'extend', extension, lease: 'lse_1_1' as never, epoch: 1, seconds: 5 } as const;
      const cut = proxy.cutNext(moment, 'intake-write');
      const outcomes = await behind.intakeWriter.write([
        aSubmit(keyed, { key: keyed.id, digest: 'd' }),
        aSubmit(keyless),
        { cell: CELL, actor: actorOf(keyed), command: extend, idempotency: null },
      ]);
      await cut;
      const kept = (await store.dump()).intake.filter((row) =>
        [keyed.id, keyless.id, extension].includes(row.object_id as never),
      );
      expect(outcomes.map((outcome) => outcome.type)).toEqual(['accepted', 'accepted', 'accepted']);
      expect(kept.map((row) => row.id).sort()).toEqual(
        outcomes.map((outcome) => 'intake' in outcome && outcome.intake).sort(),
      );
    });

    it('tells a replay and a mismatch as they are', async () => {
      const first = nextRequest();
      await behind.intakeWriter.write([aSubmit(first, { key: first.id, digest: 'd' })]);
      const cut = proxy.cutNext(moment, 'intake-write');
      const outcomes = await behind.intakeWriter.write([
        aSubmit(nextRequest(), { key: first.id, digest: 'd' }),
        aSubmit(nextRequest(), { key: first.id, digest: 'other' }),
      ]);
      await cut;
      expect(outcomes).toMatchObject([
        { type: 'replayed', request: first.id },
        { type: 'mismatch', request: first.id },
      ]);
    });

    it('commits a tick once', async () => {
      const request = nextRequest();
      const commit = cell.compose(cell.grants(cell.lease({ request }), request));
      const cut = proxy.cutNext(moment, 'tick-commit');
      expect(await behind.store.commit(commit)).toBe('committed');
      await cut;
      const dump = await store.dump();
      expect(dump.tick.filter((row) => row.tick === commit.record.tick)).toHaveLength(1);
      expect(dump.lease.filter((row) => row.request_id === request.id)).toHaveLength(1);
      expect(dump.event.filter((row) => row.request_id === request.id)).toHaveLength(2);
      cell.tickNumber = commit.record.tick;
      cell.digest = commit.record.digest;
      cell.sequence += commit.events.length;
    });

    it('loses no heartbeat and answers it', async () => {
      const request = nextRequest();
      const lease = cell.lease({ request });
      await cell.tick(cell.grants(lease, request));
      const cut = proxy.cutNext(moment, 'heartbeat-write');
      const scope = { type: 'department', department: lease.department } as const;
      expect(await behind.heartbeatWriter.heartbeat(scope, lease.id, cell.epoch)).toMatchObject({
        type: 'recorded',
      });
      await cut;
    });
  });

  it('under many writers loses nothing and doubles nothing', async () => {
    const written: string[] = [];
    const before = proxy.cuts;
    for (let round = 0; round < 12; round += 1) {
      const cut = proxy.cutNext(MOMENTS[round % 3]!, 'intake-write');
      const batch = Array.from({ length: 40 }, nextRequest);
      written.push(...batch.map((request) => request.id));
      const outcomes = await Promise.all(
        batch.map((request) => behind.intakeWriter.write([aSubmit(request)])),
      );
      await cut;
      expect(outcomes.flat().every((outcome) => outcome.type === 'accepted')).toBe(true);
    }
    expect((await rowsAbout(...written)).sort()).toEqual(written.sort());
    expect(proxy.cuts - before).toBe(12);
  });

  it('and of which nobody is told is found out by the calls on it, which fail, and replaced for the others', async () => {
    const few = await store.open({ url: router.url, readConnectionsMax: 2, readTimeoutMs: 100 });
    const twenty = () =>
      Promise.allSettled(
        Array.from({ length: 20 }, () => few.webhooks.webhooks(ALL, { limit: 1, after: null })),
      );
    const failures = (settled: readonly PromiseSettledResult<unknown>[]) =>
      settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    expect(failures(await twenty())).toEqual([]);
    expect(router.forgetLines()).toBeGreaterThanOrEqual(2);
    // Of each line those that were on it; whoever came after them has a line of its own.
    const lost = failures(await twenty());
    expect(lost).toHaveLength(2);
    for (const why of lost) expect(why).toMatch(/Query read timeout/);
    expect(failures(await twenty())).toEqual([]);
  });

  it('by the server itself is mended too', async () => {
    const request = nextRequest();
    await behind.intakeWriter.write([aSubmit(request)]);
    const ended = await store.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'annona %' and datname = current_database()",
    );
    const next = nextRequest();
    expect((await behind.intakeWriter.write([aSubmit(next)]))[0]?.type).toBe('accepted');
    expect(await behind.intake.take(CELL, 1)).toMatchObject({ rows: [{}] });
    expect(ended.length).toBeGreaterThan(2);
    expect(await rowsAbout(request.id, next.id)).toHaveLength(2);
  });
});
