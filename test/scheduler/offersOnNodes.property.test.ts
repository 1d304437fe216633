// Offers on nodes: whoever takes one is granted by the tick that is decided next from what was left, with everybody else in it.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { shapeKeyOf } from '../../scheduler/domain/shapeKey.ts';
import { decideTickFile, type PendingRequest, type Snapshot, tickFileOffers } from '../../scheduler/index.ts';
import { afterPlan, afterRevocations } from '../../scheduler/snapshot.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { arbitraryFleet } from '../support/arbitraryFleet.ts';

const ports = { solver: createInProcessSolver(), digest: sha256 };

/** Every offer after the tick, each taken alone. Says how many. */
async function takeEach(snapshot: Snapshot): Promise<number> {
  const { plan } = (await decideTickFile(snapshot, ports)).file.decided!;
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const waiting = snapshot.requests.filter(({ request }) => !granted.has(request.id));
  const after = { ...afterRevocations(afterPlan(snapshot, plan), plan), requests: waiting, extensions: [] };
  let taken = 0;
  for (const { request: id, offers } of tickFileOffers(snapshot, plan, sha256)) {
    for (const { options, terms } of offers) {
      for (const { kind, quantity } of options[0]!.claims)
        if (kind === 'gpu' && quantity >= 1000) expect(quantity % 1000).toBe(0);
      const old = waiting.find(({ request }) => request.id === id)!;
      const request = { ...old.request, options, terms };
      const taking: PendingRequest = { ...old, request, shapeKey: shapeKeyOf(request), sequence: 1_000_000 };
      const requests = [...waiting.filter((one) => one !== old), taking];
      const { decisions } = await decideTickFile({ ...after, requests }, ports);
      expect(decisions.find(({ request }) => request === id)?.outcome).toBe('granted');
      taken += 1;
    }
  }
  return taken;
}

it('an offer on nodes is whole GPUs or a share of one, and is granted when it is taken', async () => {
  let taken = 0;
  const property = fc.asyncProperty(arbitraryFleet, async ({ snapshot }) => {
    taken += await takeEach(snapshot);
  });
  await fc.assert(property, { numRuns: 200 });
  expect(taken).toBeGreaterThan(20);
}, 120_000);
