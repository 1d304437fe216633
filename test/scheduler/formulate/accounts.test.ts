// Account rows: what a grant reserves, split over periods and ancestors, and when a budget refuses it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainer } from '../../../scheduler/explain.ts';
import { costOf } from '../../../scheduler/formulate/accounts.ts';
import { catalogueOf } from '../../../scheduler/formulate/catalogue.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import { reservationsOf, uncoveredAccounts } from '../../../scheduler/pricing.ts';
import { afterPlan } from '../../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, DAY, HOUR, NOW } from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();

/** The period ends half an hour from now. */
const periods = (first: number, second: number) => [
  { id: 'november', startsAt: NOW - DAY, endsAt: NOW + HOUR / 2, budget: first },
  { id: 'december', startsAt: NOW + HOUR / 2, endsAt: NOW + DAY, budget: second },
];

describe('a grant over the end of a period', () => {
  const organisation = (first: number, second: number) =>
    aConfiguration()
      .account('company', 0, { periods: periods(100_000, 100_000) })
      .account('team', 0, { periods: periods(first, second), parent: 'company' })
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8).price(100));

  it('reserves in each period the part that lies in it, on every ancestor', async () => {
    const snapshot = aState(organisation(1000, 1000)).request(aRequest(1).gpu(3).seconds(3600)).snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    const wantReservations = ['company', 'team'].flatMap((account) => [
      { account, period: 'december', amount: 150 },
      { account, period: 'november', amount: 150 },
    ]);
    expect(plan.assignments[0]?.reservations).toEqual(wantReservations);
  });

  it('rounds up once a claim and period', async () => {
    const snapshot = aState(organisation(1000, 1000))
      .request(aRequest(1).gpu(1).gpu(1).seconds(1801))
      .snapshot();
    const { plan } = await decide(snapshot);
    const team = plan.assignments[0]?.reservations.filter(({ account }) => account === 'team');
    expect(team).toEqual([
      { account: 'team', period: 'december', amount: 2 },
      { account: 'team', period: 'november', amount: 100 },
    ]);
  });

  it('is refused when only one of the periods covers its part', async () => {
    const snapshot = aState(organisation(1000, 149)).request(aRequest(1).gpu(3).seconds(3600)).snapshot();
    expect((await decide(snapshot)).plan.assignments).toEqual([]);
  });

  it('is refused when it reaches beyond the last period', async () => {
    const snapshot = aState(organisation(100_000, 100_000))
      .request(
        aRequest(1)
          .gpu(1)
          .seconds(2 * 86_400),
      )
      .snapshot();
    expect((await decide(snapshot)).plan.assignments).toEqual([]);
  });
});

describe('an account', () => {
  it('is shared by the batch: what is reserved and spent already counts', async () => {
    const builder = aConfiguration()
      .account('team', 1000)
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8).price(100));
    const requests = [1, 2, 3, 4].map((n) => aRequest(n).gpu(1).seconds(3600));
    const snapshot = aState(builder)
      .account('team/now', { reserved: 400, spent: 350 })
      .request(...requests)
      .snapshot();
    const { plan, formulation } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(plan.assignments.map(({ request }) => request)).toEqual(
      requests.slice(0, 2).map((r) => r.build().id),
    );
    expect(formulation.model.rowNames).toEqual(['account/team/now']);
  });

  it('in use over time pays quantity times seconds, grace included', async () => {
    const builder = aConfiguration()
      .terms({ graceSeconds: 30 })
      .account('seconds', 10_000, { kind: 'gpu' })
      .agent('ada', { accounts: ['seconds' as never] })
      .pool(aPool('gpu-a').gpu(8), aPool('cpu-a').cpu(8));
    const snapshot = aState(builder).request(aRequest(1).gpu(4).cpu(2).seconds(600)).snapshot();
    const { plan } = await decide(snapshot);
    expect(plan.assignments[0]?.reservations).toEqual([
      { account: 'seconds', period: 'now', amount: 4 * 630 },
    ]);
  });

  it('that nobody needs, because nothing has a price, has no row and no period', async () => {
    const builder = aConfiguration()
      .account('team', 0, { periods: [] })
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8));
    const { plan } = await decide(aState(builder).request(aRequest(1).gpu(1)).snapshot());
    expect(plan.assignments).toHaveLength(1);
  });

  it('whose budget was cut below what is committed lets pass what costs nothing', async () => {
    const builder = aConfiguration()
      .account('team', 10)
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8).price(100), aPool('cpu-a').cpu(8));
    const snapshot = aState(builder)
      .account('team/now', { spent: 50 })
      .request(aRequest(1).gpu(1), aRequest(2).cpu(1))
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(plan.assignments.map(({ request }) => request)).toEqual([aRequest(2).build().id]);
  });

  it('too short for the pools tried first is given a cheaper pool that was left out', async () => {
    const builder = aConfiguration()
      .account('team', 100)
      .agent('ada', { accounts: ['team' as never] });
    const models = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'];
    for (const model of models) {
      for (let i = 0; i < 20; i++) builder.pool(aPool(`${model}-${i}`).gpu(8, model).price(500));
    }
    builder.pool(aPool('cheap').gpu(2, 'm8').price(10));
    const request = aRequest(1)
      .gpu(2)
      .prefer(...models)
      .seconds(3600);
    const { plan } = await decide(aState(builder).request(request).snapshot());
    expect(plan.assignments[0]?.allocations[0]?.pool).toBe('cheap');
  });
});

it('a column costs on every tariff what pricing.ts reserves for it', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      const { configuration, now } = snapshot;
      const { payersOf } = catalogueOf(configuration);
      const { graceSeconds } = configuration.leaseTerms;
      for (const column of formulate(snapshot, newMemo()).columns) {
        if (column.type !== 'request') continue;
        const { agent, terms } = column.request.request;
        const payers = payersOf(agent, terms.class);
        const allocations = column.choices.map(({ place, window, quantity }) => ({
          pool: place.pools[0].id,
          kind: place.kind,
          quantity,
          startsAt: Math.max(now, window?.startsAt ?? now),
          endsAt: window?.endsAt ?? column.endsAt,
          ...(window && { window: window.id }),
        }));
        const accounts = configuration.agents.find(({ id }) => id === agent)?.accounts ?? [];
        const input = { configuration, accounts, by: { class: terms.class }, allocations, graceSeconds };
        const want = new Map(
          reservationsOf(input).map(({ account, period, amount }) => [`${account}/${period}`, amount]),
        );
        const got = new Map<string, number>();
        const charge = { choices: column.choices, now, endsAt: column.endsAt, graceMs: graceSeconds * 1000 };
        for (const { account, tariff } of payers) {
          for (const { period, amount } of costOf(tariff, charge) ?? [])
            got.set(`${account.id}/${account.periods[period]?.id}`, amount);
        }
        expect(got).toEqual(want);
        expect(uncoveredAccounts(input)).toEqual([]);
      }
    }),
    { numRuns: 150 },
  );
});

describe('an account of some classes', () => {
  const builder = () =>
    aConfiguration()
      .account('team', 100_000)
      .account('urgent-hours', 7200, { kind: 'gpu', classes: ['critical'] })
      .agent('ada', { accounts: ['team' as never, 'urgent-hours' as never] })
      .pool(aPool('gpu-a').gpu(40).price(1));

  it('is a budget of class time: other classes neither need it nor use it', async () => {
    const snapshot = aState(builder())
      .request(
        aRequest(1).gpu(1).seconds(3600).class('critical'),
        aRequest(2).gpu(1).seconds(3600).class('critical'),
        aRequest(3).gpu(1).seconds(3600).class('critical'),
        aRequest(4).gpu(9).seconds(3600).class('standard'),
      )
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(workConservation(snapshot, plan)).toEqual({ idle: [], kept: [], unsearched: [] });
    const paid = plan.assignments.map(({ request, reservations }) => [
      Number(request.slice(4)),
      reservations.map(({ account, amount }) => `${account} ${amount}`),
    ]);
    expect(paid).toEqual([
      [1, ['team 1', 'urgent-hours 3600']],
      [2, ['team 1', 'urgent-hours 3600']],
      [4, ['team 9']],
    ]);
    expect(explainer(afterPlan(snapshot, plan)).reasons(snapshot.requests[2]!)).toEqual([
      {
        code: 'BUDGET_EXHAUSTED',
        option: 0,
        unit: 'gpu-seconds',
        short: [{ what: 'urgent-hours/now', requested: 3600, available: 0, held: 7200 }],
      },
    ]);
  });

  it('pays when a lease that it paid for is held longer, and for no other', async () => {
    const reserved = (account: string) => ({ account: account as never, period: 'now', amount: 1 });
    const urgent = aLease('gpu-a', { reservations: [reserved('team'), reserved('urgent-hours')] });
    const plain = aLease('gpu-a', { id: 'lse_00000001_001' as never, reservations: [reserved('team')] });
    const snapshot = aState(builder())
      .account('urgent-hours/now', { reserved: 7000 })
      .lease(urgent)
      .lease(plain)
      .extend(urgent, 3600)
      .extend(plain, 3600)
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(plan.extensions.map(({ extension }) => extension)).toEqual(['ext_2']);
  });
});
