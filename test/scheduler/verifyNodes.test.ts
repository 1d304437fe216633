// The checker refuses a plan whose bundles were tampered with, in every way that a node can be misused, and names the rule.
import { describe, expect, it } from 'vitest';
import type { Allocation, Assignment, NodeId, Plan, PoolId } from '../../scheduler/index.ts';
import { verifyPlan } from '../../scheduler/verify.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, NOW, nodeSet } from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();
const held: Allocation = {
  claim: 0,
  pool: 'hall-gpu' as PoolId,
  kind: 'gpu',
  quantity: 600,
  node: 'hall/a-01' as NodeId,
  gpus: [3],
  startsAt: NOW - HOUR,
  endsAt: NOW + HOUR,
};
const snapshot = aState(
  aConfiguration().pool(
    ...nodeSet(
      'hall',
      { id: 'a', count: 2, gpus: 4, cpuMilli: 32_000, memoryMiB: 4000, model: 'h100' },
      { id: 'b', gpus: 4, cpuMilli: 32_000, memoryMiB: 4000, model: 't4' },
    ),
    ...nodeSet('annex', { id: 'c', gpus: 4, cpuMilli: 32_000, memoryMiB: 4000, model: 'a10' }),
    aPool('gpu-x').gpu(8, 'h100'),
  ),
)
  .lease(aLease('hall-gpu', { allocations: [held] }))
  .used('hall-gpu', 600)
  .request(
    aRequest(1).bundle({ gpu: 2000, cpu: 16_000, memory: 100 }, { selector: { model: 'h100' } }),
    aRequest(2).bundle({ gpu: 400, cpu: 1000 }, { selector: { model: 'h100' } }),
    aRequest(3).gpu(2, { model: 'h100' }),
  )
  .snapshot();

async function goodPlan(): Promise<Plan> {
  const { plan } = await decide(snapshot);
  expect(plan.assignments).toHaveLength(3);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  return plan;
}

/** What the checker says when allocation `claim` of request `number` is changed. */
async function breachOf(number: number, claim: number, change: Partial<Allocation>): Promise<string> {
  const plan = await goodPlan();
  const assignments = plan.assignments.map((assignment, index): Assignment => {
    if (index !== number - 1) return assignment;
    const allocations = assignment.allocations.map((one) =>
      one.claim === claim ? { ...one, ...change } : one,
    );
    return { ...assignment, allocations };
  });
  const check = verifyPlan(snapshot, { ...plan, assignments });
  return check.ok ? 'passes' : check.breach.what;
}

const node = (id: string) => ({ node: id as NodeId });
const pool = (id: string) => ({ pool: id as PoolId });

describe('a bundle of a plan', () => {
  it('is told by the lease as node and GPUs', async () => {
    const { assignments } = await goodPlan();
    expect(assignments[1]!.allocations.map((one) => [one.node, one.gpus])).toEqual([
      ['hall/a-01', [3]],
      ['hall/a-01', undefined],
    ]);
  });

  it('sits on one node', async () => {
    expect(await breachOf(1, 1, node('hall/a-01'))).toMatch(/bundle main sits on one node/);
  });

  it('sits on a node at all', async () => {
    expect(await breachOf(1, 0, { node: undefined } as never)).toMatch(/bundle main sits on a node/);
  });

  it('sits on a node that there is, of the set of its pools', async () => {
    expect(await breachOf(2, 0, node('hall/a-03'))).toMatch(/node of hall-gpu/);
    expect(await breachOf(2, 1, node('annex/c'))).toMatch(/one node|node of hall-cpu/);
  });

  it('answers its selector on the very node', async () => {
    const plan = await goodPlan();
    const [first, second, third] = plan.assignments as [Assignment, Assignment, Assignment];
    const moved = {
      ...second,
      allocations: second.allocations.map((one) => ({ ...one, ...node('hall/b') })),
    };
    expect(verifyPlan(snapshot, { ...plan, assignments: [first, moved, third] })).toMatchObject({
      breach: { what: expect.stringContaining('label model of hall/b') },
    });
  });

  it('takes as many different GPUs as it asks, of those that the node has', async () => {
    expect(await breachOf(1, 0, { gpus: [0] })).toMatch(/different GPUs/);
    expect(await breachOf(1, 0, { gpus: [0, 0] })).toMatch(/different GPUs/);
    expect(await breachOf(1, 0, { gpus: [0, 4] })).toMatch(/GPU of the node/);
    expect(await breachOf(2, 0, { gpus: [0, 1] })).toMatch(/different GPUs/);
    expect(await breachOf(1, 1, { gpus: [0] })).toMatch(/GPUs of a claim on cpu/);
  });

  it('finds each GPU, the CPUs and the memory free beside what is held', async () => {
    expect(await breachOf(2, 0, { gpus: [2] })).toBe('passes');
    const plan = await goodPlan();
    const crowd = (gpus: number[], cpu: number, memory: number) => {
      const sizes: Record<string, Partial<Allocation>> = {
        gpu: { gpus },
        cpu: { quantity: cpu },
        memory: { quantity: memory },
      };
      const [first, ...others] = plan.assignments as [Assignment, ...Assignment[]];
      const allocations = first.allocations.map((one) => ({
        ...one,
        ...sizes[one.kind],
        ...node('hall/a-01'),
      }));
      const claims = { cpu, memory, gpu: 2000 };
      const requests = snapshot.requests.map((pending, index) => {
        if (index > 0) return pending;
        const [option] = pending.request.options;
        const own = option!.claims.map((claim) => ({
          ...claim,
          quantity: claims[claim.kind as keyof typeof claims],
        }));
        return { ...pending, request: { ...pending.request, options: [{ claims: own }] } };
      });
      const check = verifyPlan(
        { ...snapshot, requests },
        { ...plan, assignments: [{ ...first, allocations }, ...others] },
      );
      return check.ok ? 'passes' : check.breach.what;
    };
    expect(crowd([0, 1], 31_000, 4000)).toBe('passes');
    expect(crowd([2, 3], 31_000, 4000)).toBe('node/hall/a-01/gpu 3');
    expect(crowd([0, 1], 31_001, 4000)).toBe('node/hall/a-01/cpu');
    expect(crowd([0, 1], 31_000, 4001)).toBe('node/hall/a-01/memory');
  });

  it('is the only thing that goes on nodes', async () => {
    expect(await breachOf(3, 0, node('hall/a-02'))).toMatch(/on a node unasked/);
    expect(await breachOf(3, 0, pool('hall-gpu'))).toMatch(/not made of nodes/);
  });
});

it('a GPU that two bundles fill to the last thousandth is full, and not by one more', async () => {
  const full = aState(
    aConfiguration().pool(...nodeSet('hall', { id: 'a', gpus: 1, cpuMilli: 10_000, memoryMiB: 10 })),
  ).request(aRequest(1).bundle({ gpu: 400, cpu: 1 }), aRequest(2).bundle({ gpu: 600, cpu: 1 }));
  const { plan } = await decide(full.snapshot());
  expect(plan.assignments).toHaveLength(2);
  const one = full.used('hall-gpu', 1).snapshot();
  const { use, bundles } = one.nodes;
  const taken = new Map([
    ...use,
    ['hall/a' as NodeId, { gpuMilli: [1], cpuMilli: 0, memoryMiB: 0 }] as const,
  ]);
  const fuller = { ...one, nodes: { use: taken, bundles }, used: new Map() };
  expect(verifyPlan(fuller, plan)).toMatchObject({
    breach: { what: 'node/hall/a/gpu 0', lhs: 1001, rhs: 1000 },
  });
});
