// The same digests of 200 hard ticks and of the golden ones in 12 processes at once: on two lines of Node, at half speed, across restarts.
// Node 22 is fetched by npm once; where it cannot be had, its processes are left out under that name. Half an hour on two cores;
// HARD_TICKS asks for another number.
import { expect, it } from 'vitest';
import { type DigestProcess, digestsOf, otherRuntime } from '../support/digestProcesses.ts';

const HARD_TICKS = Number(process.env.HARD_TICKS ?? 200);

const WAYS: readonly Pick<DigestProcess, 'solver' | 'speed'>[] = [
  { solver: 'inProcess', speed: 'full' },
  { solver: 'inProcess', speed: 'full' },
  { solver: 'inProcess', speed: 'half' },
  { solver: 'inProcess', speed: 'half' },
  { solver: 'restarted', speed: 'full' },
  { solver: 'restarted', speed: 'full' },
];

const other = otherRuntime();
const everyWayOn = (runtime: string): DigestProcess[] =>
  WAYS.map((way) => ({ ...way, runtime, count: HARD_TICKS }));

async function expectOneAnswer(processes: readonly DigestProcess[]): Promise<Set<string>> {
  const all = await Promise.all(processes.map(digestsOf));
  const [want] = all;
  expect(new Set(want!.hard).size).toBe(HARD_TICKS);
  for (const { node: _, ...digests } of all)
    expect(digests).toEqual({ hard: want!.hard, warm: want!.warm, golden: want!.golden });
  return new Set(all.map(({ node }) => node.split('.')[0]!));
}

it.runIf('path' in other)('twelve processes on Node 22 and this one come to the same digests', async () => {
  const runtimes = [process.execPath, (other as { path: string }).path];
  expect((await expectOneAnswer(runtimes.flatMap(everyWayOn))).size).toBe(2);
});

it.runIf('missing' in other)(
  `twelve processes come to the same digests, without Node 22 (${'missing' in other && other.missing})`,
  async () => {
    expect(
      (await expectOneAnswer([...everyWayOn(process.execPath), ...everyWayOn(process.execPath)])).size,
    ).toBe(1);
  },
);
