// Gangs through whole ticks: who waits for whom, who may join, what ends the waiting, and that a grant is of all or of none.
import { describe, expect, it } from 'vitest';
import type { Configuration, GangTerms, Reason, State } from '../../scheduler/index.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  NOW,
  type RequestBuilder,
} from '../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from './support/tickRig.ts';

const GANG: GangTerms = { id: 'training-run-0017', size: 3, timeoutSeconds: 60 };

const twoDepartments = (): ConfigurationBuilder =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .agent('bob')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(4).label('zone', 'a'), aPool('gpu-b').gpu(4).label('zone', 'b'));

const member = (number: number, change: Partial<GangTerms> = {}): RequestBuilder =>
  aRequest(number)
    .gpu(2)
    .terms({ gang: { ...GANG, ...change } });

const rows = (...members: readonly RequestBuilder[]) => members.map((one) => submitted(one.build()));
const rigOf = (configuration: Configuration | ConfigurationBuilder = twoDepartments()): TickRig =>
  aTickRig(aState(configuration).build());

/** Outcome and first reason by request number, of the last commit's Decisions. */
function decisions(rig: TickRig): Record<string, string> {
  const told = rig.last().changes.flatMap((change) => (change.type === 'decided' ? [change] : []));
  return Object.fromEntries(
    told.map(({ request, outcome, reasons }) => [
      Number(request.slice(4)),
      [outcome, ...reasons.map(({ code }) => code)].join(' '),
    ]),
  );
}

function reasonOf(rig: TickRig, number: number): Reason | undefined {
  for (const change of rig.last().changes)
    if (change.type === 'decided' && Number(change.request.slice(4)) === number) return change.reasons[0];
  return undefined;
}

const pools = (state: State) =>
  [...state.leases.values()].map(({ allocations }) => allocations[0]!.pool as string);

describe('an incomplete gang', () => {
  it('waits, told how many it has and until when, though there is room for those who are there', async () => {
    const rig = rigOf();
    await rig.tick({ rows: rows(member(1), member(2)) });
    expect(decisions(rig)).toEqual({ 1: 'waiting AWAITING_GANG', 2: 'waiting AWAITING_GANG' });
    expect(reasonOf(rig, 1)).toEqual({ code: 'AWAITING_GANG', have: 2, size: 3, until: NOW + 60_000 });
    expect(rig.state.leases.size).toBe(0);
  });

  it('is granted whole by the tick that sees its last member, each member with a lease of its own', async () => {
    const rig = rigOf();
    await rig.tick({ rows: rows(member(1), member(2)) });
    await rig.tick({ rows: rows(member(3).by('sam', 'sales')), now: NOW + 10 });
    expect(decisions(rig)).toEqual({ 1: 'granted', 2: 'granted', 3: 'granted' });
    expect([...rig.state.leases.values()].map(({ department }) => department)).toEqual([
      'research',
      'research',
      'sales',
    ]);
    expect(rig.state.gangs.size).toBe(0);
  });

  it('expires whole when its time is over, in a tick with no other news', async () => {
    const rig = rigOf();
    await rig.tick({ rows: rows(member(1)) });
    await rig.tick({ rows: rows(member(2)), now: NOW + 30_000 });
    expect((await rig.tick({ now: NOW + 59_999 })).type).toBe('idle');
    await rig.tick({ now: NOW + 60_000 });
    expect(decisions(rig)).toEqual({ 1: 'expired GANG_TIMEOUT', 2: 'expired GANG_TIMEOUT' });
    for (const number of [1, 2])
      expect(reasonOf(rig, number)).toEqual({ code: 'GANG_TIMEOUT', have: 2, size: 3 });
    expect(rig.state.gangs.size).toBe(0);
  });

  it('waits for a replacement of a member whom the policy denies', async () => {
    const rig = rigOf();
    rig.denied.set('bob', ['no_budget']);
    await rig.tick({ rows: rows(member(1), member(2), member(3).by('bob')) });
    expect(decisions(rig)).toEqual({
      1: 'waiting AWAITING_GANG',
      2: 'waiting AWAITING_GANG',
      3: 'denied POLICY_DENIED',
    });
    await rig.tick({ rows: rows(member(4)), now: NOW + 1 });
    expect(decisions(rig)).toEqual({ 1: 'granted', 2: 'granted', 4: 'granted' });
  });
});

describe('a complete gang', () => {
  const crowded = () => aState(twoDepartments()).used('gpu-a', 2).used('gpu-b', 2).build();

  it('waits whole while there is room for some of it only, and no member starts alone', async () => {
    const rig = aTickRig(crowded());
    await rig.tick({ rows: rows(member(1), member(2), member(3)) });
    expect(decisions(rig)).toEqual({
      1: 'waiting GANG_FULL',
      2: 'waiting GANG_FULL',
      3: 'waiting GANG_FULL',
    });
    expect(reasonOf(rig, 1)).toEqual({
      code: 'GANG_FULL',
      option: 0,
      size: 3,
      short: [{ what: 'gpu', requested: 6, available: 4, held: 4 }],
    });
    expect(rig.last().record.counts.columns).toBe(0);
  });

  it('is incomplete again when a member is cancelled, with the whole time-out for a replacement', async () => {
    const rig = aTickRig(crowded());
    await rig.tick({ rows: rows(member(1), member(2), member(3)) });
    const later = NOW + 3_600_000;
    const { id } = member(2).build();
    await rig.tick({
      rows: [intake({ type: 'cancel', request: id }, { department: 'research', agent: 'ada' }, later)],
      now: later,
    });
    expect(reasonOf(rig, 1)).toEqual({ code: 'AWAITING_GANG', have: 2, size: 3, until: later + 60_000 });
    rig.state.used.clear();
    await rig.tick({ rows: rows(member(4)), now: later + 50_000 });
    expect(decisions(rig)).toEqual({ 1: 'granted', 3: 'granted', 4: 'granted' });
  });

  it('loses to no smaller request what it cannot use: others start beside it', async () => {
    const rig = aTickRig(crowded());
    await rig.tick({ rows: rows(member(1), member(2), member(3), aRequest(9).gpu(2)) });
    expect(decisions(rig)[9]).toBe('granted');
  });

  it('keeps within the quotas of all departments of its members', async () => {
    const limited = twoDepartments()
      .quota('research', 'gpu', { nominal: 8 })
      .quota('sales', 'gpu', { nominal: 3 });
    const rig = rigOf(limited);
    await rig.tick({ rows: rows(member(1), member(2).by('sam', 'sales'), member(3).by('sam', 'sales')) });
    const short = [{ what: 'sales/gpu', requested: 4, available: 3, held: 0 }];
    expect(reasonOf(rig, 2)).toMatchObject({ code: 'GANG_FULL', short });
    // Another department's quota is none of a member's business.
    expect(reasonOf(rig, 1)).toMatchObject({ code: 'GANG_FULL', short: [] });
    expect(rig.state.leases.size).toBe(0);
  });

  it('stands in one zone where it asks for one, and waits where none holds it', async () => {
    const pair = { size: 2, colocate: 'zone' };
    const rig = aTickRig(aState(twoDepartments()).used('gpu-a', 1).build());
    await rig.tick({ rows: rows(member(1, pair), member(2, pair)) });
    expect(pools(rig.state)).toEqual(['gpu-b', 'gpu-b']);
    const tight = aTickRig(crowded());
    await tight.tick({ rows: rows(member(1, pair), member(2, pair)) });
    expect(decisions(tight)).toEqual({ 1: 'waiting GANG_FULL', 2: 'waiting GANG_FULL' });
    const apart = aTickRig(crowded());
    await apart.tick({ rows: rows(member(1, { size: 2 }), member(2, { size: 2 })) });
    expect(pools(apart.state).sort()).toEqual(['gpu-a', 'gpu-b']);
  });
});

describe('a member that does not belong', () => {
  it.each([
    ['size', member(2, { size: 2 })],
    ['timeoutSeconds', member(2, { timeoutSeconds: 61 })],
    ['colocate', member(2, { colocate: 'zone' })],
    ['class', member(2).class('batch')],
  ])('is denied for its %s, and the others wait on', async (field, odd) => {
    const rig = rigOf();
    await rig.tick({ rows: rows(member(1), odd) });
    expect(decisions(rig)).toEqual({ 1: 'waiting AWAITING_GANG', 2: 'denied GANG_MISMATCH' });
    expect(reasonOf(rig, 2)).toEqual({ code: 'GANG_MISMATCH', field, have: 1, size: 3 });
    expect(reasonOf(rig, 1)).toMatchObject({ have: 1 });
  });

  it('is denied when the gang has all that it declared', async () => {
    const rig = aTickRig(aState(twoDepartments()).used('gpu-a', 4).build());
    await rig.tick({ rows: rows(member(1), member(2), member(3), member(4)) });
    expect(reasonOf(rig, 4)).toEqual({ code: 'GANG_MISMATCH', field: 'members', have: 3, size: 3 });
  });
});

it('many members alike are placed without trying every order of them', async () => {
  const pool = (n: number) => aPool(`gpu-${n}`).gpu(3);
  const rig = rigOf(aConfiguration().pool(...Array.from({ length: 8 }, (_, n) => pool(n))));
  const members = Array.from({ length: 9 }, (_, n) => member(n + 1, { size: 9 }));
  await rig.tick({ rows: rows(...members) });
  expect(rig.state.leases.size).toBe(0);
  expect(reasonOf(rig, 1)).toMatchObject({ code: 'GANG_FULL', short: [] });
});
