// Bundles on nodes: what fits together, where it goes, what the program says of it. Examples by hand.
import { describe, expect, it } from 'vitest';
import { explainWaiting } from '../../../scheduler/explain.ts';
import { isUnfinished } from '../../../scheduler/formulate/index.ts';
import type { Allocation, Assignment, NodeId, PoolId } from '../../../scheduler/index.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  nodeSet,
  type StateBuilder,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();
const node = (id: string, gpus: number, change: object = {}) => ({
  id,
  gpus,
  cpuMilli: gpus * 8000,
  memoryMiB: gpus * 1000,
  ...change,
});
const hall = (...groups: Parameters<typeof nodeSet>[1][]) =>
  aConfiguration().pool(...nodeSet('hall', ...groups));

/** "request 1 on hall/a gpus 0,1" for each granted one. */
async function packed(state: StateBuilder): Promise<string[]> {
  const snapshot = state.snapshot();
  const { plan } = await decide(snapshot);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  return plan.assignments.map(said);
}

function said({ request, allocations }: Assignment): string {
  const where = allocations.map(({ node: on, gpus }) => `${on}${gpus ? `:${gpus.join(',')}` : ''}`);
  return `${Number(request.slice(4))} ${[...new Set(where)].join(' ')}`;
}

const onNode = (kind: string, quantity: number, gpus?: readonly number[]): Allocation => ({
  claim: 0,
  pool: `hall-${kind}` as PoolId,
  kind,
  quantity,
  node: 'hall/a' as NodeId,
  ...(gpus && { gpus }),
  startsAt: NOW - HOUR,
  endsAt: NOW + HOUR,
});

describe('a bundle', () => {
  it('sits on one node, though its parts are free elsewhere too', async () => {
    const state = aState(
      hall(node('a', 2, { cpuMilli: 1000 }), node('b', 2), node('c', 1, { cpuMilli: 99_000 })),
    ).request(aRequest().bundle({ gpu: 2000, cpu: 16_000, memory: 2000 }));
    expect(await packed(state)).toEqual(['1 hall/b:0,1 hall/b']);
  });

  it('is not served by the sum of nodes, and is told what the nearest one lacks', async () => {
    const state = aState(hall(node('a', 2), node('b', 1))).request(
      aRequest().bundle({ gpu: 2000, cpu: 20_000, memory: 500 }),
    );
    const snapshot = state.snapshot();
    const { plan, formulation } = await decide(snapshot);
    expect(plan.assignments).toEqual([]);
    expect(explainWaiting(snapshot, plan, formulation.seats!.seekers[0]!)).toEqual([
      {
        code: 'NODE_FULL',
        option: 0,
        claim: 1,
        bundle: 'main',
        short: [{ what: 'hall/a/cpu', requested: 20_000, available: 16_000, held: 0 }],
      },
    ]);
  });

  it('takes a share of a GPU that is shared already rather than break a whole one', async () => {
    const lease = aLease('hall-gpu', { allocations: [onNode('gpu', 300, [2]), onNode('cpu', 1000)] });
    const waits = aRequest(2).bundle({ gpu: 3000, cpu: 1000, memory: 100 }).class('batch');
    const state = aState(hall(node('a', 4)))
      .lease(lease)
      .request(aRequest(1).bundle({ gpu: 700, cpu: 1000, memory: 1 }), waits);
    expect(await packed(state)).toEqual(['1 hall/a:2 hall/a', '2 hall/a:0,1,3 hall/a']);
  });

  it('waits when no single GPU has its share free, and says so in numbers', async () => {
    const lease = aLease('hall-gpu', { allocations: [onNode('gpu', 600, [0])] });
    const other = aLease('hall-gpu', {
      id: 'lse_00000001_001' as never,
      allocations: [onNode('gpu', 600, [1])],
    });
    const pending = aRequest(7).bundle({ gpu: 500, cpu: 1 }).pending();
    const snapshot = aState(hall(node('a', 2)))
      .lease(lease)
      .lease(other)
      .request(pending)
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(explainWaiting(snapshot, plan, pending)[0]).toMatchObject({
      code: 'NODE_FULL',
      claim: 0,
      short: [{ what: 'hall/a/gpu', requested: 500, available: 400, held: 1200 }],
    });
  });

  it('may need no GPU, and then does not take the node that others need', async () => {
    const state = aState(
      hall(node('a', 1, { cpuMilli: 9000 }), node('b', 0, { cpuMilli: 9000, memoryMiB: 99 })),
    ).request(aRequest(1).bundle({ cpu: 8000 }), aRequest(2).bundle({ gpu: 1000, cpu: 8000 }));
    expect(await packed(state)).toEqual(['1 hall/b', '2 hall/a:0 hall/a']);
  });

  it('goes where its selector and then its preference say', async () => {
    const groups = [
      node('a', 1, { model: 't4' }),
      node('b', 1, { model: 'a100' }),
      node('c', 1, { model: 'h100' }),
    ];
    const state = aState(hall(...groups)).request(
      aRequest(1).bundle(
        { gpu: 1000, cpu: 10 },
        { selector: { model: ['a100', 't4'] }, prefer: [{ model: 'a100' }] },
      ),
      aRequest(2).bundle(
        { gpu: 1000, cpu: 10 },
        { selector: { model: ['a100', 't4'] }, prefer: [{ model: 'a100' }] },
      ),
      aRequest(3).bundle({ gpu: 1000, cpu: 10 }, { selector: { model: 't4' } }),
    );
    expect(await packed(state)).toEqual(['1 hall/b:0 hall/b', '3 hall/a:0 hall/a']);
  });

  it('is one of several of an option, each on a node of its own', async () => {
    const pair = (number: number) =>
      aRequest(number)
        .bundle({ gpu: 2000, cpu: 100 }, { node: 'first' })
        .bundle({ gpu: 2000, cpu: 100 }, { node: 'second' });
    expect(await packed(aState(hall(node('a', 2), node('b', 3))).request(pair(1), pair(2)))).toEqual([
      '1 hall/a:0,1 hall/a hall/b:0,1 hall/b',
    ]);
  });

  it('leaves a second option to whom the first has no room for', async () => {
    const either = (number: number) =>
      aRequest(number)
        .bundle({ gpu: 1000, cpu: 10 }, { selector: { model: 'h100' } })
        .or()
        .bundle({ gpu: 2000, cpu: 10 }, { selector: { model: 't4' } });
    const state = aState(hall(node('a', 2, { model: 't4' }), node('b', 1, { model: 'h100' }))).request(
      either(1),
      either(2),
    );
    expect(await packed(state)).toEqual(['1 hall/b:0 hall/b', '2 hall/a:0,1 hall/a']);
  });
});

describe('claims with and without a node', () => {
  it('never share pools: whoever does not name a node takes from pools without nodes', async () => {
    const configuration = hall(node('a', 1)).pool(aPool('gpu-x').gpu(5));
    const state = aState(configuration).request(
      aRequest(1).gpu(5),
      aRequest(2).gpu(6),
      aRequest(3).bundle({ gpu: 1000 }),
    );
    expect(await packed(state)).toEqual(['1 undefined', '3 hall/a:0']);
  });

  it('can be of one request: a node and a dataset, both or nothing', async () => {
    const configuration = hall(node('a', 4)).pool(aPool('patents').dataset(1));
    const state = aState(configuration).request(
      aRequest(1).bundle({ gpu: 1000, cpu: 1 }).claim('dataset', 1),
      aRequest(2).bundle({ gpu: 1000, cpu: 1 }).claim('dataset', 1),
      aRequest(3).bundle({ gpu: 3000, cpu: 1 }),
    );
    const granted = await packed(state);
    expect(granted.map((text) => text[0])).toEqual(['1', '3']);
  });
});

describe('the program', () => {
  it('has one column for all that is equal: 200 nodes and 300 requests are one row', async () => {
    const state = aState(hall(node('a', 2, { count: 200 }))).request(
      ...Array.from({ length: 300 }, (_, i) => aRequest(i + 1).bundle({ gpu: 2000, cpu: 100 })),
    );
    const { formulation, plan, solution } = await decide(state.snapshot());
    // As many as there are seats, and one more, without which the row could not bind.
    expect([formulation.model.columnCount, formulation.model.rowCount]).toEqual([201, 1]);
    expect(formulation.model.rowNames).toEqual(['seats/hall/2000/100/0']);
    expect(plan.assignments).toHaveLength(200);
    expect(solution.stages[0]!.gap).toBe(0);
  });

  it('cuts no seats for a crowd that its quota keeps out', async () => {
    const crowd = Array.from({ length: 6 }, (_, i) =>
      aRequest(i + 1)
        .by('al', 'alpha')
        .bundle({ gpu: 1000, cpu: 1 }),
    );
    const configuration = aConfiguration()
      .department('alpha')
      .agent('al')
      .department('beta')
      .agent('bo')
      .quota('alpha', 'gpu', { nominal: 2000 })
      .pool(...nodeSet('hall', node('a', 4)));
    const state = aState(configuration).request(
      ...crowd,
      aRequest(8).by('bo', 'beta').bundle({ gpu: 1000, cpu: 1 }),
      aRequest(9).by('bo', 'beta').bundle({ gpu: 1000, cpu: 1 }),
    );
    expect((await packed(state)).map((text) => text[0])).toEqual(['1', '2', '8', '9']);
  });

  it('asks for another tick when something of a seat is left for somebody who has none', async () => {
    const configuration = hall(node('a', 4)).pool(aPool('vault').dataset(3));
    // Seats are cut for both readers, and one of them cannot start: the third takes its seat, which is large enough for the fourth as well.
    const alone = (number: number) =>
      aRequest(number).bundle({ gpu: 2000, cpu: 1 }).claim('dataset', 1, { exclusive: true });
    const small = (number: number) => aRequest(number).bundle({ gpu: 1000, cpu: 1 });
    const snapshot = aState(configuration).request(alone(1), alone(2), small(3), small(4)).snapshot();
    const { formulation, plan } = await decide(snapshot);
    expect(plan.assignments.map(({ request }) => Number(request.slice(4)))).toEqual([1, 3]);
    expect(isUnfinished(formulation, plan)).toBe(true);
    expect(workConservation(snapshot, plan).idle.map(({ request }) => Number(request.slice(4)))).toEqual([4]);
  });

  it('lets the most urgent class choose first', async () => {
    const state = aState(hall(node('a', 1))).request(
      aRequest(1).bundle({ gpu: 1000, cpu: 1 }).class('batch'),
      aRequest(2).bundle({ gpu: 100, cpu: 1 }).class('critical'),
    );
    expect(await packed(state)).toEqual(['2 hall/a:0 hall/a']);
  });
});
