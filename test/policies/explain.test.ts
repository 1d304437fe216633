// Explanations: the values behind each code, from the rule that denied.
import { beforeAll, expect, it } from 'vitest';
import { explain, type PolicyInstance, ruleOf } from '../../policies/index.ts';
import { anything, aRow, defaultInstance, hostileInstance } from './support.ts';

let policy: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
});

it('a denial shows what was wanted and what the limit is, code by code', () => {
  const { verdict, findings } = explain(
    policy,
    aRow({ quantities: { gpu: 9, cpu: 101, memory: 5 }, durationSeconds: 90_000 }),
  );
  expect(verdict).toEqual({
    outcome: 'deny',
    codes: ['DURATION_TOO_LONG', 'QUANTITY_TOO_LARGE'],
    warnings: [],
    dryrun: [],
  });
  expect(findings).toEqual([
    {
      code: 'DURATION_TOO_LONG',
      field: 'durationSeconds',
      want: 90_000,
      limit: 86_400,
      policy: 'entitlement',
    },
    {
      code: 'QUANTITY_TOO_LARGE',
      field: 'quantities',
      want: { gpu: 9, cpu: 101 },
      limit: { gpu: 8, cpu: 100 },
      policy: 'entitlement',
    },
  ]);
});

it('a warning and an obligation are explained though the row is allowed', () => {
  const { verdict, findings } = explain(policy, aRow({ classification: 3, purpose: 'short' }));
  expect(verdict).toMatchObject({ outcome: 'allow', warnings: ['PURPOSE_VAGUE'] });
  expect(findings).toEqual([
    { code: 'APPROVAL_NEEDED', field: 'classification', want: 3, limit: 3, policy: 'handling' },
    { code: 'PURPOSE_VAGUE', field: 'purpose', want: 'short', limit: 12, policy: 'handling' },
  ]);
});

it('a rule that the data has no limit for says null', () => {
  const { findings } = explain(policy, aRow({ class: 'express' }));
  const duration = findings.find((finding) => finding.code === 'DURATION_TOO_LONG');
  expect(duration).toMatchObject({ want: 3_600, limit: null });
});

it('a row that no policy may see is explained by the field and what it must be', () => {
  const { verdict, findings } = explain(policy, aRow({ clearance: anything('3') }));
  expect(verdict).toMatchObject({ outcome: 'deny', codes: ['POLICY_INPUT_INVALID'] });
  expect(findings).toMatchObject([{ code: 'POLICY_INPUT_INVALID', field: 'clearance' }]);
});

it('a rule that only says true is explained by its field and the row', async () => {
  const { findings } = explain(await hostileInstance(), aRow({ purpose: 'plain' }));
  expect(findings).toEqual([
    { code: 'PLAIN', field: 'purpose', want: 'plain', limit: null, policy: 'hostile' },
  ]);
});

it('a rule that throws is explained by the error code alone, and the next row is answered', async () => {
  const hostile = await hostileInstance();
  const { verdict, findings } = explain(hostile, aRow({ purpose: 'throw' }));
  expect(verdict).toMatchObject({ outcome: 'deny', codes: ['POLICY_ERROR'] });
  expect(findings).toEqual([{ code: 'POLICY_ERROR', field: null, want: null, limit: null, policy: 'host' }]);
  expect(explain(hostile, aRow({ purpose: 'plain' })).verdict).toMatchObject({ codes: ['PLAIN'] });
});

it('control characters come back as they were sent', () => {
  const purpose = 'a\u0000b\u001f"\\';
  const { findings } = explain(policy, aRow({ classification: 2, purpose }));
  expect(findings).toMatchObject([{ code: 'PURPOSE_VAGUE', want: purpose }]);
});

it('every code has a title, an owner, a remedy and a mode', () => {
  for (const code of [...policy.manifest.rules.map((rule) => rule.code), 'POLICY_ERROR', 'POLICY_TIMEOUT']) {
    const rule = ruleOf(policy.manifest, code);
    for (const text of [rule?.title, rule?.owner, rule?.remedy]) expect(text, code).toMatch(/\w/);
    expect(['enforce', 'warn', 'dryrun'], code).toContain(rule?.mode);
  }
  expect(ruleOf(policy.manifest, 'PURPOSE_VAGUE')?.mode).toBe('warn');
  expect(ruleOf(policy.manifest, 'NO_SUCH_CODE')).toBeUndefined();
  expect(ruleOf(policy.manifest, 'constructor')).toBeUndefined();
});
