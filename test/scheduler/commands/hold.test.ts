// An offer that is held: its units are kept for ten seconds for whoever accepts it, and for nobody else; one an agent, and a share of a pool.

import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import {
  decideTickFile,
  parseTickFile,
  type RequestId,
  type ResourceRequest,
  takeSnapshot,
  toTickFile,
} from '../../../scheduler/index.ts';
import { snapshotDigest } from '../../../scheduler/snapshot.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, NOW } from '../../support/builders.ts';
import { aTickRig, intake, submitted, type TickRig } from '../support/tickRig.ts';

const CAPACITY = 100;
const waiting = aRequest(1).gpu(50).build();
/** What it could have at once: what is left over. */
const offered = (number: number, units = 2) => aRequest(number).gpu(units).build();
const OFFER = 'off_0123456789abcdef0123';

/** 100 units, of which all but `free` are leased. */
async function aCell({ free = 2, holdPercent = 2 } = {}): Promise<TickRig> {
  const configuration = aConfiguration()
    .department('research')
    .agent('ada')
    .agent('bob')
    .pool(aPool('gpu-a').gpu(CAPACITY))
    .build();
  const rig = aTickRig(
    aState({ ...configuration, reservations: { holdPercent } })
      .used('gpu-a', CAPACITY - free)
      .build(),
  );
  await rig.tick({ rows: [submitted(waiting)] });
  return rig;
}

const holding = (request: ResourceRequest, of: RequestId = waiting.id, tick: number | null = null) =>
  intake({ type: 'submit', request, holds: { request: of, offer: OFFER, tick } }, request, NOW);
const accepting = (request: ResourceRequest, hold: RequestId, at = NOW) =>
  intake({ type: 'submit', request, replaces: { request: waiting.id, tick: null, hold } }, request, at);
const outcomes = (rig: TickRig) =>
  rig
    .last()
    .changes.flatMap((change) =>
      change.type === 'decided' ? [[change.request, change.outcome, change.reasons]] : [],
    );

describe('an offer that is held', () => {
  it('is told until when, and nobody else is granted its units', async () => {
    const rig = await aCell();
    const held = offered(2);
    await rig.tick({ rows: [holding(held)] });
    const until = NOW + 10_000;
    expect(outcomes(rig)).toEqual([
      [held.id, 'waiting', [{ code: 'OFFER_HELD', request: waiting.id, until }]],
    ]);
    expect(rig.state.reserved.get(held.id)).toMatchObject({
      units: [{ pool: 'gpu-a', quantity: 2 }],
      startsAt: NOW,
      hold: { request: waiting.id, offer: OFFER, until, tick: 2 },
    });
    const [made] = rig.last().events.filter(({ type }) => type === 'annona.reservation.made.v1');
    expect(made?.data).toMatchObject({ hold: { request: waiting.id, offer: OFFER } });
    const other = aRequest(3).by('bob').gpu(1).build();
    await rig.tick({ rows: [submitted(other)], now: NOW + 9_999 });
    expect(outcomes(rig)).toMatchObject([[other.id, 'waiting', [{ code: 'RESERVED' }]]]);
  });

  it('is granted to whoever accepts it in time, before all who came meanwhile', async () => {
    const rig = await aCell();
    const held = offered(2);
    await rig.tick({ rows: [holding(held)] });
    const urgent = aRequest(3).by('bob').class('production').gpu(2).build();
    const accepted = offered(4);
    const rows = [submitted(urgent), accepting(accepted, held.id, NOW + 9_999)];
    await rig.tick({ rows, now: NOW + 10_500 });
    expect(outcomes(rig)).toMatchObject([
      [held.id, 'cancelled', [{ code: 'REPLACED', by: accepted.id }]],
      [waiting.id, 'cancelled', [{ code: 'REPLACED', by: accepted.id }]],
      [accepted.id, 'granted', []],
      [urgent.id, 'waiting', [{ code: 'POOL_FULL' }]],
    ]);
    expect(rig.state.reserved.size).toBe(0);
  });

  it('lapses by itself, and its units are granted by the tick that sees it', async () => {
    const rig = await aCell();
    const held = offered(2);
    const other = aRequest(3).by('bob').gpu(2).build();
    await rig.tick({ rows: [holding(held)] });
    await rig.tick({ rows: [submitted(other)], now: NOW + 5_000 });
    await rig.tick({ now: NOW + 10_000 });
    expect(outcomes(rig)).toMatchObject([
      [held.id, 'expired', [{ code: 'OFFER_LAPSED', request: waiting.id }]],
      [other.id, 'granted', []],
    ]);
    const late = offered(4);
    await rig.tick({ rows: [accepting(late, held.id, NOW + 10_000)], now: NOW + 10_001 });
    expect(outcomes(rig)).toMatchObject([[late.id, 'denied', [{ code: 'OFFER_LAPSED' }]]]);
    expect([...rig.state.requests.keys()]).toEqual([waiting.id]);
  });

  it('ends with the request that it is for, and when it is withdrawn', async () => {
    const rig = await aCell();
    const [first, second] = [offered(2), offered(3)];
    await rig.tick({ rows: [holding(first)] });
    await rig.tick({ rows: [intake({ type: 'cancel', request: first.id }, first)] });
    expect(rig.state.reserved.size).toBe(0);
    await rig.tick({ rows: [holding(second)] });
    await rig.tick({ rows: [intake({ type: 'cancel', request: waiting.id }, waiting)] });
    expect(outcomes(rig)).toMatchObject([
      [waiting.id, 'cancelled', [{ code: 'CANCELLED' }]],
      [second.id, 'expired', [{ code: 'OFFER_LAPSED' }]],
    ]);
    expect(rig.state.requests.size).toBe(0);
  });

  it('is one an agent, told in numbers', async () => {
    const rig = await aCell();
    await rig.tick({ rows: [holding(offered(2, 1))] });
    const second = offered(3, 1);
    await rig.tick({ rows: [holding(second)] });
    const limit = { code: 'HOLD_LIMIT', what: 'ada', requested: 1, held: 1, limit: 1 };
    expect(outcomes(rig)).toEqual([[second.id, 'denied', [limit]]]);
  });

  it('is at most a share of a pool, of all agents together', async () => {
    const rig = await aCell({ free: 10 });
    const bobs = aRequest(5).by('bob').gpu(50).build();
    await rig.tick({ rows: [submitted(bobs)] });
    const [much, some, more] = [offered(2, 3), offered(3, 2), aRequest(6).by('bob').gpu(1).build()];
    await rig.tick({ rows: [holding(much)] });
    const refused = { code: 'HOLD_LIMIT', what: 'gpu-a', requested: 3, held: 0, limit: 2 };
    expect(outcomes(rig)).toEqual([[much.id, 'denied', [refused]]]);
    await rig.tick({ rows: [holding(some), holding(more, bobs.id)] });
    expect(outcomes(rig)).toMatchObject([
      [more.id, 'denied', [{ ...refused, requested: 1, held: 2 }]],
      [some.id, 'waiting', [{ code: 'OFFER_HELD' }]],
    ]);
    await rig.tick({ rows: [submitted(aRequest(7).by('bob').gpu(9).build())] });
    expect(rig.last().changes.some(({ type }) => type === 'leaseGranted')).toBe(false);
  });

  it('is refused when it fits no more, is for nobody who waits, or a tick came in between', async () => {
    const rig = await aCell({ free: 1 });
    const [large, strange, stale] = [offered(2), offered(3, 1), offered(4, 1)];
    const gone = aRequest(9).build().id;
    await rig.tick({ rows: [holding(large), holding(strange, gone), holding(stale, waiting.id, 0)] });
    expect(outcomes(rig).map(([id, outcome, reasons]) => [id, outcome, reasons])).toEqual([
      [strange.id, 'denied', [{ code: 'OFFER_LAPSED', request: gone }]],
      [stale.id, 'denied', [{ code: 'OFFER_LAPSED', request: waiting.id }]],
      [large.id, 'denied', [{ code: 'OFFER_LAPSED', request: waiting.id }]],
    ]);
  });

  it('hands nothing over to a request that asks for something else', async () => {
    const rig = await aCell();
    const held = offered(2);
    await rig.tick({ rows: [holding(held)] });
    const longer = aRequest(4)
      .gpu(2)
      .seconds((2 * HOUR) / 1000)
      .build();
    await rig.tick({ rows: [accepting(longer, held.id)] });
    expect(outcomes(rig)).toMatchObject([[longer.id, 'denied', [{ code: 'OFFER_LAPSED' }]]]);
    expect(rig.state.reserved.has(held.id)).toBe(true);
  });

  it('stands in the tick file, which decides alike, and no plan may take its units', async () => {
    const rig = await aCell();
    await rig.tick({ rows: [holding(offered(2)), submitted(aRequest(3).by('bob').gpu(1).build())] });
    const snapshot = takeSnapshot(rig.state, NOW);
    expect(snapshot.reservations).toMatchObject([{ hold: { offer: OFFER } }]);
    const parsed = parseTickFile(JSON.parse(JSON.stringify(toTickFile(snapshot))));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(snapshotDigest(parsed.snapshot, sha256)).toBe(snapshotDigest(snapshot, sha256));
    const answer = await decideTickFile(parsed.snapshot, rig.ports);
    const { plan } = answer.file.decided!;
    expect(plan.assignments).toEqual([]);
    const [, bobs] = snapshot.requests;
    const endsAt = NOW + bobs!.request.terms.durationSeconds * 1000;
    const allocations = [
      { claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 1, startsAt: NOW, endsAt },
    ];
    const taken = { request: bobs!.request.id, option: 0, allocations, reservations: [], endsAt };
    expect(verifyPlan(parsed.snapshot, { ...plan, assignments: [taken] })).toEqual({
      ok: false,
      breach: { what: `checkpoint/gpu-a/${NOW}`, lhs: 1, rhs: 0 },
    });
  });
});
