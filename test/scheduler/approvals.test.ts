// The flow of approvals through the production tick: asked, scheduled, ruled on, lapsed, dropped; every committed tick verifies on the way.
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  type IntakeCommand,
  type Obligations,
  type RequestId,
  recollect,
  type State,
} from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from './support/tickRig.ts';

const HOUR = 60 * MINUTE;
const DUTY = { skill: 'legal', code: 'NEEDS_LEGAL', policy: 'p' };
const LEGAL: Obligations = { approvals: [DUTY] };
const windows = (...slots: [string, number, number, number][]) =>
  slots.map(([id, from, to, units]) => [id, NOW + from, NOW + to, units] as const);

function cell(...slots: [string, number, number, number][]) {
  const configuration = aConfiguration()
    .agent('ada')
    .department('law')
    .agent('lex', { department: 'law' as never, roles: ['agent', 'reviewer'], skills: ['legal'] })
    .pool(aPool('gpu-a').gpu(8))
    .pool(
      aPool('review-legal')
        .review(...windows(...slots))
        .label('skill', 'legal'),
    );
  const rig = aTickRig(aState(configuration).build());
  rig.obliged.set('ada', LEGAL);
  return rig;
}

const standing = ({ state }: TickRig): Approval => [...state.approvals.values()][0]!;
const types = (rig: TickRig): string[] =>
  rig.last().events.map(({ type }) => type.replace('annona.', '').replace('.v1', ''));
const moves = (rig: TickRig): string[] =>
  rig.last().changes.flatMap((change) => (change.type === 'approvalMoved' ? [change.approval.state] : []));
const outcomeOf = (rig: TickRig, id: RequestId) => {
  const decided = rig.commits
    .flatMap(({ changes }) => changes)
    .filter((change) => change.type === 'decided' && change.request === id)
    .at(-1);
  return decided?.type === 'decided' ? [decided.outcome, decided.reasons.map(({ code }) => code)] : null;
};

const REVIEWER = { department: 'law', agent: null };
function ruling(rig: TickRig, change: Partial<Extract<IntakeCommand, { type: 'rule' }>> = {}, at = NOW) {
  const { id, digest } = standing(rig);
  const command = {
    type: 'rule',
    approval: id,
    digest,
    verdict: 'approve',
    reason: 'fine',
    ...change,
  } as const;
  return (by = REVIEWER, when = at) => intake(command, by, when);
}

const parent = aRequest(1).gpu(4).build();

describe('an obligation to be approved', () => {
  it('makes a request for a review slot, and the parent is no column until it is approved', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const { review, slot, state, digest } = standing(rig);
    expect([state, slot]).toMatchObject([
      'scheduled',
      { pool: 'review-legal', startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR },
    ]);
    expect(moves(rig)).toEqual(['seeking', 'scheduled']);
    expect(outcomeOf(rig, review)).toEqual(['granted', []]);
    expect(outcomeOf(rig, parent.id)).toEqual(['waiting', ['AWAITING_APPROVAL']]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(types(rig)).toEqual([
      'approval.seeking',
      'request.granted',
      'lease.granted',
      'approval.scheduled',
      'request.waiting',
    ]);
    // Nothing happens while nobody rules.
    expect(await rig.tick({ now: NOW + HOUR })).toEqual({ type: 'idle' });
  });

  it('holds back a whole gang until the last of its members is approved, and then grants it in one tick', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 2]);
    const gang = { id: 'training-run-0017', size: 2, timeoutSeconds: 3_600 };
    const members = [1, 2].map((number) => aRequest(number).gpu(4).terms({ gang }).build());
    await rig.tick({ rows: members.map((one) => submitted(one)) });
    const approvals = [...rig.state.approvals.values()];
    expect(approvals.map(({ request, state }) => [request, state])).toEqual(
      members.map(({ id }) => [id, 'scheduled']),
    );
    const approve = ({ id, digest }: Approval) =>
      intake({ type: 'rule', approval: id, digest, verdict: 'approve', reason: 'fine' }, REVIEWER, NOW);
    await rig.tick({ rows: [approve(approvals[0]!)], now: NOW + MINUTE });
    for (const { id } of members) expect(outcomeOf(rig, id)?.[0]).toBe('waiting');
    expect(rig.state.used.get('gpu-a') ?? 0).toBe(0);
    await rig.tick({ rows: [approve(approvals[1]!)], now: NOW + 2 * MINUTE });
    for (const { id } of members) expect(outcomeOf(rig, id)).toEqual(['granted', []]);
  });

  it('is fulfilled by a Ruling: the slot comes back unbegun, and the parent is granted in the same tick', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const approve = ruling(rig);
    await rig.tick({ rows: [approve()], now: NOW + MINUTE });
    expect(outcomeOf(rig, parent.id)).toEqual(['granted', []]);
    expect(moves(rig)).toEqual(['approved']);
    expect(rig.state.used.get('review-legal@w1')).toBe(0);
    expect(standing(rig).ruling).toEqual({
      verdict: 'approve',
      reason: 'fine',
      by: 'head',
      department: 'law',
      at: NOW,
    });
  });

  it('consumes a slot whose window has begun', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const approve = ruling(rig);
    await rig.tick({ rows: [approve(REVIEWER, NOW + 90 * MINUTE)], now: NOW + 90 * MINUTE });
    expect(outcomeOf(rig, parent.id)).toEqual(['granted', []]);
    expect(rig.state.used.get('review-legal@w1')).toBe(1);
  });

  it('denies the parent when the Ruling rejects, with the reason', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const reject = ruling(rig, { verdict: 'reject', reason: 'no lawful basis' });
    await rig.tick({ rows: [reject()] });
    expect(outcomeOf(rig, parent.id)).toEqual(['denied', ['APPROVAL_REJECTED']]);
    const told = rig.last().events.find(({ type }) => type === 'annona.request.denied.v1');
    expect(told?.data).toMatchObject({ reasons: [{ because: 'no lawful basis', actor: 'requester' }] });
    expect(rig.state.approvals.size).toBe(0);
  });

  it('waits for every skill that is asked for', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 2]);
    rig.obliged.set('ada', { approvals: [DUTY, { ...DUTY, skill: 'data' }] });
    await rig.tick({ rows: [submitted(parent)] });
    // Nobody reviews data here: the other approval goes with the parent.
    expect(outcomeOf(rig, parent.id)).toEqual(['denied', ['APPROVAL_IMPOSSIBLE']]);
    expect(moves(rig)).toEqual(expect.arrayContaining(['lapsed', 'dropped']));
    expect(rig.state.requests.size + rig.state.leases.size).toBe(0);
  });

  it('waits for a slot like anybody, and is told so once', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent), submitted(aRequest(2).gpu(1).build())] });
    const states = [...rig.state.approvals.values()].map(({ state }) => state).sort();
    expect(states).toEqual(['scheduled', 'seeking']);
    const seeking = [...rig.state.approvals.values()].find(({ state }) => state === 'seeking')!;
    expect(outcomeOf(rig, seeking.review)).toEqual(['waiting', ['WINDOW_FULL']]);
    expect(outcomeOf(rig, seeking.request)).toEqual(['waiting', ['AWAITING_APPROVAL']]);
  });
});

describe('a Ruling changes nothing', () => {
  it.each<[string, (rig: TickRig) => ReturnType<typeof submitted>]>([
    ['of another digest', (rig) => ruling(rig, { digest: 'of another request' })()],
    ['of somebody of the same department', (rig) => ruling(rig)({ department: 'research', agent: null })],
    ['of an agent', (rig) => ruling(rig)({ department: 'law', agent: 'lex' } as never)],
    ['of a department without such a reviewer', (rig) => ruling(rig)({ department: 'sales', agent: null })],
    ['of an approval that there is not', (rig) => ruling(rig, { approval: 'apr_x' as never })()],
    ['that came after the window', (rig) => ruling(rig)(REVIEWER, NOW + 2 * HOUR)],
  ])('%s', async (_, row) => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    await rig.tick({ rows: [row(rig)] });
    expect(moves(rig)).toEqual([]);
    expect(outcomeOf(rig, parent.id)).toEqual(['waiting', ['AWAITING_APPROVAL']]);
  });

  it('of whoever submitted the request in another role', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    const row = submitted(parent);
    await rig.tick({ rows: [{ ...row, actor: { ...row.actor, subject: 'head' } }] });
    expect(standing(rig).submittedBy).toBe('head');
    await rig.tick({ rows: [ruling(rig)()] });
    expect(moves(rig)).toEqual([]);
  });

  it('after the first one', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const [approve, reject] = [ruling(rig)(), ruling(rig, { verdict: 'reject' })()];
    await rig.tick({ rows: [approve, reject] });
    expect(outcomeOf(rig, parent.id)).toEqual(['granted', []]);
  });

  it('but counts when it was received in time and folded late', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    await rig.tick({ rows: [ruling(rig)(REVIEWER, NOW + 2 * HOUR - 1)], now: NOW + 2 * HOUR + 5 });
    expect(outcomeOf(rig, parent.id)).toEqual(['granted', []]);
  });
});

describe('without a Ruling', () => {
  it('a new slot is sought twice, then the parent is denied', async () => {
    const rig = cell(
      ...[1, 2, 3, 4].map((n): [string, number, number, number] => [`w${n}`, n * HOUR, n * HOUR + MINUTE, 1]),
    );
    await rig.tick({ rows: [submitted(parent)] });
    const seen: unknown[] = [];
    for (let n = 1; n <= 3; n++) {
      seen.push([standing(rig).attempt, standing(rig).slot?.startsAt]);
      await rig.tick({ now: NOW + n * HOUR + MINUTE });
    }
    expect(seen).toEqual([1, 2, 3].map((n) => [n, NOW + n * HOUR]));
    expect(outcomeOf(rig, parent.id)).toEqual(['denied', ['APPROVAL_TIMEOUT']]);
    expect(moves(rig)).toEqual(['lapsed']);
    expect(rig.state.requests.size + rig.state.leases.size + rig.state.approvals.size).toBe(0);
  });

  it('the slot is lost though its agent sends heartbeats, and is not given back by it', async () => {
    const rig = cell(['w1', 0, HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    const { slot, review } = standing(rig);
    const lease = slot!.lease;
    const heartbeats = { heard: [{ lease, at: NOW + 1 }], heardThrough: NOW + 1 };
    const rows = [
      intake({ type: 'release', lease, epoch: rig.state.epoch }, parent),
      intake({ type: 'cancel', request: review }, parent),
    ];
    await rig.tick({ rows, heartbeats, now: NOW + 2 });
    expect(rig.state.leases.get(lease)?.state).toBe('granted');
    await rig.tick({ now: NOW + 50 * MINUTE, heartbeats: { heard: [], heardThrough: NOW + 50 * MINUTE } });
    expect(rig.state.leases.get(lease)?.state).toBe('granted');
    await rig.tick({ now: NOW + HOUR });
    expect([rig.state.leases.size, standing(rig).state]).toEqual([0, 'seeking']);
  });
});

describe('the approval goes', () => {
  it('with the cancel of its parent, and its review with it', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    await rig.tick({ rows: [intake({ type: 'cancel', request: parent.id }, parent)] });
    expect(moves(rig)).toEqual(['dropped']);
    expect(types(rig)).toEqual(['request.cancelled', 'approval.dropped', 'lease.released']);
    expect(rig.state.used.get('review-legal@w1')).toBe(0);
  });

  it('when the policy, asked again, asks for it no more: the parent is free', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent)] });
    rig.obliged.delete('ada');
    rig.policyRevision = 'policy-2';
    await rig.tick();
    expect(moves(rig)).toEqual(['dropped']);
    expect(outcomeOf(rig, parent.id)).toEqual(['granted', []]);
  });

  it('not when the policy, asked again, asks for it still: it stands, under the new revision', async () => {
    const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
    await rig.tick({ rows: [submitted(parent), submitted(aRequest(2).gpu(1).build())] });
    rig.policyRevision = 'policy-2';
    await rig.tick();
    expect(moves(rig)).toEqual([]);
    for (const { verdict } of rig.state.requests.values()) expect(verdict?.policyRevision).toBe('policy-2');
  });
});

it('an approved wish that is taken up again brings its Ruling along', async () => {
  const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
  await rig.tick({ rows: [submitted(parent)] });
  await rig.tick({ rows: [ruling(rig)()] });
  const lease = [...rig.state.leases.values()].find(({ request }) => request === parent.id)!;
  const revocation = {
    right: 'priority',
    since: NOW,
    graceEndsAt: NOW + MINUTE,
    request: null,
    department: null,
  } as const;
  rig.state.leases.set(lease.id, { ...lease, state: 'revoking', revocation });
  await rig.tick({ now: NOW + MINUTE });
  expect(moves(rig)).toEqual(['approved']);
  const [successor] = [...rig.state.leases.values()];
  expect(successor?.request).not.toBe(parent.id);
  expect([...rig.state.approvals.values()].map(({ request, state }) => [request, state])).toEqual([
    [successor?.request, 'approved'],
  ]);
});

it('a state that is loaded again is the state that was left', async () => {
  const rig = cell(['w1', HOUR, 2 * HOUR, 1]);
  rig.obliged.set('ada', { ...LEGAL, ttlSeconds: 60, pools: { gpu: ['gpu-a' as never] } });
  await rig.tick({ rows: [submitted(parent)] });
  const { requests } = rig.state;
  const bare = new Map(
    [...requests].map(([id, { awaitsApproval: _, ...pending }]) => [
      id,
      id === parent.id ? { ...pending, request: parent } : pending,
    ]),
  );
  const loaded = recollect({ ...rig.state, requests: bare } as State);
  expect(loaded.requests).toEqual(requests);
});
