// The store's own clock jumps, by minutes, hours and a day, back and ahead, with leaders that change: no promise is broken, and every tick replays.

import { expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { World } from '../../simulations/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { contested } from '../simulations/world/adversary.ts';
import { aRequest, NOW } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { replayDump } from '../support/replayDump.ts';
import { seededDraw } from '../support/syntheticTick.ts';

const STEPS = 100;
const JUMPS_MS = [-86_400_000, -3_600_000, -600_000, 5_000, 3_600_000, 7_200_000];
const DEPARTMENTS = ['alpha', 'beta', 'gamma'];

async function historyOf(seed: number) {
  const draw = seededDraw(seed);
  const solver = createInProcessSolver();
  const shared = { startsAt: NOW, solver, digest: sha256, committed: () => {} };
  const world = await World.open({ configuration: contested(), ...shared });
  for (let step = 1; step <= STEPS; step += 1) {
    const department = DEPARTMENTS[draw(0, 2)]!;
    const asked = aRequest(step).by(`${department}-${draw(1, 2)}`, department);
    await world.submit(asked.gpu(draw(1, 6)).seconds(draw(60, 3000)).build());
    for (const lease of world.state.leases.values()) {
      const act = draw(0, 9);
      if (act < 6) await world.beat(lease);
      else if (act === 9) await world.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    }
    if (step % 10 === 0) world.now += JUMPS_MS[draw(0, JUMPS_MS.length - 1)]!;
    if (step % 25 === 0) await world.elect();
    await world.pass(draw(1, 60_000));
  }
  await solver.close();
  return world;
}

it.each([1, 2])('seed %i', async (seed) => {
  const world = await historyOf(seed);
  const dump = world.dump();
  const times = dump.tick.toSorted((a, b) => a.tick - b.tick).map(({ record }) => record.now);
  const back = times.filter((now, index) => now < (times[index - 1] ?? now));
  expect(back.length).toBeGreaterThan(1);
  expect(dump.lease.length).toBeGreaterThan(STEPS / 2);
  expect(checkPromises(dump)).toEqual([]);
  expect(world.dumped).toEqual([]);
  const { ticks, different } = await replayDump(dump, { checkpointEvery: 9 });
  expect(different).toEqual([]);
  expect(ticks).toHaveLength(dump.tick.length);
});
