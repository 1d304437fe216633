// What is not sound is not activated: bundles by their hashes and shape, data by its types.
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../policies/bundle.ts';
import { evaluateBatch, loadPolicy, PolicyRefused } from '../../policies/index.ts';
import { defaultBundle } from '../../policies/node.ts';
import { aRow, outcomes, vectors } from './support.ts';
import { tinyBundle } from './tinyModule.ts';

async function refusal(options: Partial<Parameters<typeof loadPolicy>[0]>): Promise<string> {
  const bundle = await defaultBundle();
  try {
    await loadPolicy({ ...bundle, data: vectors.data, ...options });
    return 'loaded';
  } catch (error) {
    if (error instanceof PolicyRefused) return error.code;
    throw error;
  }
}

describe('a bundle', () => {
  it('that is whole is loaded', async () => {
    expect(await refusal({})).toBe('loaded');
  });

  it('whose module has one bit changed is refused', async () => {
    const wasm = (await defaultBundle()).wasm.slice(0);
    const bytes = new Uint8Array(wasm);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    expect(await refusal({ wasm })).toBe('BUNDLE_HASH_MISMATCH');
  });

  it('whose list of sources was edited is refused', async () => {
    const { manifest } = await defaultBundle();
    expect(await refusal({ manifest: { ...manifest, sources: manifest.sources.slice(1) } })).toBe(
      'BUNDLE_HASH_MISMATCH',
    );
  });

  it('whose module comes in a Buffer is refused', async () => {
    const { wasm } = await defaultBundle();
    expect(await refusal({ wasm: Buffer.from(wasm) })).toBe('BUNDLE_MALFORMED');
  });

  it('whose module is no WebAssembly is refused', async () => {
    const { manifest } = await defaultBundle();
    const wasm = new TextEncoder().encode('no module').slice().buffer;
    const named = { ...manifest, wasm: { ...manifest.wasm, sha256: await sha256Hex(wasm) } };
    expect(await refusal({ wasm, manifest: named })).toBe('BUNDLE_MALFORMED');
  });

  it('whose module is WebAssembly but no policy is refused', async () => {
    const { manifest } = await defaultBundle();
    const wasm = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]).buffer;
    const named = { ...manifest, wasm: { ...manifest.wasm, sha256: await sha256Hex(wasm) } };
    expect(await refusal({ wasm, manifest: named })).toBe('BUNDLE_MALFORMED');
  });

  it('whose manifest promises a rule that the module lacks is refused', async () => {
    const { manifest } = await defaultBundle();
    const [first] = manifest.rules;
    const rules = [...manifest.rules, { ...first, code: 'PROMISED' }];
    expect(await refusal({ manifest: { ...manifest, rules } })).toBe('BUNDLE_PROBE_FAILED');
  });

  it.each([
    ['no object', null],
    ['no version', { v: 2 }],
    ['no rules', { rules: [] }],
    ['a rule without a mode', { rules: [{ code: 'A', mode: 'maybe' }] }],
    ['no entrypoints', { entrypoints: [] }],
    ['no revision', { revision: '' }],
    ['no hash', { wasm: { path: 'x', sha256: 'short' } }],
    ['no sources', { sources: {} }],
  ])('whose manifest has %s is refused', async (_, changes) => {
    const { manifest } = await defaultBundle();
    expect(await refusal({ manifest: changes && { ...manifest, ...changes } })).toBe('BUNDLE_MALFORMED');
  });

  it('with a rule stated twice is refused', async () => {
    const { manifest } = await defaultBundle();
    expect(await refusal({ manifest: { ...manifest, rules: [...manifest.rules, ...manifest.rules] } })).toBe(
      'BUNDLE_MALFORMED',
    );
  });
});

describe('a module that only looks like a policy', () => {
  const result = async (changes: object = {}) => {
    const { rules } = (await defaultBundle()).manifest;
    const codes = (wanted: boolean) => rules.filter((rule) => (rule.obligation === undefined) === wanted);
    const lists = (wanted: boolean) => Object.fromEntries(codes(wanted).map((rule) => [rule.code, []]));
    const echo = { v: 1, tick: 'probe', n: 0, data: vectors.data.revision, allow: [] };
    return {
      ...echo,
      deny: { ...lists(true), POLICY_INPUT_INVALID: [] },
      obligations: lists(false),
      ...changes,
    };
  };

  it('is loaded when it answers the probe and needs nothing', async () => {
    expect(await refusal(await tinyBundle({ builtins: {}, result: await result() }))).toBe('loaded');
  });

  it('is refused when it needs builtins of the host', async () => {
    const bundle = await tinyBundle({ builtins: { 'time.now_ns': 0 }, result: await result() });
    expect(await refusal(bundle)).toBe('BUNDLE_NEEDS_HOST');
  });

  it('is refused when it answers for other data', async () => {
    const bundle = await tinyBundle({ builtins: {}, result: await result({ data: 'elsewhere' }) });
    expect(await refusal(bundle)).toBe('BUNDLE_PROBE_FAILED');
  });

  it('allows nothing by answering every batch alike', async () => {
    const policy = await loadPolicy({
      ...(await tinyBundle({ builtins: {}, result: await result() })),
      data: vectors.data,
    });
    expect(outcomes(evaluateBatch(policy, { tick: 'probe', rows: [aRow()] }))).toEqual(['POLICY_ERROR']);
  });
});

describe('data', () => {
  const research = vectors.data.departments.research;
  const department = (changes: object) => ({ departments: { research: { ...research, ...changes } } });

  it.each<[string, object]>([
    ['no revision', { revision: '' }],
    ['a revision with a lone surrogate', { revision: '\ud800' }],
    ['no departments', { departments: undefined }],
    ['departments in a list', { departments: [] }],
    ['a limit that is text', department({ limits: { gpu: '9' } })],
    ['a limit above 2^53', department({ limits: { gpu: 2 ** 53 } })],
    ['a limit that is not a number', department({ limits: { gpu: Number.NaN } })],
    ['kinds that are text but the star', department({ kinds: 'gpu' })],
    ['classes that are text', department({ classes: 'batch' })],
    ['a ceiling that is text', department({ clearanceCeiling: '3' })],
    ['no ceiling', department({ clearanceCeiling: undefined })],
    ['a duration that is text', { classes: { batch: { maxDurationSeconds: '9', maxCostMinor: 1 } } }],
    ['no limit of cost', { classes: { batch: { maxDurationSeconds: 9 } } }],
    ['an agent without its ordinal', { agents: { 'agent-r': { department: 'research' } } }],
    ['no datasets', { datasets: undefined }],
    ['a dataset whose purposes are a text', { datasets: { personnel: 'payroll' } }],
    ['no separated duties', { separatedDuties: undefined }],
    ['duties that are no pair', { separatedDuties: [['auditor']] }],
    ['models that are no list', department({ models: 'A100' })],
    ['no cap of agents', department({ agentsMost: undefined })],
    ['an hour that no day has', department({ quietHours: { from: 24, to: 6, classes: [] } })],
    ['quiet hours without classes', department({ quietHours: { from: 22, to: 6 } })],
    ['a class without a duration', { classes: { batch: {} } }],
    ['an agent without a department', { agents: { 'agent-r': {} } }],
    ['a threshold that is text', { purposeRequiredFrom: '2' }],
    ['no threshold for approvals', { approvalRequiredFrom: undefined }],
  ])('with %s is refused', async (_, changes) => {
    expect(await refusal({ data: { ...vectors.data, ...changes } })).toBe('DATA_INVALID');
  });

  it('that would not fit the memory is refused before anything is compiled', async () => {
    expect(await refusal({ memoryPagesMax: 16 })).toBe('DATA_INVALID');
  });
});
