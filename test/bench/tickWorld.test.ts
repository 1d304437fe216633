// What is kept from tick to tick only saves work: a cell that forgets all of it before every tick writes the same records, byte for byte.
import { describe, expect, it } from 'vitest';
import { SCENES, type SceneName, sceneOf } from '../../bench/tickScenes.ts';
import { TickWorld } from '../../bench/tickWorld.ts';
import { createInProcessSolver } from '../../solver/node.ts';

const TICKS = 12;
const WAITING = 40;
const ARRIVALS = 12;

/** The digest of each tick's record, which chains to the one before and holds those of snapshot, model, plan and certificate. */
async function digestsOf(name: SceneName, forgets: boolean): Promise<{ digests: string[]; columns: number }> {
  const scene = await sceneOf(name, 7);
  const solver = createInProcessSolver();
  const world = new TickWorld(scene.configuration, { solver, tickMs: 100 });
  const digests: string[] = [];
  let columns = 0;
  for (let turn = 0; turn < TICKS; turn++) {
    if (forgets && turn > 0) world.forget();
    const asks = Array.from({ length: turn === 1 ? WAITING : ARRIVALS }, () =>
      turn === 1 ? scene.waiter() : scene.arrival(),
    );
    const work = await world.tick(turn === 0 ? scene.before() : asks);
    columns += work?.columns ?? 0;
    digests.push(world.state.tickDigest);
  }
  await solver.close();
  return { digests, columns };
}

describe('a cell that remembers', () => {
  it.each(SCENES)('decides as one that forgets before every tick: %s', async (name) => {
    const want = await digestsOf(name, true);
    expect(want.columns).toBeGreaterThan(50);
    expect((await digestsOf(name, false)).digests).toEqual(want.digests);
  });
});
