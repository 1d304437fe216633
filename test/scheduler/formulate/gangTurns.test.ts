// More gangs than one tick has steps for: who is looked at, who waits for a later tick, and when ticks stop asking for another.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import type { Configuration } from '../../../scheduler/index.ts';
import { type Snapshot, snapshotDigest } from '../../../scheduler/snapshot.ts';
import { parseTickFile, toTickFile } from '../../../scheduler/tickFile.ts';
import { aConfiguration, aPool, aRequest, aState, NOW, type RequestBuilder } from '../../support/builders.ts';
import { aTickRig, submitted, type TickRig } from '../support/tickRig.ts';

const GANGS = 120;
const SIZE = 9;

/** Of nine members that want two units each, eight fit. */
const organisation = (): Configuration =>
  aConfiguration()
    .pool(...Array.from({ length: 8 }, (_, n) => aPool(`gpu-${n}`).gpu(3)))
    .build();

/** Durations differ, so that no gang is found with another's work. */
const gang = (g: number, { size = SIZE, units = 2, from = g * SIZE + 1 } = {}): RequestBuilder[] =>
  Array.from({ length: size }, (_, m) =>
    aRequest(from + m)
      .gpu(units)
      .seconds(600 + g)
      .terms({ gang: { id: `a-gang-of-many-${g}`, size } }),
  );

const crowd = (): RequestBuilder[] => Array.from({ length: GANGS }, (_, g) => gang(g)).flat();
const last = (): RequestBuilder[] => gang(GANGS, { size: 2, units: 3, from: GANGS * SIZE + 1 });
const rows = (requests: readonly RequestBuilder[]) => requests.map((one) => submitted(one.build()));
const lookedAt = (snapshot: Snapshot): number[] => {
  const { found } = formulate(snapshot, newMemo()).gangs;
  return [...found.keys()].map(({ terms }) => Number(terms.id.split('-').at(-1)));
};

/** Codes of the Decisions of the last commit, by gang. */
function told({ last: lastCommit }: TickRig): Record<string, string> {
  const decisions = lastCommit().changes.flatMap((change) => (change.type === 'decided' ? [change] : []));
  return Object.fromEntries(
    decisions.map(({ request, outcome, reasons }) => [
      Math.floor((Number(request.slice(4)) - 1) / SIZE),
      [outcome, ...reasons.map(({ code }) => code)].join(' '),
    ]),
  );
}

describe('a tick with more gangs than it has steps for', () => {
  it('lets none be starved: the youngest is looked at by a later tick, which needs no news', async () => {
    const rig = aTickRig(aState(organisation()).build());
    await rig.tick({ rows: rows([...crowd(), ...last()]) });
    expect(told(rig)).toMatchObject({ 0: 'waiting GANG_FULL', [GANGS]: 'waiting NEXT_TICK' });
    let ticks = 1;
    while (rig.state.leases.size === 0 && rig.carry.unfinished) {
      await rig.tick({ now: NOW + ticks });
      ticks += 1;
    }
    expect(told(rig)[GANGS]).toBe('granted');
    expect(ticks).toBeGreaterThan(1);
    expect(ticks).toBeLessThan(10);
  });

  it('asks for another turn until each was looked at once, and not for ever', async () => {
    const rig = aTickRig(aState(organisation()).build());
    await rig.tick({ rows: rows(crowd()) });
    let turns = 0;
    while (rig.carry.unfinished && turns < 100) {
      await rig.tick({ now: NOW + turns });
      turns += 1;
    }
    const each = formulate(
      aState(organisation())
        .request(...crowd())
        .snapshot(),
      newMemo(),
    ).gangs.found.size;
    expect(turns).toBeGreaterThan(0);
    expect(turns).toBeLessThanOrEqual(Math.ceil(GANGS / each));
    const codes = new Set([...rig.state.requests.values()].map(({ waitingCodes }) => `${waitingCodes}`));
    expect([...codes]).toEqual(['GANG_FULL']);
    expect((await rig.tick({ now: NOW + 1000 })).type).toBe('idle');
  });

  it('tells a gang that it has no steps for nothing new', async () => {
    const rig = aTickRig(aState(organisation()).build());
    await rig.tick({ rows: rows(crowd()) });
    while (rig.carry.unfinished) await rig.tick({ now: NOW + 1 });
    await rig.tick({ rows: rows([aRequest(GANGS * SIZE + 1).gpu(3)]), now: NOW + 2 });
    expect(told(rig)).toEqual({ [GANGS]: 'granted' });
    expect(rig.state.gangTurn).not.toBeNull();
  });
});

describe('the order of gangs', () => {
  it('is by age, goes on where the tick before stopped, and begins again after the last', () => {
    let snapshot: Snapshot = aState(organisation())
      .request(...crowd())
      .snapshot();
    const order: number[] = [];
    while (order.length <= 2 * GANGS) {
      order.push(...lookedAt(snapshot));
      snapshot = { ...snapshot, gangTurn: formulate(snapshot, newMemo()).gangs.turn! };
    }
    expect(order).toEqual(order.map((_, i) => i % GANGS));
  });

  it('is by class before age', () => {
    const urgent = gang(GANGS, { size: 2, from: GANGS * SIZE + 1 }).map((one) => one.class('critical'));
    const snapshot = aState(organisation())
      .request(...crowd(), ...urgent)
      .snapshot();
    expect(lookedAt(snapshot).slice(0, 2)).toEqual([GANGS, 0]);
  });

  it('begins with the first again where nobody is left behind the last one', () => {
    const few = aState(organisation())
      .request(...gang(0), ...gang(1))
      .snapshot();
    const { found, unseen, turn } = formulate(
      { ...few, gangTurn: { rank: 9, sequence: 1 } },
      newMemo(),
    ).gangs;
    expect([found.size, unseen.size, turn]).toEqual([2, 0, null]);
  });

  it('is part of the snapshot: of its digest, and of its file', () => {
    const first = aState(organisation())
      .request(...gang(0))
      .snapshot();
    const later: Snapshot = { ...first, gangTurn: { rank: 1, sequence: 7 } };
    expect(snapshotDigest(later, sha256)).not.toBe(snapshotDigest(first, sha256));
    const file: unknown = JSON.parse(JSON.stringify(toTickFile(later)));
    expect(parseTickFile(file)).toMatchObject({ ok: true, snapshot: { gangTurn: { rank: 1, sequence: 7 } } });
  });
});

it('the work of a tick’s gangs has a bound, whatever they ask and however many they are', () => {
  const wide = aConfiguration().pool(
    ...Array.from({ length: 32 }, (_, n) =>
      aPool(`gpu-${n}`)
        .gpu(5)
        .label('zone', `z${n % 16}`),
    ),
  );
  const hostile = (g: number) =>
    Array.from({ length: 16 }, (_, m) => {
      const request = aRequest(g * 16 + m + 1);
      for (let option = 0; option < 4; option++) {
        if (option > 0) request.or();
        for (let claim = 0; claim < 4; claim++) request.gpu(1 + ((m + claim + option) % 4));
      }
      return request.terms({ gang: { id: `hostile-gang-of-many-${g}`, size: 16, colocate: 'zone' } });
    });
  const sizes = [10, 40].map((count) => {
    const requests = Array.from({ length: count }, (_, g) => hostile(g)).flat();
    const { gangs, leftOut } = formulate(
      aState(wide)
        .request(...requests)
        .snapshot(),
      newMemo(),
    );
    expect(leftOut.size).toBe(count * 16);
    return gangs.found.size;
  });
  expect(sizes[0]).toBeGreaterThan(0);
  expect(sizes[1]).toBe(sizes[0]);
  expect(sizes[0]).toBeLessThan(10);
});
