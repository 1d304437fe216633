// The line before dry runs: one at a time, bounded, and never the tick's solver.

import { afterEach, expect, it } from 'vitest';
import { createDryRuns, type DryRunService } from '../../../api/roles/dryRuns.ts';
import type { State } from '../../../scheduler/index.ts';
import { aTickRig } from '../../scheduler/support/tickRig.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../../support/builders.ts';

let open: DryRunService | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

function aService(pools = [aPool('gpu-a').gpu(8)]) {
  const leader = { state: aState(aConfiguration().pool(...pools)).build() as State | null };
  const { policy, digest } = aTickRig(leader.state!).ports;
  // More than any solve needs: a busy machine must not shape the answer.
  const solveOptions = { engine: 'highs', budget: { unitsMax: 100_000 } } as const;
  const dryRuns = createDryRuns({
    ports: { policy, digest, solveOptions },
    runner: { state: () => leader.state },
    now: () => NOW,
    watchdogMs: 60_000,
  });
  open = dryRuns;
  return { leader, dryRuns };
}

const aWish = (n: number) => aRequest(n).gpu(5).build();

it('answers those in line in turn, each as if it were alone, and refuses who comes beyond the line', async () => {
  const { dryRuns } = aService();
  const outcomes = await Promise.all(Array.from({ length: 12 }, (_, n) => dryRuns.ask(aWish(n))));
  const wantDecided = { type: 'decided', answer: { outcome: 'granted', tick: 1 } };
  expect(outcomes.slice(0, 8)).toMatchObject(Array(8).fill(wantDecided));
  expect(outcomes.slice(8)).toEqual(Array(4).fill({ type: 'busy', retryAfterSeconds: 1 }));
  expect(await dryRuns.ask(aWish(20))).toMatchObject(wantDecided);
});

it('says the proven gap of its class when there is something to solve', async () => {
  const { leader, dryRuns } = aService([aPool('gpu-a').gpu(8, 'a').price(1), aPool('gpu-b').gpu(6, 'b')]);
  for (let n = 1; n <= 6; n += 1) {
    const pending = aRequest(n).gpu(3).prefer('a').pending();
    leader.state!.requests.set(pending.request.id, pending);
    leader.state!.foldSequence = n;
  }
  const outcome = await dryRuns.ask(aRequest(9).gpu(2).build());
  expect(outcome).toMatchObject({ type: 'decided', answer: { gap: expect.any(Number), tick: 1 } });
});

it('says so when this process does not lead, also when it stopped leading in between', async () => {
  const { leader, dryRuns } = aService();
  const asked = dryRuns.ask(aWish(1));
  leader.state = null;
  expect(await asked).toEqual({ type: 'notLeading' });
  expect(await dryRuns.ask(aWish(2))).toEqual({ type: 'notLeading' });
});
