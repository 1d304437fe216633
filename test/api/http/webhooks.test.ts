// /v1/webhooks over the edge: made and removed by heads and administrators, the secret told once, URLs judged, dead letters seen and retried.

import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../../scheduler/index.ts';
import { NOW } from './organisation.ts';
import { anEdge, expectProblem } from './support.ts';

const HEAD = 'department-head:research';
const OTHER_HEAD = 'department-head:sales';
const URL = 'https://hooks.example.com/annona';
const TYPE = 'annona.request.granted.v1';

function anEvent(sequence: number, change: Partial<DomainEvent> = {}): DomainEvent {
  return {
    id: `evt_${sequence}`,
    sequence,
    tick: 1,
    epoch: 1,
    type: TYPE,
    at: NOW,
    department: 'research',
    agent: 'forge-01',
    request: 'req_a',
    lease: null,
    policyRevision: 'p',
    data: {},
    ...change,
  } as unknown as DomainEvent;
}

async function aHookEdge() {
  const edge = await anEdge();
  const make = (body: unknown = { url: URL }, as = HEAD) =>
    edge.call({ method: 'POST', url: '/v1/webhooks', as, body });
  const get = (url: string, as = HEAD) => edge.call({ method: 'GET', url, as });
  return { edge, make, get };
}

describe('a webhook', () => {
  it('tells its secret to the call that made it, and never again', async () => {
    const { make, get } = await aHookEdge();
    const made = await make({ url: URL, types: [TYPE] });
    const { secret, ...shown } = made.json();
    expect([made.statusCode, made.headers.location]).toEqual([201, `/v1/webhooks/${shown.id}`]);
    expect(secret).toMatch(/^whsec_[\w-]{43}$/);
    expect(shown).toMatchObject({ url: URL, types: [TYPE], department: 'research' });
    expect((await get(`/v1/webhooks/${shown.id}`)).json()).toEqual(shown);
    expect((await get('/v1/webhooks')).json().items).toEqual([shown]);
  });

  it.each([
    'http://hooks.example.com/',
    'https://127.0.0.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://0x7f.1/',
    'https://user:word@hooks.example.com/',
    'hooks',
  ])('is not made for %s', async (url) => {
    const { make } = await aHookEdge();
    expect(expectProblem(await make({ url }), 'BODY_INVALID').detail).toContain('/url');
  });

  it('is not made where no key is known under which its secret could be kept', async () => {
    const edge = await anEdge({ server: { sealWebhookSecret: null } });
    const refused = await edge.call({ method: 'POST', url: '/v1/webhooks', as: HEAD, body: { url: URL } });
    expectProblem(refused, 'SECRETS_NOT_KEPT');
    expect((await edge.call({ method: 'GET', url: '/v1/webhooks', as: HEAD })).json().items).toEqual([]);
  });

  it('is its department’s alone, and no agent’s', async () => {
    const { edge, make, get } = await aHookEdge();
    const { id } = (await make()).json();
    expectProblem(await make({ url: URL }, 'agent:research:forge-01'), 'ROLE_NOT_ALLOWED');
    for (const url of [`/v1/webhooks/${id}`, `/v1/webhooks/${id}/deliveries`])
      expectProblem(await get(url, OTHER_HEAD), 'NOT_FOUND');
    const url = `/v1/webhooks/${id}`;
    expectProblem(await edge.call({ method: 'DELETE', url, as: OTHER_HEAD }), 'NOT_FOUND');
    expect((await edge.call({ method: 'DELETE', url, as: HEAD })).statusCode).toBe(204);
    expectProblem(await get(url), 'NOT_FOUND');
  });

  it('is one of twenty at most', async () => {
    const { make } = await aHookEdge();
    for (let i = 0; i < 20; i += 1) expect((await make()).statusCode).toBe(201);
    expectProblem(await make(), 'TOO_MANY_WEBHOOKS');
    expect((await make({ url: URL }, OTHER_HEAD)).statusCode).toBe(201);
  });

  it('shows what was given up, and has it tried again', async () => {
    const { edge, make, get } = await aHookEdge();
    const { id } = (await make()).json();
    const { webhookBook: book } = edge.memory;
    await book.fanOut(edge.hub.cell, [anEvent(1), anEvent(2)]);
    await book.failed({ webhook: id, sequence: 1 }, { error: 'it answered 500', againInMs: null });
    const dead = async () => (await get(`/v1/webhooks/${id}/deliveries?state=dead`)).json().items;
    expect(await dead()).toMatchObject([{ event: { id: 'evt_1' }, state: 'dead', error: 'it answered 500' }]);
    expect((await dead())[0].event).not.toHaveProperty('sequence');
    const retried = await edge.call({ method: 'POST', url: `/v1/webhooks/${id}/retry`, as: HEAD });
    expect(retried.json()).toEqual({ retried: 1 });
    expect(await dead()).toEqual([]);
    expect((await get(`/v1/webhooks/${id}/deliveries`)).json().items).toHaveLength(2);
  });
});
