// What a request lacked, between bounds that hold the truth; and whom a plan with it leaves out, by name or as a sum.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DecidedProgram,
  type HolderSight,
  keepPrograms,
  lackOf,
  type RequestId,
  whatItTakes,
} from '../../scheduler/index.ts';
import type { Model } from '../../solver/index.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { aConfiguration, aPool, aRequest, aState } from '../support/builders.ts';
import { naiveBest, naiveCost, naiveFeasible } from '../support/naiveSolver.ts';
import { aTickRig, submitted, type TickRig } from './support/tickRig.ts';

const ALL: HolderSight = { type: 'all' };
/** Choices that trying all of them may take. */
const CHOICES_MOST = 20_000;

function watched(rig: TickRig, columnsMost?: number) {
  const programs = keepPrograms(columnsMost);
  const { observer } = rig.ports;
  rig.ports = {
    ...rig.ports,
    observer: {
      committed(commit, decided) {
        observer.committed(commit, decided);
        programs.committed(commit, decided);
      },
    },
  };
  return programs;
}

function takes(rig: TickRig, program: DecidedProgram, request: RequestId, sight = ALL) {
  return whatItTakes(rig.ports, { program, request, sight });
}

function choicesIn({ group, groupCount }: Model): number {
  const options = new Array<number>(groupCount).fill(1);
  for (const g of group) options[g] = options[g]! + 1;
  return options.reduce((product, count) => product * count, 1);
}

/** V* less the best of the plans of its class that grant the group, by trying them all; null when none does. */
function trueLack({ formulation: { model }, solution }: DecidedProgram, group: number): number | null {
  const stage = model.stage[group]!;
  const frozen = solution.granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
  const others = { ...model, stage: model.stage.map((own, g) => (g === group ? -1 : own)) };
  let best = Number.NEGATIVE_INFINITY;
  for (const column of model.group.keys()) {
    if (model.group[column] !== group) continue;
    const kept = frozen.slice();
    kept[column] = 1;
    if (!naiveFeasible(model, kept)) continue;
    const own = model.objective[column]! - (naiveCost(model, kept) - naiveCost(model, frozen));
    best = Math.max(best, own + naiveBest(others, stage, kept));
  }
  return best === Number.NEGATIVE_INFINITY ? null : naiveBest(model, stage, frozen) - best;
}

interface Seen {
  compared: number;
  exact: number;
  outranked: number;
}

/** Every request that waits after the rig's one tick, against all that could have been. */
async function compareAll(
  rig: TickRig,
  programs: ReturnType<typeof keepPrograms>,
  seen: Seen,
): Promise<void> {
  for (const { request } of rig.state.requests.values()) {
    const program = programs.with(request.id);
    if (program === null || choicesIn(program.formulation.model) > CHOICES_MOST) continue;
    const { columns, model } = program.formulation;
    const column = columns.findIndex(
      (meaning) => meaning.type === 'request' && meaning.request.request.id === request.id,
    );
    const truth = trueLack(program, model.group[column]!);
    const found = await takes(rig, program, request.id);
    const price = lackOf(program, request.id);
    if (truth === null) {
      expect(found).toMatchObject({ standing: 'outranked', atLeast: null, atMost: null, displaced: [] });
      seen.outranked += 1;
      continue;
    }
    expect(found?.standing).toBe('displaces');
    expect(found?.atLeast).toBeLessThanOrEqual(truth);
    expect(found?.atMost).toBeGreaterThanOrEqual(truth);
    if (price !== null) expect(price.atLeast).toBeLessThanOrEqual(truth);
    seen.compared += 1;
    if (found?.atMost === truth && found.atLeast === truth) seen.exact += 1;
  }
}

/** Three agents' requests for more than two pools of GPUs and one of CPUs have. */
const scramble = fc.record({
  gpus: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 2, max: 6 })),
  cpus: fc.integer({ min: 6, max: 16 }),
  requests: fc.array(
    fc.record({
      agent: fc.constantFrom('ada', 'bob', 'cleo'),
      class: fc.constantFrom('standard', 'standard', 'standard', 'critical'),
      gpu: fc.integer({ min: 1, max: 6 }),
      cpu: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 4, maxLength: 8 },
  ),
});

describe('on any tick that is small enough to try everything', () => {
  it('the least raise lies between the bounds, and only what fits under no higher class has none', async () => {
    const seen: Seen = { compared: 0, exact: 0, outranked: 0 };
    await fc.assert(
      fc.asyncProperty(scramble, async ({ gpus, cpus, requests }) => {
        const [first, second] = gpus;
        const organisation = aConfiguration().department('research').agent('ada').agent('bob').agent('cleo');
        organisation.pool(aPool('gpu-a').gpu(first), aPool('gpu-b').gpu(second), aPool('cpu-a').cpu(cpus));
        const rig = aTickRig(aState(organisation).build());
        const programs = watched(rig);
        const rows = requests.map(({ agent, class: name, gpu, cpu }, i) =>
          submitted(
            aRequest(i + 1)
              .by(agent)
              .class(name)
              .gpu(gpu)
              .cpu(cpu)
              .build(),
          ),
        );
        await rig.tick({ rows });
        await compareAll(rig, programs, seen);
      }),
      { numRuns: 80 },
    );
    expect(seen.compared).toBeGreaterThan(40);
    expect(seen.outranked).toBeGreaterThan(0);
    // A solve ends within a ten-thousandth of its bound.
    expect(seen.exact).toBeGreaterThan(seen.compared / 2);
  }, 120_000);

  it('the same beside quotas, budgets, windows, fairness and rules of a policy', async () => {
    const seen: Seen = { compared: 0, exact: 0, outranked: 0 };
    await fc.assert(
      fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
        const { configuration, used, quotaUse, accounts } = snapshot;
        const rig = aTickRig({
          ...aState(configuration).build(),
          used: new Map(used),
          quotaUse: new Map(quotaUse),
          accounts: new Map(accounts),
        });
        const programs = watched(rig);
        await rig.tick({ rows: snapshot.requests.map(({ request }) => submitted(request)) });
        await compareAll(rig, programs, seen);
      }),
      { numRuns: 100 },
    );
    expect(seen.compared + seen.outranked).toBeGreaterThan(0);
  }, 120_000);
});

/** Eight GPUs: sales' and a colleague's small requests are worth more together than one large one of ada's. */
async function contested() {
  const configuration = aConfiguration()
    .department('research')
    .agent('ada')
    .agent('bob')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(8));
  const rig = aTickRig(aState(configuration).build());
  const programs = watched(rig);
  const requests = [
    aRequest(1).gpu(8).build(),
    aRequest(2).by('bob').gpu(4).build(),
    aRequest(3).by('sam', 'sales').gpu(4).build(),
  ];
  await rig.tick({ rows: requests.map((request) => submitted(request)) });
  return { rig, programs, id: requests[0]!.id };
}

describe('whom it would displace', () => {
  it('is named to those who may see all', async () => {
    const { rig, programs, id } = await contested();
    const found = await takes(rig, programs.with(id)!, id);
    expect(found).toMatchObject({ tick: 1, standing: 'displaces', displacedOthers: [] });
    expect(found?.displaced.map(({ agent, what, units }) => [agent, what, units])).toEqual([
      ['bob', 'grant', { gpu: 4 }],
      ['sam', 'grant', { gpu: 4 }],
    ]);
    expect(found?.atLeast).toBeGreaterThan(0);
    expect(found?.atMost).toBeGreaterThanOrEqual(found!.atLeast!);
  });

  it('is named inside the own department, and a sum of others', async () => {
    const { rig, programs, id } = await contested();
    const sight = { type: 'department', department: 'research' as never } as const;
    const found = await takes(rig, programs.with(id)!, id, sight);
    expect(found?.displaced.map(({ agent }) => agent)).toEqual(['bob']);
    expect(found?.displacedOthers).toEqual([{ department: 'sales', count: 1, units: { gpu: 4 } }]);
    expect(JSON.stringify(found)).not.toMatch(/sam|req_0*3\b/);
  });

  it('is nobody where a higher class took what it needs', async () => {
    const rig = aTickRig(aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).build());
    const programs = watched(rig);
    const [low, high] = [aRequest(1).gpu(8).build(), aRequest(2).class('critical').gpu(4).build()];
    await rig.tick({ rows: [submitted(low), submitted(high)] });
    expect(await takes(rig, programs.with(low.id)!, low.id)).toMatchObject({
      standing: 'outranked',
      displaced: [],
    });
  });

  it('is not asked of what was granted, nor of what was no column', async () => {
    const { rig, programs, id } = await contested();
    const program = programs.with(id)!;
    expect(await takes(rig, program, aRequest(2).build().id)).toBeNull();
    expect(lackOf(program, aRequest(2).build().id)).toBeNull();
    expect(programs.with(aRequest(9).build().id)).toBeNull();
    expect(await takes(rig, program, aRequest(9).build().id)).toBeNull();
  });
});

describe('kept programs', () => {
  it('are as many as their columns allow, and the newest in any case', async () => {
    const rig = aTickRig(aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).build());
    const programs = watched(rig, 2);
    const ask = async (number: number) => {
      const request = aRequest(number).gpu(8).build();
      await rig.tick({ rows: [submitted(request)] });
      return request.id;
    };
    const first = await ask(1);
    expect(programs.with(first)?.tick).toBe(1);
    // Full: the next ones have no column, and no program.
    const second = await ask(2);
    expect(programs.with(second)).toBeNull();
    expect(programs.with(first)?.tick).toBe(1);
  });
});
