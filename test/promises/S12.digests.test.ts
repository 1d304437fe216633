// S12: same inputs, same digest. One history decided again in 12 processes, with any number of solver children, under two lines of Node.
// Node 22 is fetched by npm once; where it cannot be had, all twelve run on this one, under that name.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { play } from '../simulations/world/adversary.ts';
import { otherRuntime } from '../support/digestProcesses.ts';

const SCRIPT = join(import.meta.dirname, 'children/replayDigests.ts');
/** A process with children of its own takes three times as long as one without. */
const CHILDREN = [0, 1, 0, 0, 3, 0] as const;
/** More at once would only wait for one another. */
const AT_ONCE = 2;
const run = promisify(execFile);
const other = otherRuntime();

let directory = '';
let file = '';
let wanted: string[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-digests-'));
  file = join(directory, 'dump.json');
  const { world } = await play({ seed: 3, stepMs: 15_000, lastsMs: 1_800_000 });
  const dump = world.dump();
  wanted = dump.tick.toSorted((a, b) => a.tick - b.tick).map(({ digest }) => digest);
  writeFileSync(file, JSON.stringify(dump));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Replayed {
  readonly node: string;
  readonly digests: readonly string[];
  readonly different: readonly string[];
}

async function replayedOn(runtimes: readonly string[]): Promise<Replayed[]> {
  const ways = runtimes.flatMap((runtime) => CHILDREN.map((children) => ({ runtime, children })));
  const answers: Replayed[] = [];
  while (ways.length > 0) {
    const now = ways.splice(0, AT_ONCE).map(async ({ runtime, children }) => {
      const { stdout } = await run(runtime, [SCRIPT, file, `${children}`]);
      return JSON.parse(stdout) as Replayed;
    });
    answers.push(...(await Promise.all(now)));
  }
  return answers;
}

async function expectOneAnswer(runtimes: readonly string[]): Promise<number> {
  const answers = await replayedOn(runtimes);
  expect(answers).toHaveLength(12);
  expect(wanted.length).toBeGreaterThan(20);
  for (const { digests, different } of answers)
    expect({ digests, different }).toEqual({ digests: wanted, different: [] });
  return new Set(answers.map(({ node }) => node)).size;
}

it.runIf('path' in other)(
  'S12 twelve processes on Node 22 and this one, with 0 to 3 solver children, come to the committed digests',
  async () => {
    expect(await expectOneAnswer([process.execPath, (other as { path: string }).path])).toBe(2);
  },
  180_000,
);

it.runIf('missing' in other)(
  `S12 twelve processes with 0 to 3 solver children come to the committed digests, without Node 22 (${'missing' in other && other.missing})`,
  async () => {
    expect(await expectOneAnswer([process.execPath, process.execPath])).toBe(1);
  },
  180_000,
);
