// S2: no account overspent, at any level of its tree; each credit once. Races for the last units of a budget, double endings, a memory that forgot.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { ALWAYS, type LiveCell, liveCell, outcomeOf, submission } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

/** A GPU costs 60 an hour: ten minutes of one cost 10. The department has 100, its team 80, and research-gpu 6,000 GPU-seconds. */
function budgets(department = 100, team = 80) {
  return aConfiguration()
    .department('research')
    .agent('ada', { accounts: ['team' as never, 'gpu-time' as never] })
    .agent('bob', { accounts: ['department' as never] })
    .pool(aPool('gpu-a').gpu(1000).price(60))
    .account('department', 0, { periods: [{ ...ALWAYS, budget: department }] })
    .account('team', 0, { parent: 'department', periods: [{ ...ALWAYS, budget: team }] })
    .account('gpu-time', 0, { kind: 'gpu', periods: [{ ...ALWAYS, budget: 6000 }] });
}

function balance(dump: StoreDump, account: string): { reserved: number; spent: number } {
  const { reserved, spent } = dump.account_use.find((row) => row.account === account)!;
  return { reserved, spent };
}

const asked = (n: number, gpus = 1, agent = 'ada') => aRequest(n).gpu(gpus).by(agent).build();

describe('S2 no account overspent, each credit once', () => {
  it('when more is asked at once than any account of the tree holds', async () => {
    cell = await liveCell(budgets());
    const other = await cell.store.open();
    const leader = await cell.elect();
    const ofAda = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => submission('main', asked(n)));
    const ofBob = [11, 12, 13, 14].map((n) => submission('main', asked(n, 1, 'bob')));
    await Promise.all([cell.adapter.intakeWriter.write(ofAda), other.intakeWriter.write(ofBob)]);
    await leader.settle();
    const dump = await cell.dump();
    expect(balance(dump, 'department')).toEqual({ reserved: 100, spent: 0 });
    expect(balance(dump, 'team').reserved).toBeLessThanOrEqual(80);
    expect(balance(dump, 'gpu-time').reserved).toBe((balance(dump, 'team').reserved / 10) * 600);
    const waiting = dump.request.filter((row) => row.state === 'waiting');
    expect(waiting.length).toBe(3);
    for (const row of waiting) expect(row.reasons.map(({ code }) => code)).toContain('BUDGET_EXHAUSTED');
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and what a lease did not use comes back once, however often it is ended', async () => {
    cell = await liveCell(budgets());
    const leader = await cell.elect();
    const [held, late] = [asked(1, 8), asked(2, 8)];
    await cell.submit(held);
    await leader.settle();
    expect(balance(await cell.dump(), 'team')).toEqual({ reserved: 80, spent: 0 });
    const lease = leader.leaseOf(held);
    await cell.adapter.heartbeatWriter.heartbeat(
      { type: 'all', department: lease.department },
      lease.id,
      lease.epoch,
    );
    await cell.submit(late);
    for (let time = 0; time < 3; time += 1) {
      await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
      await cell.act({ type: 'cancel', request: held.id }, lease);
    }
    await leader.settle();
    const dump = await cell.dump();
    const { reserved, spent } = balance(dump, 'team');
    expect(reserved + spent).toBeLessThanOrEqual(80);
    expect(
      dump.ledger.filter((row) => row.type !== 'reserve' && row.lease_id === lease.id).length,
    ).toBeLessThanOrEqual(6);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('of a leader whose memory forgot what is reserved: the database refuses the tick whole', async () => {
    cell = await liveCell(budgets());
    const leader = await cell.elect();
    await cell.submit(asked(1, 8));
    await leader.settle();
    leader.state.accounts.clear();
    await cell.submit(asked(2, 4));
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/^S2: over budget/);
    expect(await cell.dump()).toEqual(before);
  });

  it('of a leader that gives a refund again: the database refuses it', async () => {
    cell = await liveCell(budgets());
    const leader = await cell.elect();
    const request = asked(1, 4);
    await cell.submit(request);
    await leader.settle();
    const lease = leader.leaseOf(request);
    await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    await leader.settle();
    const credit = leader.told
      .flatMap(({ changes }) => changes)
      .filter((change) => change.type === 'ledger' && change.entry.type === 'refund');
    expect(credit.length).toBeGreaterThan(0);
    const { store } = leader.ports;
    leader.ports = {
      ...leader.ports,
      store: { commit: (commit) => store.commit({ ...commit, changes: [...commit.changes, ...credit] }) },
    };
    await cell.submit(asked(2));
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/ledger_pkey/);
    expect(await cell.dump()).toEqual(before);
  });

  it('and once a budget was cut below what is reserved, nothing more is granted from it', async () => {
    cell = await liveCell(budgets());
    const first = await cell.elect();
    await cell.submit(asked(1, 6));
    await first.settle();
    await cell.adapter.configuration.store(budgets(50, 50).build());
    const leader = await cell.elect();
    const [more, free] = [asked(2), asked(3, 1, 'bob')];
    await cell.submit(more, free);
    await leader.settle();
    const dump = await cell.dump();
    expect([outcomeOf(dump, more), outcomeOf(dump, free)]).toEqual(['waiting', 'waiting']);
    expect(balance(dump, 'department')).toEqual({ reserved: 60, spent: 0 });
    expect(checkPromises(dump)).toEqual([]);
  });

  it('and the checker sees it where the database let it pass', async () => {
    cell = await liveCell(budgets());
    const leader = await cell.elect();
    await cell.submit(asked(1, 8));
    await leader.settle();
    const dump = structuredClone(await cell.dump());
    const row = dump.ledger.find(({ accounts }) => accounts.includes('team'))!;
    Object.assign(row, {
      amounts: row.accounts.map((account, n) => (account === 'team' ? 81 : row.amounts[n])),
    });
    expect(checkPromises(dump).map(({ promise }) => promise)).toContain('S2');
  });
});
