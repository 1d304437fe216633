// A policy that is changed while it answers, kept ready for the way back, and compared with the one that may follow it.
import { afterEach, describe, expect, it } from 'vitest';
import type { LivePolicy, PolicyBundle, PolicyData } from '../../policies/index.ts';
import { defaultBundle, workerPolicy } from '../../policies/node.ts';
import { anything, aRow, hostileBundle, outcomes, rowsOf, vectors } from './support.ts';
import { tinyBundle } from './tinyModule.ts';

let service: LivePolicy | undefined;
afterEach(() => service?.close());

async function started(bundle: () => Promise<PolicyBundle> = defaultBundle): Promise<LivePolicy> {
  service = await workerPolicy({ bundle: await bundle(), data: vectors.data });
  return service;
}

const research = vectors.data.departments.research as PolicyData['departments'][string];
const tighter: PolicyData = {
  ...vectors.data,
  revision: 'tighter',
  departments: { ...vectors.data.departments, research: { ...research, limits: { gpu: 1 } } },
};
const twoGpus = { tick: 't', rows: [aRow({ quantities: { gpu: 2 } })] };

/** The same module under a manifest that softens one rule: another policy to whoever compares outcomes. */
function softened(bundle: PolicyBundle, code: string): PolicyBundle {
  const rules = bundle.manifest.rules.map((rule) =>
    rule.code === code ? { ...rule, mode: 'warn' as const } : rule,
  );
  return { ...bundle, manifest: { ...bundle.manifest, rules } };
}

describe('a bundle that is prepared', () => {
  it('changes nothing until it is committed, and answers from then on', async () => {
    const policy = await started();
    const { revision } = policy;
    const prepared = await policy.prepare({ bundle: await hostileBundle() });
    expect(policy.revision).toBe(revision);
    expect(outcomes(await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'plain' })] }))).toEqual([
      'allow',
    ]);
    await prepared.commit();
    expect(policy.revision).toBe(prepared.revision);
    expect(outcomes(await policy.evaluate({ tick: 'u', rows: [aRow({ purpose: 'plain' })] }))).toEqual([
      'PLAIN',
    ]);
    expect(policy.standing()).toMatchObject({ revision: prepared.revision, kept: revision });
  });

  it('is judged by the data of the moment in which it takes over', async () => {
    const policy = await started(hostileBundle);
    const prepared = await policy.prepare({ bundle: await defaultBundle() });
    await policy.activate({ data: tighter });
    await prepared.commit();
    expect(policy.dataRevision).toBe('tighter');
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['QUANTITY_TOO_LARGE']);
  });

  it('goes back to the one before it, with the data that came since', async () => {
    const policy = await started();
    const before = await defaultBundle();
    await (await policy.prepare({ bundle: await hostileBundle() })).commit();
    await policy.activate({ data: tighter });
    await (await policy.prepare({ bundle: before })).commit();
    expect(policy.revision).toBe(before.manifest.revision);
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['QUANTITY_TOO_LARGE']);
    expect(policy.standing().kept).toBe((await hostileBundle()).manifest.revision);
  });

  it('leaves no trace when it is discarded', async () => {
    const policy = await started();
    const before = policy.standing();
    await (await policy.prepare({ bundle: await hostileBundle() })).discard();
    expect(policy.standing()).toEqual(before);
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['allow']);
  });

  it('is refused by a vector that it does not meet, and what was active stays', async () => {
    const policy = await started();
    const cases = [
      { name: 'plain is denied', row: { purpose: 'plain' }, codes: ['PLAIN'], obligations: [] },
      { name: 'fine is denied', row: { purpose: 'fine' }, codes: ['PLAIN'], obligations: [] },
    ];
    const candidate = (which: typeof cases) => async () =>
      policy.prepare({ bundle: await hostileBundle(), vectors: { ...vectors, cases: which } });
    await expect(candidate(cases)()).rejects.toMatchObject({
      code: 'BUNDLE_VECTORS_FAILED',
      message: 'BUNDLE_VECTORS_FAILED: 1 of 2 vectors fail: "fine is denied"',
    });
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['allow']);
    await (await candidate(cases.slice(0, 1))()).discard();
  });

  it('that does not load is refused, and what was active stays', async () => {
    const policy = await started();
    const bundle = await tinyBundle({ builtins: { 'time.now_ns': 0 }, result: {} });
    await expect(policy.prepare({ bundle })).rejects.toMatchObject({ code: 'BUNDLE_PROBE_FAILED' });
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['allow']);
  });
});

describe('data that is foreseen', () => {
  const gpus = async (policy: LivePolicy, tick: string) =>
    outcomes(await policy.evaluate({ tick, rows: [aRow({ quantities: { gpu: 2 } })] }));

  it('changes nothing until it is activated, which is a swap of what was loaded', async () => {
    const policy = await started();
    const data = structuredClone(tighter);
    await policy.foresee(data);
    expect([await gpus(policy, 't'), policy.dataRevision]).toEqual([['allow'], 'vectors']);
    expect(policy.standing().cache.entries).toBeGreaterThan(0);
    // What is loaded is what it was when it was foreseen: nothing is read of it any more.
    for (const id of Object.keys(data.departments)) Reflect.deleteProperty(data.departments, id);
    await policy.activate({ data });
    expect([await gpus(policy, 'u'), policy.dataRevision]).toEqual([['QUANTITY_TOO_LARGE'], 'tighter']);
    expect(policy.standing().cache.misses).toBe(2);
  });

  it('goes to and fro, each time by the data that is activated', async () => {
    const policy = await started();
    for (const round of [0, 1, 2]) {
      for (const [data, want] of [
        [{ ...tighter, revision: `tighter-${round}` }, 'QUANTITY_TOO_LARGE'],
        [{ ...vectors.data, revision: `looser-${round}` }, 'allow'],
      ] as const) {
        await policy.foresee(data);
        await policy.activate({ data });
        expect(await gpus(policy, data.revision)).toEqual([want]);
      }
    }
    expect(policy.standing().kills).toBe(0);
  });

  it('in vain is forgotten, and loaded when it is activated after all', async () => {
    const policy = await started();
    await policy.foresee(tighter);
    await policy.activate({ data: { ...vectors.data, revision: 'other' } });
    expect(await gpus(policy, 't')).toEqual(['allow']);
    await policy.activate({ data: tighter });
    expect(await gpus(policy, 'u')).toEqual(['QUANTITY_TOO_LARGE']);
  });

  it('and not sound is refused when it is activated, and leaves the thread that was to load it for the next', async () => {
    const policy = await started();
    const faulty = { ...tighter, revision: '' };
    await policy.foresee({ ...tighter, revision: 'first' });
    await policy.foresee(faulty);
    await expect(policy.activate({ data: faulty })).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await policy.foresee(tighter);
    await policy.activate({ data: tighter });
    expect([await gpus(policy, 't'), policy.standing().kills]).toEqual([['QUANTITY_TOO_LARGE'], 0]);
  });

  it('is loaded while the policy runs away, and stands when its thread was ended since', async () => {
    service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, deadlineMs: 1_000 });
    const policy = service;
    const asked = policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'spin' })] });
    const data = { ...vectors.data, revision: 'next' };
    await policy.foresee(data);
    expect(outcomes(await asked)).toEqual(['POLICY_TIMEOUT']);
    await policy.activate({ data });
    const [spin, plain] = ['spin', 'plain'].map((purpose) => ({ tick: 'u', rows: [aRow({ purpose })] }));
    expect(outcomes(await policy.evaluate(spin!))).toEqual(['POLICY_TIMEOUT']);
    expect(outcomes(await policy.evaluate(plain!))).toEqual(['PLAIN']);
    expect(policy.dataRevision).toBe('next');
  });
});

describe('what was judged before', () => {
  it('is not asked again, and is forgotten with the data', async () => {
    const policy = await started();
    await policy.evaluate({ tick: 't', rows: [aRow(), aRow({ quantities: { gpu: 2 } })] });
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['allow']);
    expect(policy.standing().cache).toMatchObject({ hits: 1, misses: 2 });
    expect(policy.standing().cache.entries).toBeGreaterThan(0);
    await policy.activate({ data: tighter });
    expect(policy.standing().cache.entries).toBe(0);
    expect(outcomes(await policy.evaluate(twoGpus))).toEqual(['QUANTITY_TOO_LARGE']);
  });

  it('does not hold a denial for an error', async () => {
    const policy = await started(hostileBundle);
    await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'throw' })] });
    expect(policy.standing().cache.entries).toBe(0);
  });

  it('is counted rule by rule, idle ones included', async () => {
    const policy = await started();
    await policy.evaluate({
      tick: 't',
      rows: [aRow(), aRow({ quantities: { gpu: 9 } }), aRow({ quantities: { gpu: 9 } })],
    });
    const { rows, rules } = policy.standing();
    expect(rows).toBe(3);
    expect(rules.filter((rule) => rule.hits > 0)).toEqual([{ code: 'QUANTITY_TOO_LARGE', hits: 2 }]);
    expect(rules.map((rule) => rule.code)).toEqual(policy.manifest.rules.map((rule) => rule.code).sort());
  });
});

describe('a policy that runs away on one department', () => {
  const rows = rowsOf(60, (index) => ({
    department: `d${index % 6}`,
    purpose: index % 6 === 2 ? 'spin' : index === 0 ? 'plain' : 'fine',
  }));

  it('costs the others no Verdict, and is ended no more than its deadlines say', async () => {
    service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, deadlineMs: 2_000 });
    const want = rows.map(({ purpose }) =>
      purpose === 'spin' ? 'POLICY_TIMEOUT' : purpose === 'plain' ? 'PLAIN' : 'allow',
    );
    expect(outcomes(await service.evaluate({ tick: 't', rows }))).toEqual(want);
    expect(service.standing()).toMatchObject({ kills: 2, suspects: ['d2'] });
    // Known by now: asked last and alone, so that one deadline is all it costs.
    expect(outcomes(await service.evaluate({ tick: 'u', rows }))).toEqual(want);
    expect(service.standing().kills).toBe(3);
    await service.activate({ data: { ...vectors.data, revision: 'mended' } });
    expect(service.standing().suspects).toEqual([]);
  });

  it('on all of them is ended after as many deadlines as there are passes', async () => {
    service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, deadlineMs: 2_000 });
    const all = rows.map((row) => ({ ...row, purpose: 'spin' }));
    expect(new Set(outcomes(await service.evaluate({ tick: 't', rows: all })))).toEqual(
      new Set(['POLICY_TIMEOUT']),
    );
    expect(service.standing().kills).toBe(4);
  });
});

describe('a shadow', () => {
  const compared = async (policy: LivePolicy, candidate: PolicyBundle) => {
    const ticks: number[] = [];
    let told = (): void => {};
    const next = () => new Promise<void>((resolve) => (told = resolve));
    await policy.shadow({ bundle: candidate }, (report) => {
      ticks.push(report.cleanTicks);
      told();
    });
    return { ticks, next };
  };

  it('of a softer policy tells what it would newly allow, by rule and department, and decides nothing', async () => {
    const policy = await started();
    const { next } = await compared(policy, softened(await defaultBundle(), 'QUANTITY_TOO_LARGE'));
    const seen = next();
    const rows = [aRow(), aRow({ quantities: { gpu: 9 } })];
    expect(outcomes(await policy.evaluate({ tick: 't', rows }))).toEqual(['allow', 'QUANTITY_TOO_LARGE']);
    await seen;
    expect(policy.standing().shadow).toMatchObject({
      compared: 1,
      rows: 2,
      cleanTicks: 0,
      newlyAllowed: 1,
      newlyDenied: 0,
      byRule: {
        QUANTITY_TOO_LARGE: { added: 0, removed: 1 },
        'QUANTITY_TOO_LARGE (warn)': { added: 1, removed: 0 },
      },
      byDepartment: { research: 1 },
      samples: [{ tick: 't', row: rows[1], active: { outcome: 'deny' }, candidate: { outcome: 'allow' } }],
    });
    await policy.shadow(null);
    expect(policy.standing().shadow).toBeNull();
  });

  it('counts the ticks in which nothing differs, from the last difference on', async () => {
    const policy = await started();
    const { ticks, next } = await compared(policy, softened(await defaultBundle(), 'QUANTITY_TOO_LARGE'));
    for (const [tick, gpu] of [1, 9, 1, 2].entries()) {
      const seen = next();
      await policy.evaluate({ tick: `t${tick}`, rows: [aRow({ quantities: { gpu } })] });
      await seen;
    }
    expect(ticks).toEqual([1, 0, 1, 2]);
  });

  it('that runs away delays nobody: what it cannot keep up with is skipped and counted', async () => {
    service = await workerPolicy({ bundle: await defaultBundle(), data: vectors.data, deadlineMs: 1_000 });
    const policy = service;
    const { next } = await compared(policy, await hostileBundle());
    const failed = next();
    for (let tick = 0; tick < 20; tick += 1) {
      const rows = [aRow({ purpose: 'spin' })];
      expect(outcomes(await policy.evaluate({ tick: `t${tick}`, rows }))).toEqual(['allow']);
    }
    await failed;
    const report = policy.standing().shadow;
    expect(report).toMatchObject({ compared: 0, cleanTicks: 0 });
    expect(report?.failed).toBeGreaterThan(0);
    expect(report?.skipped).toBeGreaterThan(0);
    expect(policy.standing().kills).toBe(0);
  });

  it('follows the data, so that both are judged by the same', async () => {
    const policy = await started();
    const { next } = await compared(policy, softened(await defaultBundle(), 'KIND_NOT_ALLOWED'));
    await policy.activate({ data: tighter });
    let seen = next();
    await policy.evaluate(twoGpus);
    // While the candidate takes the data over, a tick may be skipped: ask until one is compared.
    for (let tick = 0; policy.standing().shadow?.compared === 0; tick += 1) {
      await policy.evaluate({ ...twoGpus, tick: `t${tick}` });
      await Promise.race([seen, new Promise((resolve) => setImmediate(resolve))]);
      seen = next();
    }
    expect(policy.standing().shadow).toMatchObject({ newlyAllowed: 0, newlyDenied: 0, failed: 0 });
  });

  it('that cannot be loaded is refused', async () => {
    const policy = await started();
    const bundle = anything<PolicyBundle>({ ...(await defaultBundle()), manifest: {} });
    await expect(policy.shadow({ bundle })).rejects.toMatchObject({ code: 'BUNDLE_MALFORMED' });
    expect(policy.standing().shadow).toBeNull();
  });
});
