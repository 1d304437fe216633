// Processes of one role each on one database are one server to their callers, whoever of them leads.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnnonaClient, ProblemError } from '../../../api/client/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type Fleet, leaderOf, type Member, startFleet } from '../../support/fleet.ts';
import { testDatabase } from '../../support/postgres.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;
const gpus = (quantity: number) => ({
  options: [{ claims: [{ kind: 'gpu', quantity }] }],
  terms: { class: 'standard', durationSeconds: 600 },
});

const BOUND = { openPerAgent: 20 };

let fleet: Fleet;
let api: Member;
let other: Member;
let client: AnnonaClient;
beforeAll(async () => {
  fleet = await startFleet(configuration, { database: await testDatabase() });
  await fleet.start(['scheduler']);
  await fleet.start(['scheduler']);
  api = await fleet.start(['api']);
  other = await fleet.start(['api', 'worker']);
  client = await api.clientOf(ada!);
}, 150_000);
afterAll(() => fleet.cleanUp());

async function until<Found>(look: () => Promise<Found | null | false>): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await sleep(20);
  }
}

const leader = () => until(() => leaderOf(fleet));

describe('processes of one role each', () => {
  it('grant what an API process took in, and answer there what only the leader knows', async () => {
    const held = await client.submit({ clientRequestId: 'c1', ...gpus(6) }, { waitSeconds: 20 });
    expect(held.state).toBe('granted');
    const waiting = await client.submit({ clientRequestId: 'c2', ...gpus(4) }, { waitSeconds: 1 });
    await until(async () => (await client.request(waiting.id)).state === 'waiting');
    expect(await client.request(waiting.id)).toMatchObject({
      reasons: [{ code: 'POOL_FULL', short: [{ requested: 4, available: 2 }] }],
    });
    expect(await client.explanation(waiting.id)).toMatchObject({ live: true });
  });

  it('tell events of one process to the streams of all others', async () => {
    const ending = new AbortController();
    const seen = (async () => {
      for await (const { data } of (await other.clientOf(ada!)).stream({ signal: ending.signal })) {
        if (data.includes('cancelled')) return JSON.parse(data) as { type: string };
      }
      return null;
    })();
    await until(async () =>
      (await fetch(new URL('/metrics', other.url))).text().then((page) => /http_event_streams 1/.test(page)),
    );
    const { id } = await client.submit({ clientRequestId: 'c3', ...gpus(4) });
    await client.cancel(id);
    expect(await seen).toMatchObject({ type: 'annona.request.cancelled.v1' });
    ending.abort();
  });

  it('are ready where they can do their work: of the schedulers the one that leads', async () => {
    const leading = await leader();
    const standing = fleet.of('scheduler').find((member) => member !== leading);
    expect(await api.readiness()).toMatchObject({ status: 200 });
    expect(await standing!.readiness()).toMatchObject({ status: 503 });
    expect(JSON.parse((await standing!.readiness()).body).failing).toMatchObject([{ check: 'leader' }]);
  });

  it('let nobody in at the leader’s own address who does not show its secret', async () => {
    const { url } = await leader();
    for (const secret of [undefined, 'guessed']) {
      const headers = {
        authorization: 'Bearer x',
        ...(secret === undefined ? {} : { 'x-annona-leader': secret }),
      };
      const answer = await fetch(new URL('/v1/pools', url), { headers });
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: 'NOT_LEADING' });
    }
  });

  it('go on under the next one when the leader stops in order', async () => {
    const first = await leader();
    await first.stop();
    const { id } = await client.submit({ clientRequestId: 'c4', ...gpus(2) }, { waitSeconds: 20 });
    const second = await leader();
    expect(second).not.toBe(first);
    expect(await client.request(id)).toMatchObject({ state: 'granted' });
    expect(
      await client.explanation((await client.submit({ clientRequestId: 'c5', ...gpus(8) })).id),
    ).toBeDefined();
  });

  it('take requests in while nobody leads, and say when to ask again for what only a leader knows', async () => {
    for (const member of fleet.of('scheduler')) await member.kill();
    const { id } = await client.submit({ clientRequestId: 'c6', ...gpus(1) });
    const refused = await client.explanation(id).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ProblemError);
    expect(refused).toMatchObject({ problem: { code: 'NOT_LEADING' }, retryAfterSeconds: 1 });
    await fleet.start(['scheduler'], { limits: BOUND });
    await until(async () => (await client.request(id)).state !== 'queued');
  });

  it('keep the bound of open requests, which only the leader can count', async () => {
    const bounded = await (await fleet.start(['api'], { limits: BOUND })).clientOf(ada!);
    await until(async () => {
      const clientRequestId = `bound-${((await client.get('/v1/requests?limit=100')) as { items: unknown[] }).items.length}`;
      const refused = await bounded.submit({ clientRequestId, ...gpus(8) }).catch((error: unknown) => error);
      return refused instanceof ProblemError && refused.problem.code === 'TOO_MANY_OPEN';
    });
  });
});
