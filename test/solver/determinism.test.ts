// Equal ticks, equal bytes: whatever process decides them, however slowly, and whenever its solver began. determinism.long.ts is the large one.
import { expect, it } from 'vitest';
import { digestsOf } from '../support/digestProcesses.ts';

const HARD_TICKS = 20;

it('three processes come to the same digests of 20 hard ticks: one alone, one at half speed, one whose solver is killed half way', async () => {
  const common = {
    runtime: process.execPath,
    count: HARD_TICKS,
    solver: 'inProcess',
    speed: 'full',
  } as const;
  const [want, ...others] = await Promise.all([
    digestsOf(common),
    digestsOf({ ...common, speed: 'half' }),
    digestsOf({ ...common, solver: 'restarted' }),
  ]);
  expect(new Set(want.hard).size).toBe(HARD_TICKS);
  expect(others).toEqual([want, want]);
}, 600_000);
