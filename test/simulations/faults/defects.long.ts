// Each planted defect searched for afresh: the first of a thousand seeds that shows it, whatever seed the short test knows. Printed as JSON.
import { afterAll, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { DEFECTS, type Defect } from './defects.ts';

const SEEDS = 1000;
/** Seeds that neither the short tests nor the known ones use. */
const FROM = 1_000_001;
const solver = createInProcessSolver();
afterAll(() => solver.close());

async function firstThatShows({ promise, plant }: Defect): Promise<number | null> {
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const { findings } = await runSeed(seed, { solver, digest: sha256, bends: plant() });
    if (findings.some((finding) => finding.promise === promise)) return seed - FROM + 1;
  }
  return null;
}

it(`every defect is found within ${SEEDS} seeds`, async () => {
  const found: { name: string; seeds: number | null }[] = [];
  for (const defect of DEFECTS) found.push({ name: defect.name, seeds: await firstThatShows(defect) });
  console.log(JSON.stringify({ simulation: 'defects', seeds: SEEDS, found }));
  expect(found.filter(({ seeds }) => seeds === null)).toEqual([]);
});
