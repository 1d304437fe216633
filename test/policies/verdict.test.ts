// From the bits of an answer to Verdicts: modes, obligations, and answers that contradict themselves.
import { beforeAll, describe, expect, it } from 'vitest';
import { readBits, verdictsOf } from '../../policies/batch.ts';
import { evaluateBatch, loadPolicy, type PolicyInstance, type PolicyMode } from '../../policies/index.ts';
import { aRow, hostileBundle, hostileInstance, outcomes, vectors } from './support.ts';

let hostile: PolicyInstance;
beforeAll(async () => {
  hostile = await hostileInstance();
});

const ask = (policy: PolicyInstance, purpose: string) =>
  evaluateBatch(policy, { tick: 't', rows: [aRow({ purpose })] })[0];

describe('modes', () => {
  it('warn and dryrun are noted and allow', () => {
    expect(ask(hostile, 'warn')).toEqual({
      outcome: 'allow',
      obligations: [],
      warnings: ['WARNS'],
      dryrun: [],
    });
    expect(ask(hostile, 'trial')).toEqual({
      outcome: 'allow',
      obligations: [],
      warnings: [],
      dryrun: ['ON_TRIAL'],
    });
  });

  it.each<[PolicyMode, string]>([
    ['enforce', 'deny'],
    ['warn', 'allow'],
    ['dryrun', 'allow'],
  ])('%s is applied by the host from the METADATA: %s', async (mode, want) => {
    const { wasm, manifest } = await hostileBundle();
    const rules = manifest.rules.map((rule) => (rule.code === 'PLAIN' ? { ...rule, mode } : rule));
    const policy = await loadPolicy({ wasm, manifest: { ...manifest, rules }, data: vectors.data });
    expect(ask(policy, 'plain')?.outcome).toBe(want);
  });
});

describe('obligations', () => {
  it('that the host knows come with what they ask for', () => {
    const wantObligation = { kind: 'approval', code: 'APPROVE', policy: 'hostile', skill: 'finance' };
    expect(ask(hostile, 'approve')).toMatchObject({ outcome: 'allow', obligations: [wantObligation] });
  });

  it('that the host does not know deny', () => {
    expect(ask(hostile, 'levitate')).toEqual({
      outcome: 'deny',
      codes: ['OBLIGATION_UNKNOWN'],
      warnings: [],
      dryrun: [],
    });
  });
});

describe('an answer', () => {
  const expected = { tick: 't', n: 3, data: 'd' };
  const none = () => Object.fromEntries(hostile.manifest.rules.map((rule) => [rule.code, [] as unknown]));
  const answer = (changes: Record<string, unknown> = {}) => ({
    v: 1,
    tick: 't',
    n: 3,
    data: 'd',
    allow: [0, 1, 2],
    deny: { ...none(), POLICY_INPUT_INVALID: [] },
    obligations: none(),
    ...changes,
  });
  const judge = (changes: Record<string, unknown>) =>
    outcomes(verdictsOf(hostile.manifest, readBits(answer(changes), hostile.manifest.rules, expected)));

  it('that allows by name allows', () => {
    expect(judge({})).toEqual(['allow', 'allow', 'allow']);
  });

  it('that passes over a row denies it', () => {
    expect(judge({ allow: [2, 0] })).toEqual(['allow', 'POLICY_UNDECIDED', 'allow']);
  });

  it('that both allows and denies a row denies it', () => {
    const deny = { ...answer().deny, SPINS: [1] };
    expect(judge({ deny })).toEqual(['allow', 'POLICY_UNDECIDED+SPINS', 'allow']);
  });

  it('with a code of which the manifest knows nothing enforces it', () => {
    const deny = { ...answer().deny, NOVELTY: [2] };
    expect(judge({ deny, allow: [0, 1] })).toEqual(['allow', 'allow', 'NOVELTY']);
  });

  it('with an obligation of which the manifest knows nothing denies', () => {
    const obligations = { ...answer().obligations, NOVELTY: [2] };
    expect(judge({ obligations })).toEqual(['allow', 'allow', 'OBLIGATION_UNKNOWN']);
  });

  it.each([
    ['nothing', undefined],
    ['another version', answerLike({ v: 2 })],
    ['another tick', answerLike({ tick: 'x' })],
    ['another count', answerLike({ n: 2 })],
    ['other data', answerLike({ data: 'x' })],
    ['no allow list', answerLike({ allow: undefined })],
    ['an allow list of booleans', answerLike({ allow: [true] })],
    ['a row out of range', answerLike({ allow: [3] })],
    ['a negative row', answerLike({ allow: [-1] })],
    ['no denials', answerLike({ deny: {} })],
    ['denials in a list', answerLike({ deny: [] })],
    ['no obligations', answerLike({ obligations: null })],
  ])('with %s is no answer', (_, make) => {
    const result = make === undefined ? undefined : { ...answer(), ...make };
    expect(() => readBits(result, hostile.manifest.rules, expected)).toThrow(/the policy/);
  });

  it('without one of the rules is no answer', () => {
    const deny = Object.fromEntries(Object.entries(answer().deny).filter(([code]) => code !== 'PLAIN'));
    expect(() => readBits(answer({ deny }), hostile.manifest.rules, expected)).toThrow('PLAIN');
  });
});

function answerLike(changes: Record<string, unknown>): Record<string, unknown> {
  return changes;
}
