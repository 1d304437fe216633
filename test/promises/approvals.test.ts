// Approvals on PostgreSQL: a leader that is lost in the middle is followed by one that knows all of it, and every promise holds on the way.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Approval, type Obligations, recollect } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { type Leader, type LiveCell, liveCell } from './liveCell.ts';

const LEGAL: Obligations = {
  approvals: [{ skill: 'legal', code: 'NEEDS_LEGAL', policy: 'p' }],
  ttlSeconds: 300,
};

let cell: LiveCell;
beforeEach(async () => {
  const now = Date.now();
  const configuration = aConfiguration()
    .agent('ada')
    .department('law')
    .agent('lex', { department: 'law' as never, roles: ['agent', 'reviewer'], skills: ['legal'] })
    .pool(aPool('gpu-a').gpu(8))
    .pool(
      aPool('review-legal')
        .review(['w1', now - 60_000, now + 3_600_000, 2], ['w2', now + 7_200_000, now + 9_000_000, 2])
        .label('skill', 'legal'),
    );
  cell = await liveCell(configuration);
});
afterEach(() => cell.close());

/** A leader whose policy obliges `ada`, beside what the real one says. */
async function elected(): Promise<Leader> {
  const leader = await cell.elect();
  const { policy } = leader.ports;
  leader.ports = {
    ...leader.ports,
    policy: {
      get policyRevision() {
        return policy.policyRevision;
      },
      get dataRevision() {
        return policy.dataRevision;
      },
      adopt: (configuration) => policy.adopt(configuration),
      evaluate: async (tick, rows) =>
        (await policy.evaluate(tick, rows)).map((verdict, i) =>
          verdict.allow && rows[i]?.agent === 'ada' ? { ...verdict, obligations: LEGAL } : verdict,
        ),
    },
  };
  return leader;
}

const parent = aRequest(1).gpu(4).seconds(600).build();
const other = aRequest(2).gpu(1).build();
const standing = (leader: Leader): Approval[] => [...leader.state.approvals.values()];
const ruleOn = (leader: Leader, of: string, verdict: 'approve' | 'reject') => {
  const { id, digest } = standing(leader).find(({ request }) => request === of)!;
  const command = { type: 'rule', approval: id, digest, verdict, reason: 'because' } as const;
  return cell.act(command, { department: 'law', agent: null });
};

/** What is stored is what the leader's memory was. */
async function expectRecovered(leader: Leader): Promise<void> {
  const loaded = recollect(await cell.adapter.stateSource.load('main', leader.epoch));
  expect(loaded.requests).toEqual(leader.state.requests);
  expect(loaded.approvals).toEqual(leader.state.approvals);
  expect(loaded.held).toEqual(leader.state.held);
}

describe('approvals', () => {
  it('are asked for, ruled on and granted, with another leader at every step', async () => {
    await cell.submit(parent, other);
    let leader = await elected();
    await leader.settle();
    expect(standing(leader).map(({ state }) => state)).toEqual(['scheduled', 'scheduled']);
    await expectRecovered(leader);
    await ruleOn(leader, parent.id, 'approve');
    await ruleOn(leader, other.id, 'reject');
    leader = await elected();
    await leader.settle();
    const lease = leader.leaseOf(parent);
    expect(lease.endsAt - lease.grantedAt).toBe(300_000);
    expect(standing(leader).map(({ state }) => state)).toEqual(['approved']);
    await expectRecovered(leader);
    const dump = await cell.dump();
    expect(dump.request.find(({ id }) => id === other.id)).toMatchObject({
      state: 'denied',
      reasons: [{ code: 'APPROVAL_REJECTED', because: 'because' }],
    });
    expect(checkPromises(dump)).toEqual([]);
    leader = await elected();
    await cell.act({ type: 'cancel', request: parent.id }, { department: 'research', agent: 'ada' });
    await leader.settle();
    await expectRecovered(leader);
    expect(checkPromises(await cell.dump())).toEqual([]);
  });

  it('are read by whom they concern: their own, and reviewers of the skill', async () => {
    await cell.submit(parent);
    const leader = await elected();
    await leader.settle();
    const [{ id }] = standing(leader) as [Approval];
    const all = { type: 'all', department: 'law' } as never;
    const seen = async (scope: object, skills: string[] | null) => {
      const sight = { scope: scope as never, skills };
      const one = await cell.adapter.approvals.approval(sight, id);
      const { items } = await cell.adapter.approvals.approvals(sight, { limit: 10, after: null });
      expect(items.length).toBe(one === null ? 0 : 1);
      return one?.id ?? null;
    };
    expect(await seen({ type: 'agent', department: 'research', agent: 'ada' }, null)).toBe(id);
    expect(await seen({ type: 'agent', department: 'research', agent: 'eve' }, null)).toBeNull();
    expect(await seen({ type: 'department', department: 'law' }, null)).toBeNull();
    expect(await seen(all, ['legal'])).toBe(id);
    expect(await seen(all, ['data'])).toBeNull();
    expect(await seen({ type: 'all', department: 'research' }, [])).toBe(id);
    expect(await seen(all, null)).toBe(id);
  });
});

describe('the checker of the promises finds', () => {
  it.each<[string, string, (dump: Awaited<ReturnType<LiveCell['dump']>>) => object]>([
    ['a grant without its approval', 'S6', (dump) => ({ ...dump, approval: [] })],
    [
      'a ruling of the own department',
      'S6',
      (dump) => ({
        ...dump,
        approval: dump.approval.map((row) => ({
          ...row,
          document: { ...row.document, ruling: { ...row.document.ruling, department: 'research' } },
        })),
      }),
    ],
    [
      'a lease that lasts too long',
      'S6',
      (dump) => ({ ...dump, lease: dump.lease.map((row) => ({ ...row, ends_at_ms: row.ends_at_ms + 1 })) }),
    ],
    [
      'an approval that was never told',
      'S10',
      (dump) => ({ ...dump, event: dump.event.filter(({ type }) => type !== 'annona.approval.approved.v1') }),
    ],
  ])('%s', async (_, promise, bend) => {
    await cell.submit(parent);
    const leader = await elected();
    await leader.settle();
    await ruleOn(leader, parent.id, 'approve');
    await leader.settle();
    const dump = await cell.dump();
    expect(checkPromises(dump)).toEqual([]);
    const found = checkPromises(bend(dump) as never).map(({ promise: name }) => name);
    expect(found).toContain(promise);
  });
});
