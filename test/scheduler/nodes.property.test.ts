// Whatever machines there are and whatever is asked of them: plans fit GPU by GPU, nothing idles, and equal ticks are equal.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { packingFault } from '../../bench/packingCheck.ts';
import { explainer } from '../../scheduler/explain.ts';
import { formulate, isUnfinished, newMemo } from '../../scheduler/formulate/index.ts';
import type { Plan, ResourceRequest } from '../../scheduler/index.ts';
import { afterPlan, type Snapshot, snapshotDigest } from '../../scheduler/snapshot.ts';
import { modelDigest, tickFileParser, toTickFile } from '../../scheduler/tickFile.ts';
import { verifyPlan, workConservation } from '../../scheduler/verify.ts';
import { checkSolution } from '../../solver/index.ts';
import { arbitraryFleet, type FleetCase } from '../support/arbitraryFleet.ts';
import { decider } from '../support/decided.ts';

const decide = decider();
const RUNS = { numRuns: 250 };

function waitingAfter(snapshot: Snapshot, plan: Plan): Snapshot {
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const after = afterPlan(snapshot, plan);
  return { ...after, requests: snapshot.requests.filter(({ request }) => !granted.has(request.id)) };
}

/** The fleet and every bundle as files of the trace's format, so that code which knows nothing of ours can judge. */
function asTrace(
  groups: FleetCase['groups'],
  granted: readonly [ResourceRequest, Plan['assignments'][number]][],
) {
  const nodes = ['sn,cpu_milli,memory_mib,gpu,model'];
  for (const { id, count = 1, cpuMilli, memoryMiB, gpus, model } of groups) {
    for (let n = 1; n <= count; n++)
      nodes.push(`hall/${id}-${String(n).padStart(2, '0')},${cpuMilli},${memoryMiB},${gpus},${model}`);
  }
  const pods = ['name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec'];
  const placements: { pod: string; machine: string; gpus: readonly number[] }[] = [];
  for (const [request, { option, allocations }] of granted) {
    const { claims } = request.options[option]!;
    for (const bundle of new Set(claims.flatMap(({ node }) => node ?? []))) {
      const own = allocations.filter(({ claim }) => claims[claim]!.node === bundle);
      const units = (kind: string) => own.find((one) => one.kind === kind)?.quantity ?? 0;
      const gpu = units('gpu');
      const wants = claims.find(({ node }) => node === bundle)?.selector?.model ?? '';
      const name = `${request.id}-${bundle}`;
      pods.push(
        `${name},${units('cpu')},${units('memory')},${Math.ceil(gpu / 1000)},${Math.min(gpu, 1000)},${wants}`,
      );
      placements.push({ pod: name, machine: own[0]!.node!, gpus: own.flatMap(({ gpus = [] }) => gpus) });
    }
  }
  return packingFault({ nodes: nodes.join('\n'), pods: pods.join('\n') }, placements);
}

/** Several bundles of an option are placed one after the other, without a search: they may wait although they fit (decision 13). */
function hasSeveral({ requests }: Snapshot, id: string): boolean {
  const { options } = requests.find(({ request }) => request.id === id)!.request;
  return options.some(({ claims }) => new Set(claims.flatMap(({ node }) => node ?? [])).size > 1);
}

it('tick after tick every plan verifies, until nobody fits who waits', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryFleet, async ({ groups, snapshot: first }) => {
      const granted: [ResourceRequest, Plan['assignments'][number]][] = [];
      let snapshot = first;
      for (let tick = 0; ; tick++) {
        const { formulation, solution, plan } = await decide(snapshot);
        expect(checkSolution(formulation.model, solution)).toEqual({ ok: true });
        expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
        for (const assignment of plan.assignments) {
          const { request } = snapshot.requests.find((one) => one.request.id === assignment.request)!;
          granted.push([request, assignment]);
        }
        expect(asTrace(groups, granted)).toBeNull();
        if (!isUnfinished(formulation, plan)) {
          const { idle, unsearched } = workConservation(snapshot, plan);
          expect(idle.filter(({ request }) => !hasSeveral(first, request))).toEqual([]);
          expect(unsearched).toEqual([]);
          return;
        }
        snapshot = waitingAfter(snapshot, plan);
        expect(tick).toBeLessThan(first.requests.length);
      }
    }),
    RUNS,
  );
});

it('who waits for a node is told NEXT_TICK exactly when a node has room', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryFleet, async ({ snapshot }) => {
      const { formulation, plan } = await decide(snapshot);
      const after = waitingAfter(snapshot, plan);
      const idle = new Set(
        workConservation(after, { assignments: [], extensions: [] }).idle.map(({ request }) => request),
      );
      const explain = explainer(after, formulation);
      for (const pending of after.requests) {
        if (hasSeveral(snapshot, pending.request.id)) continue;
        const codes = explain.codes(pending);
        expect(codes.includes('NEXT_TICK')).toBe(idle.has(pending.request.id));
        for (const reason of explain.reasons(pending)) {
          if (reason.code !== 'NODE_FULL') continue;
          expect(reason.short.length).toBeGreaterThan(0);
          for (const { requested, available } of reason.short) expect(requested).toBeGreaterThan(available);
        }
      }
    }),
    RUNS,
  );
});

it('equal snapshots give equal models, and a tick file brings the snapshot back', () => {
  const memo = newMemo();
  const parse = tickFileParser();
  fc.assert(
    fc.property(arbitraryFleet, ({ snapshot }) => {
      const model = modelDigest(formulate(snapshot, newMemo()).model, sha256);
      expect(modelDigest(formulate(snapshot, memo).model, sha256)).toBe(model);
      const parsed = parse(JSON.parse(JSON.stringify(toTickFile(snapshot))));
      expect(parsed.ok).toBe(true);
      if (parsed.ok) {
        expect(snapshotDigest(parsed.snapshot, sha256)).toBe(snapshotDigest(snapshot, sha256));
        expect(modelDigest(formulate(parsed.snapshot, newMemo()).model, sha256)).toBe(model);
      }
    }),
    { numRuns: 60 },
  );
});
