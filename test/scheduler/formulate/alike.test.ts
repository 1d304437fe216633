// Requests that nothing tells apart: as many have columns as could start together, and one more; whoever could tell them apart keeps all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOfRequest } from '../../../scheduler/decidedProgram.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import type { Snapshot } from '../../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type RequestBuilder,
  requestIdOf,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();
const ofThree = () => aConfiguration().agent('ada').agent('bob').pool(aPool('gpu-a').gpu(3));

const many = (count: number, change: (request: RequestBuilder) => RequestBuilder = (request) => request) =>
  Array.from({ length: count }, (_, i) => change(aRequest(i + 1).gpu(1)));

/** Numbers of the requests that have columns. */
function asked(snapshot: Snapshot): string[] {
  const { columns, truncated } = formulate(snapshot, newMemo());
  expect(truncated).toBe(false);
  return [
    ...new Set(columns.flatMap((column) => (column.type === 'request' ? [column.request.request.id] : []))),
  ];
}

const idsOf = (...numbers: number[]): string[] => numbers.map(requestIdOf);

describe('requests that nothing tells apart', () => {
  it('have columns for as many as there is room, and one more', () => {
    expect(
      asked(
        aState(ofThree())
          .request(...many(9))
          .snapshot(),
      ),
    ).toEqual(idsOf(1, 2, 3, 4));
  });

  it('have them for the room of every place that they could take', () => {
    const two = ofThree().pool(aPool('gpu-b').gpu(2));
    expect(
      asked(
        aState(two)
          .request(...many(9))
          .snapshot(),
      ),
    ).toEqual(idsOf(1, 2, 3, 4, 5, 6));
  });

  it('are spoken for by the last that has columns, where those before them have the room', () => {
    const formulation = formulate(
      aState(ofThree())
        .request(...many(9))
        .snapshot(),
      newMemo(),
    );
    expect(formulation.alike.standInFor(requestIdOf(3))).toBeNull();
    expect(formulation.alike.standInFor(requestIdOf(9))).toBe(requestIdOf(4));
    expect(columnsOfRequest(formulation, requestIdOf(9))).toEqual(
      columnsOfRequest(formulation, requestIdOf(4)),
    );
    expect(columnsOfRequest(formulation, requestIdOf(4))).toHaveLength(1);
  });

  it('are counted by agent, and by what their age and their deadline are worth', () => {
    const others = [
      aRequest(10).gpu(1).by('bob'),
      aRequest(11)
        .gpu(1)
        .submittedAt(NOW - HOUR),
      aRequest(12)
        .gpu(1)
        .terms({ deadline: NOW + 700_000 }),
    ];
    const snapshot = aState(ofThree())
      .request(...many(9), ...others)
      .snapshot();
    expect(asked(snapshot)).toEqual(idsOf(1, 2, 3, 4, 10, 11, 12));
  });

  it('all have columns where a policy weighs what they are worth', () => {
    const weight = { id: 'w', selector: { agents: ['ada'] }, coefficient: 10 } as never;
    const snapshot = aState(ofThree())
      .request(...many(9))
      .weighing(weight)
      .snapshot();
    expect(asked(snapshot)).toHaveLength(9);
  });

  it('all have columns where one of the batch would read a dataset alone', () => {
    const alone = aRequest(20).claim('dataset', 1, { exclusive: true });
    const contested = ofThree().pool(aPool('data').kind('dataset'));
    const snapshot = aState(contested)
      .request(...many(9), alone)
      .snapshot();
    expect(asked(snapshot)).toHaveLength(10);
  });

  it('are served as far as there is room, the first of them first', async () => {
    const sizes = fc.record({
      room: fc.nat(12),
      quantity: fc.integer({ min: 1, max: 4 }),
      waiting: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ room, quantity, waiting }) => {
        const requests = Array.from({ length: waiting }, (_, i) => aRequest(i + 1).gpu(quantity));
        const snapshot = aState(aConfiguration().pool(aPool('gpu-a').gpu(Math.max(1, room))))
          .used('gpu-a', room === 0 ? 1 : 0)
          .request(...requests)
          .snapshot();
        const { plan } = await decide(snapshot);
        const want = Math.min(waiting, Math.floor(room / quantity));
        expect(plan.assignments.map(({ request }) => request)).toEqual(
          requests.slice(0, want).map((request) => request.build().id),
        );
        expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
        expect(workConservation(snapshot, plan).idle).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
