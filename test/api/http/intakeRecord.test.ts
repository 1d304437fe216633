// A record of the intake topic is taken as a call of POST /v1/requests is: the same refusals, the same keys, the same limits.

import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { createEdgeSystem } from '../../../adapters/system/ids.ts';
import { LocalPresence } from '../../../adapters/system/presence.ts';
import { BucketRateLimiter } from '../../../adapters/system/rateLimiter.ts';
import { countRecords } from '../../../adapters/telemetry/intakeTopic.ts';
import { type RecordPorts, takeRecord } from '../../../api/http/intakeRecord.ts';
import type { AgentId } from '../../../scheduler/index.ts';
import { FakeStore, fakeIdentity } from './fakes.ts';
import { FakeHistory } from './history.ts';
import { NOW, ORGANISATION } from './organisation.ts';
import { AS_ANVIL, AS_FORGE, AS_OPERATOR, AS_SCOUT, anEdge, aSubmission } from './support.ts';

const TOPIC = 'annona.main.requests';

function anIntake(change: Partial<RecordPorts> = {}) {
  const store = new FakeStore();
  const audited: unknown[] = [];
  const ports: RecordPorts = {
    identity: fakeIdentity,
    configuration: () => ORGANISATION,
    presence: new LocalPresence(),
    system: createEdgeSystem({ now: () => NOW }),
    limits: { agentPerSecond: 1000, departmentPerSecond: 1000, openPerAgent: 1000 },
    rateLimiter: new BucketRateLimiter(() => NOW),
    openRequests: () => null,
    intake: store.intake,
    audit: {
      ...new FakeHistory().ports().audit,
      write: async (_cell, { by, act, object }) => void audited.push([by.subject, act, object]),
    },
    digest: sha256,
    ...change,
  };
  const take = (body: unknown, as: string | null = AS_FORGE, more: Record<string, string> = {}) =>
    takeRecord(ports, {
      topic: TOPIC,
      headers: { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...more },
      bytes: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)),
    });
  return { store, audited, take, ports };
}

const refused = (code: string) => ({ type: 'refused', problem: expect.objectContaining({ code }) });

describe('a record of the intake topic', () => {
  it('becomes the item that the same call over HTTP becomes', async () => {
    const { store, take } = anIntake();
    expect(await take(aSubmission())).toEqual({ type: 'submitted', replayed: false });
    const edge = await anEdge();
    await edge.call({ method: 'POST', url: '/v1/requests', body: aSubmission() });
    const withoutId = ([item]: typeof store.written) => ({
      ...item,
      command: { ...item!.command, request: { ...(item!.command as { request: object }).request, id: '' } },
    });
    expect(withoutId(store.written)).toEqual(withoutId(edge.store.written));
  });

  it('is written once, however often it comes', async () => {
    const { store, take } = anIntake();
    await take(aSubmission());
    expect(await take(aSubmission())).toEqual({ type: 'submitted', replayed: true });
    expect(store.written).toHaveLength(1);
    expect(await take(aSubmission({ terms: { class: 'batch', durationSeconds: 60 } }))).toEqual(
      refused('KEY_REUSED'),
    );
  });

  it('has the keys of its own agent: two of two departments do not meet', async () => {
    const { store, take } = anIntake();
    await take(aSubmission(), AS_FORGE);
    expect(await take(aSubmission(), AS_SCOUT)).toEqual({ type: 'submitted', replayed: false });
    expect(store.written.map(({ actor }) => [actor.agent, actor.department])).toEqual([
      ['forge-01', 'research'],
      ['scout-01', 'sales'],
    ]);
  });

  it('carries its trace, and no other text for one', async () => {
    const { store, take } = anIntake();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await take(aSubmission({ clientRequestId: 'a' }), AS_FORGE, { traceparent });
    await take(aSubmission({ clientRequestId: 'b' }), AS_FORGE, { traceparent: 'mine' });
    expect(store.written.map((item) => item.traceParent)).toEqual([traceparent, undefined]);
  });

  it('names its headers as it likes', async () => {
    const { take } = anIntake();
    const record = await take(aSubmission(), null, { Authorization: `bearer ${AS_FORGE}` });
    expect(record).toEqual({ type: 'submitted', replayed: false });
  });

  it.each([
    ['no token', aSubmission(), null, 'TOKEN_MISSING'],
    ['a forged token', aSubmission(), 'forged', 'TOKEN_FORGED'],
    ['a token of another audience', aSubmission(), 'wrongAudience', 'TOKEN_WRONG_AUDIENCE'],
    ['a role that may not', aSubmission(), AS_OPERATOR, 'ROLE_NOT_ALLOWED'],
    ['no JSON', Buffer.from('{"clientRequestId"'), AS_FORGE, 'MALFORMED_JSON'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), AS_FORGE, 'MALFORMED_JSON'],
    ['a key twice', Buffer.from('{"a":1,"a":2}'), AS_FORGE, 'DUPLICATE_KEY'],
    ['no value', Buffer.alloc(0), AS_FORGE, 'BODY_INVALID'],
    ['a field too many', { ...aSubmission(), department: 'sales' }, AS_FORGE, 'BODY_INVALID'],
    ['more than a body may have', Buffer.alloc(256 * 1024 + 1, 0x20), AS_FORGE, 'BODY_TOO_LARGE'],
    [
      'what no pool can hold',
      aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 9 }] }] }),
      AS_FORGE,
      'NEVER_FITS',
    ],
  ])('is refused for %s, and written nowhere', async (_what, body, as, code) => {
    const { store, take } = anIntake();
    expect(await take(body, as)).toEqual(refused(code));
    expect(store.written).toEqual([]);
  });

  it('is in the audit where somebody known is refused, as a call is', async () => {
    const { audited, take } = anIntake();
    await take(aSubmission(), AS_OPERATOR);
    await take(aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 9 }] }] }));
    await take(aSubmission(), 'forged');
    expect(audited).toEqual([
      [expect.any(String), 'role-refused', TOPIC],
      ['forge-01', 'never-fits', TOPIC],
    ]);
  });

  it('waits where its agent is too fast, and holds up no other agent’s count', async () => {
    const limits = { agentPerSecond: 1, departmentPerSecond: 1000, openPerAgent: 1000 };
    const { store, take } = anIntake({ limits });
    for (let n = 0; n < 10; n += 1) await take(aSubmission({ clientRequestId: `c-${n}` }));
    expect(await take(aSubmission({ clientRequestId: 'c-10' }))).toEqual({ type: 'later', afterSeconds: 1 });
    expect(store.written).toHaveLength(10);
    expect((await take(aSubmission(), AS_ANVIL)).type).toBe('submitted');
  });

  it('waits where the queue is full', async () => {
    const intake = {
      known: async () => null,
      write: async () => [{ type: 'busy' as const, retryAfterSeconds: 3 }],
    };
    const { take } = anIntake({ intake: intake as unknown as RecordPorts['intake'] });
    expect(await take(aSubmission())).toEqual({ type: 'later', afterSeconds: 3 });
  });

  it('is refused where its agent has as many open as it may: its backlog would hold up others', async () => {
    const openRequests = (agent: AgentId) => (agent === 'forge-01' ? 1000 : 0);
    const { take } = anIntake({ openRequests });
    expect(await take(aSubmission())).toEqual(refused('TOO_MANY_OPEN'));
    expect((await take(aSubmission(), AS_ANVIL)).type).toBe('submitted');
  });

  it('is neither taken nor refused where the intake fails: it comes again', async () => {
    const intake = {
      known: async () => null,
      write: async () => Promise.reject(new Error('the database is away')),
    };
    const { take } = anIntake({ intake: intake as unknown as RecordPorts['intake'] });
    await expect(take(aSubmission())).rejects.toThrow('the database is away');
  });
});

describe('the count of records', () => {
  it('begins at 0 for each outcome', async () => {
    const registry = new Registry();
    const count = countRecords(registry);
    count('refused');
    const lines = (await registry.metrics())
      .split('\n')
      .filter((line) => !line.startsWith('#') && line !== '');
    expect(lines).toEqual([
      'scheduler_intake_records_total{outcome="accepted"} 0',
      'scheduler_intake_records_total{outcome="replayed"} 0',
      'scheduler_intake_records_total{outcome="refused"} 1',
    ]);
  });
});
