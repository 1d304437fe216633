// Approvals at the edge: who sees which, who may rule, and what a Ruling must name.
import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../../api/errors.ts';
import type { ApprovalSight } from '../../../api/ports.ts';
import type { Approval, Configuration, RequestId } from '../../../scheduler/index.ts';
import { NOW, ORGANISATION } from './organisation.ts';
import { AS_FORGE, anEdge, expectProblem } from './support.ts';

const ID = 'apr_01m83t4cm00000000000000001_4_0';
const DIGEST = 'a'.repeat(64);
const REVIEWERS: Configuration = {
  ...ORGANISATION,
  agents: ORGANISATION.agents.map((agent) =>
    agent.department === 'sales' ? { ...agent, roles: ['agent', 'reviewer'], skills: ['legal'] } : agent,
  ),
};

function anApproval(change: Partial<Approval> = {}): Approval {
  return {
    id: ID as never,
    request: 'req_01m83t4cm00000000000000001' as RequestId,
    department: 'research' as never,
    agent: 'forge-01' as never,
    submittedBy: 'somebody',
    skill: 'legal',
    code: 'NEEDS_LEGAL',
    policy: 'p',
    state: 'scheduled',
    digest: DIGEST,
    asked: {
      options: [{ claims: [{ kind: 'gpu', quantity: 2 }] }],
      purpose: 'training',
      summary: '',
      class: 'standard',
      classification: 'restricted',
      durationSeconds: 600,
    },
    review: 'req_01m83t4cm00000000000000002' as RequestId,
    attempt: 1,
    slot: { lease: 'lse_1_0' as never, pool: 'legal' as never, startsAt: NOW, endsAt: NOW + 3_600_000 },
    ruling: null,
    openedAt: NOW,
    ...change,
  };
}

async function edgeWith(approval: Approval = anApproval()) {
  const sights: ApprovalSight[] = [];
  const edge = await anEdge({
    server: {
      configuration: () => REVIEWERS,
      approvals: {
        approval: async (sight, id) => {
          sights.push(sight);
          return id === approval.id ? approval : null;
        },
        approvals: async (sight) => {
          sights.push(sight);
          return { items: [approval], next: null };
        },
      },
    },
  });
  const rule = (body: object = {}, headers: Record<string, string> = {}, as = 'reviewer:sales') =>
    edge.call({
      method: 'POST',
      url: `/v1/approvals/${ID}/ruling`,
      as,
      body: { verdict: 'approve', reason: 'fine', digest: DIGEST, ...body },
      headers,
    });
  return { ...edge, sights, rule };
}

describe('reading', () => {
  it.each<[string, string[] | null]>([
    ['reviewer:sales', ['legal']],
    ['reviewer:research', []],
    [AS_FORGE, null],
    ['auditor:sales', null],
  ])('%s looks with the skills of its department: %j', async (as, want) => {
    const { call, sights } = await edgeWith();
    const listed = await call({ method: 'GET', url: '/v1/approvals?state=scheduled', as });
    expect([listed.statusCode, listed.json().items.length, sights[0]?.skills]).toEqual([200, 1, want]);
  });

  it('shows what is to be judged, until when, and not who submitted it', async () => {
    const { call } = await edgeWith();
    const got = await call({ method: 'GET', url: `/v1/approvals/${ID}`, as: 'reviewer:sales' });
    expect(got.headers.etag).toBe(`"${DIGEST}"`);
    expect(got.json()).toMatchObject({
      rule: 'NEEDS_LEGAL',
      purpose: 'training',
      options: [{ claims: [{ kind: 'gpu', quantity: 2 }] }],
      slot: { pool: 'legal', endsAt: '2026-11-23T10:00:00.000Z' },
    });
    expect(got.json()).not.toHaveProperty('submittedBy');
    expectProblem(
      await call({ method: 'GET', url: '/v1/approvals/apr_x', as: 'reviewer:sales' }),
      'NOT_FOUND',
    );
  });
});

describe('a ruling', () => {
  it('is written to the intake as it was given', async () => {
    const { rule, store } = await edgeWith();
    const ruled = await rule({ verdict: 'reject', reason: 'too broad' });
    expect([ruled.statusCode, ruled.json()]).toEqual([
      202,
      { id: ID, state: 'scheduled', verdict: 'reject' },
    ]);
    expect(ruled.headers.location).toBe(`/v1/approvals/${ID}`);
    expect(store.written.map(({ command, actor }) => [command, actor.subject])).toEqual([
      [
        { type: 'rule', approval: ID, digest: DIGEST, verdict: 'reject', reason: 'too broad' },
        'reviewer@sales',
      ],
    ]);
  });

  it('is answered again without being written again', async () => {
    const ruling = {
      verdict: 'approve',
      reason: 'fine',
      by: 'reviewer@sales',
      department: 'sales',
      at: NOW,
    } as never;
    const { rule, store } = await edgeWith(anApproval({ state: 'approved', ruling }));
    expect((await rule()).statusCode).toBe(202);
    expectProblem(await rule({ verdict: 'reject' }), 'APPROVAL_ENDED');
    expect(store.written).toEqual([]);
  });

  it.each<[string, Partial<Approval>, Parameters<Awaited<ReturnType<typeof edgeWith>>['rule']>, ProblemCode]>(
    [
      ['of another digest', {}, [{ digest: 'b'.repeat(64) }], 'APPROVAL_CHANGED'],
      [
        'with If-Match of another digest',
        {},
        [{}, { 'if-match': `"${'b'.repeat(64)}"` }],
        'PRECONDITION_FAILED',
      ],
      ['on a request of the own department', {}, [{}, {}, 'reviewer:research'], 'FOUR_EYES'],
      ['on a request of one’s own', { submittedBy: 'reviewer@sales' }, [], 'FOUR_EYES'],
      ['without the skill', { skill: 'data' }, [], 'ROLE_NOT_ALLOWED'],
      ['by an operator', {}, [{}, {}, 'operator:sales'], 'ROLE_NOT_ALLOWED'],
      ['by an agent', {}, [{}, {}, AS_FORGE], 'ROLE_NOT_ALLOWED'],
      ['before there is a slot', { state: 'seeking', slot: null }, [], 'APPROVAL_NOT_SCHEDULED'],
      ['after the window', { slot: { ...anApproval().slot!, endsAt: NOW } }, [], 'APPROVAL_ENDED'],
      ['when it is over', { state: 'lapsed' }, [], 'APPROVAL_ENDED'],
      ['without a reason', {}, [{ reason: '' }], 'BODY_INVALID'],
    ],
  )('%s is refused', async (_, change, given, want) => {
    const { rule, store } = await edgeWith(anApproval(change));
    expectProblem(await rule(...given), want);
    expect(store.written).toEqual([]);
  });
});
