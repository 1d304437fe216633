// Published instances against published optima: the quick part of `npm run bench:library`. A set that is not at hand is one named skip.
import { describe, expect, it } from 'vitest';
import {
  gapInstances,
  hasData,
  type Instance,
  mipInstances,
  mknap1Instances,
  mknapcbInstances,
  REFERENCE_SETS,
  sac94Instances,
} from '../../../bench/orLibrary.ts';
import { type ProgramEngineName, readProgram, solveProgram, writeProgram } from '../../../solver/index.ts';
import { programEngines } from '../../../solver/node.ts';

const engines = programEngines();
const solved = ({ program }: Instance, engine: ProgramEngineName, seconds: number | null = null) =>
  solveProgram(program, { engine, work: null, seconds, explain: false }, { engines, elapsed: () => 0 });

const near = (value: number): unknown => expect.closeTo(value, 4);

/** Proved, and right. */
async function expectProved(instance: Instance, engine: ProgramEngineName): Promise<void> {
  const { status, objective } = await solved(instance, engine);
  const { name, want } = instance;
  expect({ name, status, objective }).toEqual(
    want === 'infeasible'
      ? { name, status: 'infeasible', objective: null }
      : { name, status: 'optimal', objective: near(want) },
  );
}

/** GLPK has two seconds: right where it finishes, and never better than the best. */
async function expectAgreement(instance: Instance): Promise<boolean> {
  const { status, objective } = await solved(instance, 'glpk', 2);
  const { name, want, program } = instance;
  if (want === 'infeasible') expect(['infeasible', 'unknown']).toContain(status);
  else if (status === 'optimal') expect({ name, objective }).toEqual({ name, objective: near(want) });
  else if (objective !== null)
    expect(program.sense === 'maximise' ? want - objective : objective - want).toBeGreaterThan(-1e-4);
  return status === 'optimal' || status === 'infeasible';
}

describe.skipIf(!hasData('mip'))('the mixed-integer models ($ANNONA_DATA/mip)', () => {
  const instances = hasData('mip') ? mipInstances() : [];

  it('are the eight of the list', () => {
    expect(instances.map(({ name }) => name).toSorted()).toEqual([
      'MANN_a9.clq',
      'blend2',
      'egout',
      'flugpl',
      'gt2',
      'infeasible-mip0',
      'lseu',
      'small_mip',
    ]);
  });

  it.each(instances.map((instance) => [instance.name, instance] as const))(
    '%s: HiGHS proves what is published',
    async (_, instance) => {
      await expectProved(instance, 'highs');
    },
    180_000,
  );

  it.each(['mps', 'lp', 'json'] as const)(
    'small ones have the same optimum when they come back from %s',
    async (format) => {
      for (const instance of instances.filter(({ name }) =>
        ['egout', 'lseu', 'small_mip', 'infeasible-mip0'].includes(name),
      )) {
        const { text } = writeProgram(instance.program, format);
        const read = readProgram(text, format);
        if (!read.ok) throw new Error(JSON.stringify(read.problem));
        await expectProved({ ...instance, program: read.program }, 'highs');
      }
    },
    120_000,
  );

  it('agree with GLPK wherever it finishes', async () => {
    let finished = 0;
    for (const instance of instances) if (await expectAgreement(instance)) finished++;
    expect(finished).toBeGreaterThan(0);
  }, 120_000);
});

describe.skipIf(!hasData('mkp'))('the knapsacks ($ANNONA_DATA/mkp)', () => {
  it.each(['highs', 'glpk'] as const)(
    'mknap1: %s proves all seven',
    async (engine) => {
      for (const instance of mknap1Instances()) await expectProved(instance, engine);
    },
    120_000,
  );

  it('sac94: HiGHS proves every fifth of them', async () => {
    const instances = sac94Instances();
    expect(instances).toHaveLength(54);
    for (const [at, instance] of instances.entries()) if (at % 5 === 0) await expectProved(instance, 'highs');
  }, 120_000);

  it('mknapcb: the anytime method is within 2 % of the best known, and its certificate holds', async () => {
    const instances = REFERENCE_SETS.flatMap(mknapcbInstances);
    expect(instances).toHaveLength(120);
    for (const [at, instance] of instances.entries()) {
      if (at % 15 !== 0) continue;
      const { objective, bound, boundFrom, checked } = await solved(instance, 'anytime');
      const want = instance.want as number;
      expect([boundFrom, checked]).toEqual(['certificate', 'exact']);
      expect(bound).toBeGreaterThanOrEqual(want);
      expect((want - objective!) / want).toBeLessThan(0.02);
    }
  }, 120_000);
});

describe.skipIf(!hasData('gap'))('generalised assignment ($ANNONA_DATA/gap)', () => {
  it('HiGHS proves one of each size in both senses', async () => {
    const instances = gapInstances();
    expect(instances).toHaveLength(120);
    for (const instance of instances) if (/-2 /.test(instance.name)) await expectProved(instance, 'highs');
  }, 300_000);

  it('agrees with GLPK on the smallest', async () => {
    let finished = 0;
    for (const instance of gapInstances().slice(0, 10)) if (await expectAgreement(instance)) finished++;
    expect(finished).toBeGreaterThan(5);
  }, 120_000);
});
