// Whatever is asked and held: the solver's plan decodes, verifies and leaves nothing idle. The widest net over formulate/.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { explainer } from '../../scheduler/explain.ts';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import { afterPlan } from '../../scheduler/snapshot.ts';
import { modelDigest } from '../../scheduler/tickFile.ts';
import { verifyPlan, workConservation } from '../../scheduler/verify.ts';
import { checkSolution } from '../../solver/index.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

it('every decoded plan verifies against the snapshot', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
      const { formulation, solution, plan } = await decide(snapshot);
      expect(checkSolution(formulation.model, solution)).toEqual({ ok: true });
      expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    }),
    { numRuns: 400 },
  );
});

it('no waiting request fits into what a plan leaves, unless a combination of it was left out', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
      const { formulation, plan } = await decide(snapshot);
      const { idle, unsearched } = workConservation(snapshot, plan);
      expect(unsearched).toEqual([]);
      expect(idle.filter(({ request }) => !formulation.leftOut.has(request))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it('a request waits for the next tick exactly when it fits into what is left', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
      const { formulation, plan } = await decide(snapshot);
      const after = afterPlan(snapshot, plan);
      const granted = new Set(plan.assignments.map(({ request }) => request));
      const waiting = snapshot.requests.filter(({ request }) => !granted.has(request.id));
      const { idle } = workConservation({ ...after, requests: waiting }, { assignments: [], extensions: [] });
      const fitting = new Set(idle.map(({ request }) => request));
      const explain = explainer(after, formulation);
      for (const pending of waiting) {
        const codes = explain.codes(pending);
        expect(codes.length).toBeGreaterThan(0);
        expect(codes.includes('NEXT_TICK')).toBe(fitting.has(pending.request.id));
      }
    }),
    { numRuns: 300 },
  );
});

it('equal snapshots give equal models, with a fresh memo or a used one', () => {
  const memo = newMemo();
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      const first = formulate(snapshot, memo);
      const again = formulate(snapshot, memo);
      const fresh = formulate(snapshot, newMemo());
      const wantDigest = modelDigest(first.model, sha256);
      expect(modelDigest(again.model, sha256)).toBe(wantDigest);
      expect(modelDigest(fresh.model, sha256)).toBe(wantDigest);
    }),
    { numRuns: 100 },
  );
});
