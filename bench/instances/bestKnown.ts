// Best known values of instances: what HiGHS alone found in a long run, kept beside the generator with its own bound and time.
// Invariant: a value counts for one instance of one version of the program, named by its digest; a changed program has none.
import { readFile, writeFile } from 'node:fs/promises';
import { formulate, newMemo } from '../../scheduler/index.ts';
import { Rival } from '../rivals/rival.ts';
import { snapshotOf } from '../solverRun.ts';
import type { InstanceOf } from './instance.ts';

export interface KnownValue {
  readonly value: number;
  readonly bound: number | null;
  readonly seconds: number;
}

export type BestKnown = Readonly<Record<string, KnownValue>>;

const FILE = new URL('./best-known.json', import.meta.url);

export function keyOf({
  family,
  requests,
  backlog,
  seed,
}: Pick<InstanceOf, 'family' | 'requests' | 'backlog' | 'seed'>): string {
  return `${family}/${requests}/${backlog}/${seed}`;
}

export async function readBestKnown(): Promise<BestKnown> {
  return JSON.parse(await readFile(FILE, 'utf8')) as BestKnown;
}

/** One run of `seconds` each for the instances that have none, written after each. */
export async function searchBestKnown(
  instances: readonly InstanceOf[],
  seconds: number,
  tell: (line: string) => void,
): Promise<void> {
  const rival = new Rival('highs');
  for (const [i, instance] of instances.entries()) {
    const known = await readBestKnown();
    const key = keyOf(instance);
    if (known[key] !== undefined && known[key].seconds >= seconds) continue;
    const { model } = formulate(snapshotOf(instance), newMemo());
    const { value, bound } = await rival.solve(model, seconds);
    const better = value >= (known[key]?.value ?? 0) ? value : known[key]!.value;
    const next = {
      ...known,
      [key]: { value: better, bound: bound === null ? null : Math.ceil(bound - 1e-6), seconds },
    };
    const sorted = Object.fromEntries(Object.entries(next).sort(([a], [b]) => (a < b ? -1 : 1)));
    await writeFile(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
    tell(`${i + 1}/${instances.length}  ${key}: ${value} of at most ${bound}`);
  }
  await rival.close();
}
