// The worked examples of six departments: they check, pass their tests, and build into one bundle with the default policies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { policyDataOf } from '../../api/policyData.ts';
import { evaluateBatch, loadPolicy, type PolicyData, type PolicyRow } from '../../policies/index.ts';
import { parseVectors, readBundle } from '../../policies/node.ts';
import { ran } from '../api/cli/recording.ts';
import { ACME, configurationOf } from '../api/organisation/aTree.ts';

const FOLDER = 'examples/acme/policies';
const DEPARTMENTS = ['engineering', 'finance', 'hr', 'marketing', 'operations', 'sales'];
const home = mkdtempSync(join(tmpdir(), 'annona-acme-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const vectors = parseVectors(JSON.parse(readFileSync(join(ACME, 'policies/vectors.json'), 'utf8')));

describe('the policies of acme’s departments', () => {
  it('pass their own tests, every line of them touched', async () => {
    const tested = JSON.parse((await ran('policy', 'test', FOLDER, '--json')).out);
    expect([tested.failed, tested.vectors.length]).toEqual([0, vectors.cases.length]);
    const { percent, files } = JSON.parse((await ran('policy', 'coverage', FOLDER, '--json')).out);
    expect(files).toHaveLength(DEPARTMENTS.length);
    expect(percent).toBeGreaterThan(0);
  });

  it('build into one bundle with the default policies, one policy a department', async () => {
    const options = ['--vectors', `${FOLDER}/vectors.json`, '-o', join(home, 'acme'), '--coverage', '98'];
    const built = await ran('policy', 'build', 'policies/rego', FOLDER, ...options);
    expect(built.exitCode, built.out + built.err).toBe(0);
    const bundle = await readBundle(join(home, 'acme'));
    const own = bundle.manifest.rules.filter(({ policy }) => DEPARTMENTS.includes(policy));
    expect(own.map(({ policy }) => policy).sort()).toEqual(DEPARTMENTS);
    const policy = await loadPolicy({ ...bundle, data: vectors.data });
    for (const { code, policy: department } of own) {
      const hit = vectors.cases.filter(({ codes }) => codes.includes(code));
      expect(hit.length, code).toBeGreaterThan(0);
      expect(hit.every(({ row }) => row.department === department)).toBe(true);
      const elsewhere = hit.map(
        ({ row }) => ({ ...vectors.row, ...row, department: 'support' }) as PolicyRow,
      );
      const verdicts = evaluateBatch(policy, { tick: 't', rows: elsewhere });
      for (const verdict of verdicts)
        expect(verdict.outcome === 'deny' && verdict.codes.filter((one) => one === code)).toEqual([]);
    }
  });

  it('judge by acme’s organisation', async () => {
    const files = Object.fromEntries(readTree());
    const data: PolicyData = policyDataOf(configurationOf(files));
    const policy = await loadPolicy({ ...(await readBundle(join(home, 'acme'))), data });
    const row: PolicyRow = { ...vectors.row, department: 'sales', agent: 'demo-01', clearance: 1 };
    const [yields, holds] = evaluateBatch(policy, {
      tick: 't',
      rows: [row, { ...row, preemptible: false }],
    });
    expect(yields?.outcome).toBe('allow');
    expect(holds).toMatchObject({ outcome: 'deny', codes: ['SALES_MUST_YIELD'] });
  });
});

function readTree(): [string, string][] {
  const names = ['accounts', 'calendars', 'organisation', 'quotas'].map((name) => `${name}.yaml`);
  const departments = DEPARTMENTS.concat(
    'data-science',
    'legal',
    'product',
    'research',
    'security',
    'support',
  );
  const pools = ['compute', 'datasets', 'gpus', 'licenses'];
  return [
    ...names,
    ...departments.map((name) => `departments/${name}.yaml`),
    ...pools.map((name) => `pools/${name}.yaml`),
  ].map((name) => [name, readFileSync(join(ACME, name), 'utf8')]);
}
