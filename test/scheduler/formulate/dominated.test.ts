// Candidates behind a place with room for everybody: which leave, which stay, and that the best plan is worth the same without them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ColumnMeaning,
  type Formulation,
  formulate,
  newMemo,
} from '../../../scheduler/formulate/index.ts';
import type { Snapshot } from '../../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import { checkPlan, type Model } from '../../../solver/index.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  HOUR,
  NOW,
  type RequestBuilder,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';
import { naiveCost } from '../../support/naiveSolver.ts';
import { aCrowd } from './crowd.ts';

const decide = decider();

/** Places, and windows if any, of the first request's columns. */
function placesOf(configuration: ConfigurationBuilder, ...requests: RequestBuilder[]): string[] {
  const { columns } = formulate(
    aState(configuration)
      .request(...requests)
      .snapshot(),
    newMemo(),
  );
  return columns.flatMap((column) =>
    column.type === 'request' && column.request.request.id === requests[0]!.build().id
      ? [
          column.choices
            .map(({ place, window }) => (window ? `${place.id}@${window.id}` : place.id))
            .join(' '),
        ]
      : [],
  );
}

describe('behind a place with room for the whole batch', () => {
  const three = () => aConfiguration().pool(aPool('a').gpu(8), aPool('b').gpu(6), aPool('c').gpu(4));

  it('no candidate stays', () => {
    expect(placesOf(three(), aRequest(1).gpu(2), aRequest(2).gpu(2))).toEqual(['a']);
  });

  it('all candidates stay when the batch asks one unit more than the place has free', () => {
    expect(placesOf(three(), aRequest(1).gpu(2), aRequest(2).gpu(6))).toEqual(['a']);
    expect(placesOf(three(), aRequest(1).gpu(2), aRequest(2).gpu(7))).toEqual(['a', 'b', 'c']);
  });

  it('what is held of it counts', () => {
    const [one, two] = [aRequest(1).gpu(2), aRequest(2).gpu(5)];
    const columnsWith = (held: number) =>
      formulate(aState(three()).used('a', held).request(one, two).snapshot(), newMemo()).columns.length;
    expect(columnsWith(1)).toBe(2);
    // Seven asked of six free: two GPUs from any of three pools, five from two of them.
    expect(columnsWith(2)).toBe(5);
  });

  it('the largest option of a request counts, and claims of one option together', () => {
    const smallFirst = aRequest(2).gpu(1).or().gpu(4).gpu(3);
    const smallLast = aRequest(2).gpu(4).gpu(3).or().gpu(1);
    for (const options of [smallFirst, smallLast]) {
      expect(placesOf(three(), aRequest(1).gpu(1), options)).toEqual(['a']);
      expect(placesOf(three(), aRequest(1).gpu(2), options)).toEqual(['a', 'b', 'c']);
    }
  });

  it('requests of another kind do not count', () => {
    const both = three().pool(aPool('d').cpu(100));
    expect(placesOf(both, aRequest(1).gpu(8), aRequest(2).cpu(99))).toEqual(['a']);
  });

  it('a better place that cannot hold the whole batch stays before it', () => {
    const scarce = aConfiguration().pool(
      aPool('best').gpu(3, 'h100'),
      aPool('wide').gpu(8, 'a100'),
      aPool('last').gpu(8, 'v100'),
    );
    const wanting = aRequest(1).gpu(2).prefer('h100', 'a100');
    expect(placesOf(scarce, wanting, aRequest(2).gpu(2))).toEqual(['best', 'wide']);
  });

  it('a cheaper place stays, and one that is as dear or dearer does not', () => {
    const priced = aConfiguration().pool(
      aPool('preferred').gpu(8, 'h100').price(9),
      aPool('cheap').gpu(2, 'a100').price(5),
      aPool('equal').gpu(8, 'a100').price(9),
      aPool('dear').gpu(8, 'a100').price(12),
    );
    expect(placesOf(priced, aRequest(1).gpu(2).prefer('h100'), aRequest(2).gpu(1))).toEqual([
      'preferred',
      'cheap',
    ]);
  });

  it('of many cheaper places with room for everybody one stays', () => {
    const priced = aConfiguration().pool(aPool('preferred').gpu(8, 'h100').price(9));
    for (let i = 0; i < 40; i++) priced.pool(aPool(`cheap-${i}`).gpu(8).price(5));
    expect(placesOf(priced, aRequest(1).gpu(2).prefer('h100'))).toEqual(['preferred', 'cheap-0']);
  });

  it('a request whose budget covers only the cheaper place has it', async () => {
    const priced = aConfiguration()
      .account('team', 10)
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('preferred').gpu(8, 'h100').price(90), aPool('cheap').gpu(8, 'a100').price(5));
    const request = aRequest(1).gpu(2).prefer('h100').seconds(3600);
    const { plan } = await decide(aState(priced).request(request).snapshot());
    expect(plan.assignments[0]?.allocations[0]?.pool).toBe('cheap');
  });
});

describe('a window', () => {
  const windows = ['early', 'late'].map(
    (id, i) => [id, NOW + (i + 1) * HOUR, NOW + (i + 2) * HOUR, 50] as const,
  );

  it('stands for no other, however much room it has', () => {
    const reviewed = aConfiguration().pool(
      aPool('legal').review(...windows),
      aPool('press').review(...windows),
    );
    expect(placesOf(reviewed, aRequest(1).review())).toEqual([
      'legal@early',
      'press@early',
      'legal@late',
      'press@late',
    ]);
  });

  it('stays behind a place without one, whose units are held and paid otherwise', () => {
    for (const consumable of [false, true]) {
      const desk = consumable ? aPool('desk').license(8) : aPool('desk');
      const mixed = aConfiguration().pool(
        desk.kind('review'),
        aPool('legal')
          .review(...windows)
          .price(3),
      );
      expect(placesOf(mixed, aRequest(1).review())).toEqual(['desk', 'legal@early', 'legal@late']);
    }
  });
});

describe('places of one kind that come back or are used up', () => {
  const mixed = () =>
    aConfiguration().pool(aPool('lasting').kind('token'), aPool('spent').license(8).kind('token').price(1));

  it('do not stand for each other', () => {
    expect(placesOf(mixed(), aRequest(1).claim('token', 2))).toEqual(['lasting', 'spent']);
  });

  it('serve a department whose quota forbids the lasting ones', async () => {
    const snapshot = aState(mixed().quota('research', 'token', { nominal: 0 }))
      .request(aRequest(1).claim('token', 2))
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(plan.assignments[0]?.allocations[0]?.pool).toBe('spent');
  });

  it('are told apart although the price of one counts by the hour', async () => {
    const builder = aConfiguration()
      .account('team', 5)
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('spent').license(8).kind('token').price(10), aPool('lasting').kind('token').price(20));
    const snapshot = aState(builder).request(aRequest(1).claim('token', 1).seconds(600)).snapshot();
    const { plan } = await decide(snapshot);
    expect(plan.assignments[0]?.allocations[0]?.pool).toBe('lasting');
  });
});

/** Beside a crowd, which has no column, no place has room for everybody: the same tick with all its candidates. */
function withAllCandidates(snapshot: Snapshot): Formulation {
  return formulate({ ...snapshot, requests: [...snapshot.requests, aCrowd().pending()] }, newMemo());
}

function nameOf(column: ColumnMeaning): string {
  if (column.type === 'extension') return `${column.lease.id} ${column.prolongations.length}`;
  if (column.type === 'gang')
    return column.services.map((service) => nameOf({ type: 'request', ...service })).join(' + ');
  const places = column.choices.map(({ place, window }) => `${place.id}@${window?.id ?? ''}`);
  return `${column.request.request.id} ${column.option} ${places.join(' ')}`;
}

/** Per stage the value of the best plan, earlier stages first; only columns that may be granted are tried. */
function bestValues(model: Model, mayGrant: (column: number) => boolean): number[] {
  const stages = [...new Set(model.stage)].sort((a, b) => a - b);
  const groups = [...model.stage.keys()].sort((a, b) => model.stage[a]! - model.stage[b]!);
  const columnsOf = new Map(
    groups.map((g) => [g, [...model.group.keys()].filter((j) => model.group[j] === g && mayGrant(j))]),
  );
  const granted = new Uint8Array(model.columnCount);
  const values = stages.map(() => 0);
  let best = [...values];
  /** What the grants of the first stages cost: a stage pays for what it adds. */
  const costOf = (last: number): number => {
    const stageOf = (j: number): number => stages.indexOf(model.stage[model.group[j]!]!);
    return naiveCost(
      model,
      granted.map((one, j) => (stageOf(j) <= last ? one : 0)),
    );
  };
  const descend = (at: number): void => {
    const group = groups[at];
    if (group === undefined) {
      const own = values.map((value, s) => value - costOf(s) + (s === 0 ? 0 : costOf(s - 1)));
      if (isBetter(own, best)) best = own;
      return;
    }
    const stage = stages.indexOf(model.stage[group]!);
    for (const column of columnsOf.get(group)!) {
      granted[column] = 1;
      values[stage]! += model.objective[column]!;
      if (checkPlan(model, granted).ok) descend(at + 1);
      values[stage]! -= model.objective[column]!;
      granted[column] = 0;
    }
    descend(at + 1);
  };
  descend(0);
  return best;
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! > b[at]!;
}

/** Few enough requests to try every plan, and few enough combinations to have them all as columns. */
const tinySnapshot = arbitrarySnapshot
  .map((snapshot): Snapshot => ({ ...snapshot, requests: snapshot.requests.slice(0, 3) }))
  .filter((snapshot) => withAllCandidates(snapshot).leftOut.size === 0);

describe('what leaves', () => {
  it('takes nothing from the best plan of any tick', () => {
    let left = 0;
    fc.assert(
      fc.property(tinySnapshot, (snapshot) => {
        const all = withAllCandidates(snapshot);
        const kept = new Set(formulate(snapshot, newMemo()).columns.map(nameOf));
        const isKept = (column: number) => kept.has(nameOf(all.columns[column]!));
        const wantValues = bestValues(all.model, () => true);
        expect(bestValues(all.model, isKept)).toEqual(wantValues);
        left += all.columns.length - kept.size;
      }),
      { numRuns: 150 },
    );
    expect(left).toBeGreaterThan(0);
  });

  it('changes the value of what stays by the price it is compared with, and by nothing else', () => {
    fc.assert(
      fc.property(tinySnapshot, (snapshot) => {
        const all = withAllCandidates(snapshot);
        const few = formulate(snapshot, newMemo());
        const before = new Map(all.columns.map((column, j) => [nameOf(column), all.model.objective[j]!]));
        for (const [j, column] of few.columns.entries()) {
          const difference = before.get(nameOf(column))! - few.model.objective[j]!;
          expect(difference).toBeGreaterThanOrEqual(0);
          expect(difference).toBeLessThanOrEqual(50);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('leaves a plan that is allowed and idles nothing that a waiting request could take', async () => {
    await fc.assert(
      fc.asyncProperty(tinySnapshot, async (snapshot) => {
        const { plan } = await decide(snapshot);
        expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
        expect(workConservation(snapshot, plan)).toEqual({ idle: [], kept: [], unsearched: [] });
      }),
      { numRuns: 150 },
    );
  });
});
