// What every PolicyService does, in a worker thread or in process. Called by the tests of both.
import { afterEach, describe, expect, it } from 'vitest';
import {
  type PolicyBundle,
  PolicyRefused,
  type PolicyService,
  type ServiceOptions,
} from '../../policies/index.ts';
import { defaultBundle } from '../../policies/node.ts';
import { anything, aRow, hostileBundle, outcomes, rowsOf, vectors } from '../policies/support.ts';

type Open = (options: ServiceOptions) => Promise<PolicyService>;
type Start = (bundle: () => Promise<PolicyBundle>) => Promise<PolicyService>;

export function policyContract(name: string, open: Open): void {
  describe(`a policy service: ${name}`, () => {
    let service: PolicyService | undefined;
    afterEach(() => service?.close());
    const start: Start = async (bundle) => {
      service = await open({ bundle: await bundle(), data: vectors.data });
      return service;
    };
    answersRows(start);
    activates(start, open);
  });
}

function answersRows(start: Start): void {
  it('answers a batch in row order and says by which revisions', async () => {
    const policy = await start(defaultBundle);
    const rows = [aRow(), aRow({ quantities: { gpu: 9 } }), aRow({ clearance: 0 })];
    const want = ['allow', 'QUANTITY_TOO_LARGE', 'CLEARANCE_TOO_LOW'];
    expect(outcomes(await policy.evaluate({ tick: 't', rows }))).toEqual(want);
    expect(policy.revision).toBe((await defaultBundle()).manifest.revision);
    expect(policy.dataRevision).toBe('vectors');
  });

  it('answers no rows with no Verdicts', async () => {
    expect(await (await start(defaultBundle)).evaluate({ tick: 't', rows: [] })).toEqual([]);
  });

  it('answers 2,000 rows, each with its own Verdict', async () => {
    const rows = rowsOf(2_000, (index) => ({ quantities: { gpu: index % 2 === 0 ? 8 : 9 } }));
    const verdicts = outcomes(await (await start(defaultBundle)).evaluate({ tick: 't', rows }));
    expect(verdicts).toEqual(rows.map((_, index) => (index % 2 === 0 ? 'allow' : 'QUANTITY_TOO_LARGE')));
  });

  it('answers calls made at once, each for itself', async () => {
    const policy = await start(defaultBundle);
    const calls = [1, 9, 2, 10].map((gpu, index) =>
      policy.evaluate({ tick: `t${index}`, rows: [aRow({ quantities: { gpu } })] }),
    );
    const want = [['allow'], ['QUANTITY_TOO_LARGE'], ['allow'], ['QUANTITY_TOO_LARGE']];
    expect((await Promise.all(calls)).map(outcomes)).toEqual(want);
  });

  it('denies a row that cannot be put before a policy, even one that no thread could be sent', async () => {
    const policy = await start(defaultBundle);
    const rows = [aRow(), aRow({ purpose: '\ud800' }), anything<never>({ department: () => 1 })];
    const want = ['allow', 'POLICY_INPUT_INVALID', 'POLICY_INPUT_INVALID'];
    expect(outcomes(await policy.evaluate({ tick: 't', rows }))).toEqual(want);
    const { verdict } = await policy.explain(anything<never>({ ...aRow(), roles: [() => 1] }));
    expect(verdict).toMatchObject({ codes: ['POLICY_INPUT_INVALID'] });
  });

  it('denies the row on which the policy throws, and goes on', async () => {
    const policy = await start(hostileBundle);
    const rows = ['fine', 'throw', 'fine'].map((purpose) => aRow({ purpose }));
    expect(outcomes(await policy.evaluate({ tick: 't', rows }))).toEqual(['allow', 'POLICY_ERROR', 'allow']);
    expect(outcomes(await policy.evaluate({ tick: 'u', rows: rows.slice(2) }))).toEqual(['allow']);
  });

  it('explains a row and names the rule', async () => {
    const policy = await start(defaultBundle);
    const { findings } = await policy.explain(aRow({ durationSeconds: 90_000 }));
    expect(findings).toEqual([
      {
        code: 'DURATION_TOO_LONG',
        field: 'durationSeconds',
        want: 90_000,
        limit: 86_400,
        policy: 'entitlement',
      },
    ]);
    expect(policy.rule('DURATION_TOO_LONG')).toMatchObject({ owner: 'capacity-planning', mode: 'enforce' });
    expect(policy.rule('NO_SUCH_CODE')).toBeUndefined();
  });
}

function activates(start: Start, open: Open): void {
  const refusedWith = (code: string) => expect.objectContaining({ name: 'PolicyRefused', code });

  it('activates new data for the evaluations after it, and none before', async () => {
    const policy = await start(defaultBundle);
    const batch = { tick: 't', rows: [aRow({ quantities: { gpu: 8 } })] };
    const research = { ...vectors.data.departments.research, limits: { gpu: 7 } };
    const data = {
      ...vectors.data,
      revision: 'tighter',
      departments: { ...vectors.data.departments, research },
    };
    const before = policy.evaluate(batch);
    const activated = policy.activate({ data: anything(data) });
    const after = policy.evaluate(batch);
    await activated;
    expect([await before, await after].map(outcomes)).toEqual([['allow'], ['QUANTITY_TOO_LARGE']]);
    expect(policy.dataRevision).toBe('tighter');
  });

  it('activates a new bundle over the data that it has', async () => {
    const policy = await start(defaultBundle);
    await policy.activate({ bundle: await hostileBundle() });
    expect(policy.revision).toBe((await hostileBundle()).manifest.revision);
    expect(policy.dataRevision).toBe('vectors');
    expect(outcomes(await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'plain' })] }))).toEqual([
      'PLAIN',
    ]);
    expect(policy.rule('PLAIN')?.policy).toBe('hostile');
  });

  it('keeps what was active when a bundle or data is refused', async () => {
    const policy = await start(defaultBundle);
    const { revision } = policy;
    const { wasm, manifest } = await hostileBundle();
    const forged = { wasm, manifest: { ...manifest, wasm: { ...manifest.wasm, sha256: '0'.repeat(64) } } };
    await expect(policy.activate({ bundle: forged })).rejects.toEqual(refusedWith('BUNDLE_HASH_MISMATCH'));
    const data = anything<never>({ ...vectors.data, classes: { batch: { maxDurationSeconds: '9' } } });
    await expect(policy.activate({ data })).rejects.toBeInstanceOf(PolicyRefused);
    expect([policy.revision, policy.dataRevision]).toEqual([revision, 'vectors']);
    expect(outcomes(await policy.evaluate({ tick: 't', rows: [aRow({ clearance: 0 })] }))).toEqual([
      'CLEARANCE_TOO_LOW',
    ]);
  });

  it('does not start with a bundle or data that is not sound', async () => {
    const bundle = await defaultBundle();
    const data = anything<never>({ ...vectors.data, revision: '' });
    await expect(open({ bundle, data })).rejects.toEqual(refusedWith('DATA_INVALID'));
  });

  it('answers what was asked before it was closed, and nothing after', async () => {
    const policy = await start(defaultBundle);
    const asked = policy.evaluate({ tick: 't', rows: [aRow()] });
    await policy.close();
    expect(outcomes(await asked)).toEqual(['allow']);
    await expect(policy.evaluate({ tick: 't', rows: [aRow()] })).rejects.toThrow('closed');
  });
}
