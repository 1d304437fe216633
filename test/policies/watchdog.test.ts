// A policy without end: the worker is ended, everything undecided denied, and the same bundle started again.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LivePolicy } from '../../policies/index.ts';
import { defaultBundle, readBundle, workerPolicy } from '../../policies/node.ts';
import { aRow, hostileBundle, outcomes, ROOT, rowsOf, vectors } from './support.ts';

// Long enough for an honest chunk on a busy machine; the runaway policy would take hours.
const deadlineMs = 1_500;
let service: LivePolicy | undefined;
afterEach(() => service?.close());

async function started(): Promise<LivePolicy> {
  service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, deadlineMs });
  return service;
}

describe('the watchdog', () => {
  it('denies everything undecided and keeps what was decided before', async () => {
    const policy = await started();
    const rows = rowsOf(2_000, (index) => ({
      purpose: index === 1_500 ? 'spin' : index === 3 ? 'plain' : 'fine',
    }));
    const verdicts = outcomes(await policy.evaluate({ tick: 't', rows }));
    expect(verdicts.slice(0, 5)).toEqual(['allow', 'allow', 'allow', 'PLAIN', 'allow']);
    expect(new Set(verdicts.slice(1_500))).toEqual(new Set(['POLICY_TIMEOUT']));
  });

  it('denies the chunks that it never came to as well', async () => {
    const rows = rowsOf(2_000, (index) => ({ purpose: index === 250 ? 'spin' : 'fine' }));
    const verdicts = outcomes(await (await started()).evaluate({ tick: 't', rows }));
    expect(new Set(verdicts)).toEqual(new Set(['POLICY_TIMEOUT']));
  });

  it('lets the next batch be answered by the same bundle and data', async () => {
    const policy = await started();
    const { revision, dataRevision } = policy;
    await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'spin' })] });
    const rows = [aRow({ purpose: 'plain' }), aRow({ purpose: 'fine' })];
    expect(outcomes(await policy.evaluate({ tick: 'u', rows }))).toEqual(['PLAIN', 'allow']);
    expect([policy.revision, policy.dataRevision]).toEqual([revision, dataRevision]);
  });

  it('restarts what was activated, not what the service began with', async () => {
    const policy = await started();
    await policy.activate({ data: { ...vectors.data, revision: 'second' } });
    await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'spin' })] });
    expect(outcomes(await policy.evaluate({ tick: 'u', rows: [aRow({ purpose: 'fine' })] }))).toEqual([
      'allow',
    ]);
    expect(policy.dataRevision).toBe('second');
  });

  it('ends an explanation too', async () => {
    const policy = await started();
    const { verdict, findings } = await policy.explain(aRow({ purpose: 'spin' }));
    expect(verdict).toMatchObject({ outcome: 'deny', codes: ['POLICY_TIMEOUT'] });
    expect(findings).toMatchObject([{ code: 'POLICY_TIMEOUT', policy: 'host' }]);
    expect((await policy.explain(aRow({ purpose: 'plain' }))).verdict).toMatchObject({ codes: ['PLAIN'] });
  });

  it('outlives a rule that outgrows the memory of the module: its row alone is denied, in the same thread', async () => {
    // Found by halving, each half in fresh memory: no matter of the deadline.
    service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, deadlineMs: 20_000 });
    const policy = service;
    const rows = rowsOf(20, (index) => ({ purpose: index === 7 ? 'hog' : index === 9 ? 'plain' : 'fine' }));
    const want = rows.map((_, index) => (index === 7 ? 'POLICY_ERROR' : index === 9 ? 'PLAIN' : 'allow'));
    expect(outcomes(await policy.evaluate({ tick: 't', rows }))).toEqual(want);
    expect(outcomes(await policy.evaluate({ tick: 'u', rows: rows.slice(8) }))).toEqual(want.slice(8));
    expect(policy.standing().kills).toBe(0);
  });

  it('outlives an answer that outgrows the heap of the thread, and nobody waits for what died with it', async () => {
    const limits = { deadlineMs: 10_000, memoryPagesMax: 4_096, heapMiBMax: 24 };
    service = await workerPolicy({ bundle: await hostileBundle(), data: vectors.data, ...limits });
    const policy = service;
    const [swollen, verdicts] = await Promise.all([
      policy.explain(aRow({ purpose: 'swell' })),
      policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'swell' }), aRow({ purpose: 'fine' })] }),
    ]);
    expect(swollen.verdict).toMatchObject({ outcome: 'deny', codes: ['POLICY_ERROR'] });
    expect(outcomes(verdicts)).toEqual(['SWELLS', 'allow']);
    expect(policy.standing().kills).toBe(1);
  });

  it('outlives data that no memory could hold: it is refused, and the bundle answers under the data of before', async () => {
    const policy = await started();
    // One department under 100 names: small to send, 100 MB as the text that the engine is given.
    const department = { ...vectors.data.departments.research!, classes: ['x'.repeat(1_000_000)] };
    const names = Array.from({ length: 100 }, (_, index) => [`department-${index}`, department]);
    const data = { ...vectors.data, revision: 'huge', departments: Object.fromEntries(names) };
    await expect(policy.activate({ data })).rejects.toMatchObject({ code: 'DATA_INVALID' });
    expect(outcomes(await policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'plain' })] }))).toEqual([
      'PLAIN',
    ]);
    expect(policy.dataRevision).toBe(vectors.data.revision);
  });

  it('closes while a policy runs away', async () => {
    const policy = await started();
    const asked = policy.evaluate({ tick: 't', rows: [aRow({ purpose: 'spin' })] });
    await policy.close();
    expect(outcomes(await asked)).toEqual(['POLICY_TIMEOUT']);
  });
});

describe('bundles on disk', () => {
  it('are read with their own bytes and verified', async () => {
    const { wasm, manifest } = await defaultBundle();
    expect(new Uint8Array(wasm)).toEqual(new Uint8Array(await readFile(join(ROOT, manifest.wasm.path))));
  });

  it('are refused when the module or the manifest was changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'annona-policy-'));
    try {
      const from = join(ROOT, 'policies/rego/default');
      const wasm = await readFile(`${from}.wasm`);
      await writeFile(join(folder, 'p.manifest.json'), await readFile(`${from}.manifest.json`));
      await writeFile(join(folder, 'p.wasm'), wasm.subarray(0, wasm.length - 1));
      await expect(readBundle(join(folder, 'p'))).rejects.toMatchObject({ code: 'BUNDLE_HASH_MISMATCH' });
      await writeFile(join(folder, 'p.manifest.json'), '{');
      await expect(readBundle(join(folder, 'p'))).rejects.toMatchObject({ code: 'BUNDLE_MALFORMED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
