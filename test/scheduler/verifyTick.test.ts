// A decided tick checked from its file: what is true passes, and each falsified part is named, with and without the digests falsified too.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { certificateOf, stageRecords } from '../../scheduler/certificate.ts';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import { type DecidedTick, type Plan, verifyTick } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { tickDigests } from '../../scheduler/tickDigests.ts';
import { decideTickFile, tickFileParser } from '../../scheduler/tickFile.ts';
import type { Proof } from '../../solver/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { aConfiguration, aPool, aRequest, aState } from '../support/builders.ts';

const solver = createInProcessSolver();
const parse = tickFileParser();
afterAll(() => solver.close());

async function decidedFile(document: unknown): Promise<{ snapshot: Snapshot; decided: DecidedTick }> {
  const first = parse(document);
  if (!first.ok) throw new Error(JSON.stringify(first.problems));
  const { file } = await decideTickFile(first.snapshot, { solver, digest: sha256 });
  // As it is on paper: what parses back is what is checked.
  const again = parse(JSON.parse(JSON.stringify(file)));
  if (!again.ok || again.decided === null) throw new Error(JSON.stringify(again));
  return { snapshot: again.snapshot, decided: again.decided };
}

let snapshot: Snapshot;
let decided: DecidedTick;
beforeAll(async () => {
  const golden = join(import.meta.dirname, '../golden/everything-together.tick.json');
  ({ snapshot, decided } = await decidedFile(JSON.parse(await readFile(golden, 'utf8'))));
});

const wrongIn = (of: DecidedTick, on = snapshot): string => {
  const verdict = verifyTick(on, of, sha256);
  expect(verdict.ok).toBe(verdict.checks.every(({ ok }) => ok));
  return verdict.ok ? 'nothing' : verdict.checks.at(-1)!.what;
};

/** With every digest made anew, as somebody would who has this code. */
function forged(change: Partial<DecidedTick>, on = snapshot): DecidedTick {
  const told = { ...decided, ...change };
  const { model } = formulate(on, newMemo());
  return { ...told, digests: tickDigests(sha256, { snapshot: on, model, decided: told }) };
}

const withoutFirst = (plan: Plan): Plan => ({ ...plan, assignments: plan.assignments.slice(1) });
const firstStage = (change: (stage: DecidedTick['stages'][number]) => object): DecidedTick['stages'] =>
  decided.stages.map((stage, i) => (i === 0 ? { ...stage, ...change(stage) } : stage));

describe('a decided tick', () => {
  it('holds in every check, and says what it found', () => {
    const verdict = verifyTick(snapshot, decided, sha256);
    expect(verdict).toMatchObject({ ok: true, open: [] });
    expect(verdict.checks.map(({ what }) => what)).toEqual([
      'snapshot',
      'model',
      'plan',
      'certificate',
      'rules',
      'revocations',
      'earmarks',
      'columns',
      'rows',
      'class critical',
      'class standard',
      'class batch',
      'maximal',
      'conservation',
    ]);
  });

  it.each([
    {
      title: 'somebody waits for another time',
      change: (on: Snapshot) => ({ now: on.now + 1 }),
      want: 'snapshot',
    },
    {
      title: 'less is used',
      change: (on: Snapshot) => ({ used: new Map([...on.used].map(([key]) => [key, 0])) }),
      want: 'snapshot',
    },
    {
      title: 'a pool is larger, under the same revision',
      change: ({ configuration }: Snapshot) => ({
        configuration: {
          ...configuration,
          pools: configuration.pools.map((pool) => ({ ...pool, capacity: pool.capacity + 64 })),
        },
      }),
      want: 'model',
    },
  ])('whose snapshot is changed so that $title fails at its $want', ({ change, want }) => {
    expect(wrongIn(decided, { ...snapshot, ...change(snapshot) })).toBe(want);
  });

  it.each<[string, () => Partial<DecidedTick>, string]>([
    ['a grant taken away', () => ({ plan: withoutFirst(decided.plan) }), 'plan'],
    ['a bound lowered', () => ({ stages: firstStage(({ value }) => ({ bound: value - 1 })) }), 'certificate'],
    ['a class left out', () => ({ stages: decided.stages.slice(1) }), 'certificate'],
    ['work made less', () => ({ stages: firstStage(() => ({ ended: 'workLimit' })) }), 'certificate'],
  ])('with %s fails by its digests', (_, change, want) => {
    expect(wrongIn({ ...decided, ...change() })).toBe(want);
  });

  it.each<[string, () => Partial<DecidedTick>, string]>([
    ['a grant taken away', () => ({ plan: withoutFirst(decided.plan) }), 'class critical'],
    [
      'a grant twice',
      () => ({
        plan: { ...decided.plan, assignments: [...decided.plan.assignments, decided.plan.assignments[0]!] },
      }),
      'rules',
    ],
    [
      'a lease that ends later',
      () => ({
        plan: {
          ...decided.plan,
          assignments: decided.plan.assignments.map((one, i) =>
            i === 0 ? { ...one, endsAt: one.endsAt + 1 } : one,
          ),
        },
      }),
      'rules',
    ],
    ['an extension left out', () => ({ plan: { ...decided.plan, extensions: [] } }), 'class critical'],
    ['a class left out', () => ({ stages: decided.stages.slice(1) }), 'classes'],
    ['no claims at all', () => ({ stages: [] }), 'classes'],
    [
      'a value raised',
      () => ({ stages: firstStage(({ value }) => ({ value: value + 1 })) }),
      'class critical',
    ],
    [
      'a bound lowered',
      () => ({ stages: firstStage(({ bound }) => ({ bound: bound - 1 })) }),
      'class critical',
    ],
    ['a gap that does not follow', () => ({ stages: firstStage(() => ({ gap: 0.5 })) }), 'class critical'],
    [
      'a multiplier of no row',
      () => ({ stages: firstStage(() => ({ multipliers: [['capacity/none', 1]] })) }),
      'class critical',
    ],
    [
      'a multiplier below zero',
      () => ({ stages: firstStage(() => ({ multipliers: [[rowName(), -1]] })) }),
      'class critical',
    ],
    [
      'other frozen grants',
      () => ({ stages: decided.stages.map((stage) => ({ ...stage, frozenDigest: 'f' })) }),
      'class critical',
    ],
    [
      'a certificate that cannot be read',
      () => ({ stages: firstStage(() => ({ certificate: { derivedRows: '', proof: '!' } })) }),
      'class critical',
    ],
  ])('with %s and forged digests fails by what it says', (_, change, want) => {
    expect(wrongIn(forged(change()))).toBe(want);
  });

  it('that leaves somebody waiting who fits, by consistent claims, fails for that alone', async () => {
    const roomy = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .request(aRequest(1).gpu(2), aRequest(2).gpu(2))
      .snapshot();
    const { model } = formulate(roomy, newMemo());
    const whole = (await decideTickFile(roomy, { solver, digest: sha256 })).file.decided!;
    const plan = { ...whole.plan, assignments: whole.plan.assignments.slice(1) };
    const value = model.objective[1]!;
    const [stage] = whole.stages;
    const bound = stage!.bound;
    const stages = [{ ...stage!, value, gap: (bound - value) / bound }];
    const lazy = { ...whole, plan, stages };
    const digests = tickDigests(sha256, { snapshot: roomy, model, decided: lazy });
    expect(wrongIn({ ...lazy, digests }, roomy)).toBe('maximal');
  });

  it('of which a part was refused claims no quality, and that is said', () => {
    const refused = forged({ plan: { assignments: [], extensions: [] }, stages: [], fault: 'refused' });
    const verdict = verifyTick(snapshot, refused, sha256);
    expect(verdict).toMatchObject({ ok: true, open: [expect.stringContaining('nothing is claimed')] });
    expect(verdict.checks.at(-1)!.what).toBe('rows');
  });
});

function rowName(): string {
  return formulate(snapshot, newMemo()).model.rowNames[0]!;
}

describe('the certificate of a record', () => {
  const classes = [{ rank: 0, name: 'standard' }];
  const outcome = {
    stage: 0,
    method: 'exact' as const,
    value: 1,
    bound: 1,
    gap: 0,
    ended: 'complete' as const,
  };
  const work = { simplexIterations: 3, lpCalls: 1, mipCalls: 0, dpCells: 7 };
  const leaf = { multipliers: [{ row: 1, numerator: 5 }], derivedMultipliers: [] };
  const cover = { row: 0, columns: Int32Array.of(0, 1), coefficients: Int32Array.of(1, 1), rhs: 1 };
  const recordOf = (derivedRows: readonly (typeof cover)[], proof: Proof) => {
    const { model } = formulate(snapshot, newMemo());
    const certificate = { derivedRows, proof, frozenDigest: '' };
    const solution = {
      granted: new Uint8Array(model.columnCount),
      stages: [{ ...outcome, certificate, work }],
    };
    const [record] = stageRecords(model, solution, { classes, digest: sha256 });
    return { model, certificate, record: JSON.parse(JSON.stringify(record)) as typeof record & object };
  };
  const branch = {
    column: 0,
    zero: leaf,
    one: { multipliers: [], derivedMultipliers: [{ derived: 0, numerator: 9 }] },
  };

  it('of one leaf over base rows is its multipliers by name, as records always had it', () => {
    const { model, certificate, record } = recordOf([], leaf);
    expect(record).toMatchObject({
      class: 'standard',
      work,
      ended: 'complete',
      multipliers: [[model.rowNames[1], 5]],
    });
    expect('certificate' in record).toBe(false);
    expect(certificateOf(model, record)).toEqual(certificate);
    const { ended: _, work: __, ...older } = record;
    expect(certificateOf(model, older)).toEqual(certificate);
  });

  it.each<[string, readonly (typeof cover)[], Proof, number]>([
    ['derived rows', [cover], { ...leaf, derivedMultipliers: [{ derived: 0, numerator: 9 }] }, 1],
    ['a branching', [cover], branch, 0],
  ])('with %s is kept whole beside the prices, and comes back', (_, derivedRows, proof, prices) => {
    const { model, certificate, record } = recordOf(derivedRows, proof);
    expect(record.multipliers).toHaveLength(prices);
    expect(certificateOf(model, record)).toEqual(certificate);
  });

  it('is refused where the prices are not its own', () => {
    const { model, record } = recordOf([cover], leaf);
    expect(certificateOf(model, { ...record, multipliers: [[model.rowNames[1]!, 6]] })).toContain(
      'not those of',
    );
    expect(certificateOf(model, { ...record, multipliers: [] })).toContain('not those of');
  });
});
