// The vocabulary of obligations: each kind by its schema, what is unknown, what combines and what conflicts.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictsOf } from '../../policies/batch.ts';
import {
  combineObligations,
  type JsonValue,
  OBLIGATION_KINDS,
  OBLIGATION_SCHEMAS,
  obligationProblem,
  type PolicyRule,
} from '../../policies/index.ts';
import { obligationOf } from '../../policies/obligations.ts';
import { hostileBundle } from './support.ts';

type Stated = NonNullable<PolicyRule['obligation']>;

const GOOD: readonly Stated[] = [
  { kind: 'approval', skill: 'legal-review' },
  { kind: 'ttl', seconds: 600 },
  { kind: 'pools', pools: ['a', 'b'] },
  { kind: 'pools', pools: ['a'], for: 'gpu' },
  { kind: 'class', class: 'batch' },
  { kind: 'label', name: 'cost-centre', value: '4711' },
  { kind: 'audit' },
];
const BAD: readonly Stated[] = [
  { kind: 'levitation' },
  { kind: 'constructor' },
  { kind: 'approval' },
  { kind: 'approval', skill: '' },
  { kind: 'approval', skill: 'x', seconds: 3 },
  { kind: 'ttl', seconds: 0 },
  { kind: 'ttl', seconds: 1.5 },
  { kind: 'ttl', seconds: '600' },
  { kind: 'ttl', seconds: 31_536_001 },
  { kind: 'pools', pools: [] },
  { kind: 'pools', pools: ['a', 'a'] },
  { kind: 'pools', pools: 'a' },
  { kind: 'class' },
  { kind: 'label', name: 'x' },
  { kind: 'label', name: 'x', value: null },
  { kind: 'audit', of: 'x' },
];

const ajv = new Ajv2020({ strict: true });
const validators = new Map(
  OBLIGATION_KINDS.map((kind) => [kind as string, ajv.compile(OBLIGATION_SCHEMAS[kind])]),
);
const fitsSchema = (stated: Stated): boolean => validators.get(stated.kind)?.(stated) ?? false;

function rule(code: string, obligation: Stated): PolicyRule {
  const fixed = { title: 't', owner: 'o', mode: 'enforce', severity: 'low', field: '', remedy: 'r' } as const;
  return { code, policy: 'p', ...fixed, obligation };
}

describe('one obligation', () => {
  it.each(GOOD)('is known: %j', (stated) => {
    expect(fitsSchema(stated)).toBe(true);
    expect(obligationProblem(stated)).toBeNull();
    expect(obligationOf(rule('CODE', stated))).toEqual({ ...stated, code: 'CODE', policy: 'p' });
  });

  it.each(BAD)('is none: %j', (stated) => {
    expect(fitsSchema(stated)).toBe(false);
    expect(obligationProblem(stated)).not.toBeNull();
    expect(obligationOf(rule('CODE', stated))).toBeUndefined();
  });

  it('is read as its schema says, whatever is written', () => {
    const value: fc.Arbitrary<JsonValue> = fc.oneof(
      fc.constantFrom<JsonValue>('', 'x', 0, 1, 600, 1.5, null, true, [], ['a'], ['a', 'b'], ['a', 'a'], [1]),
      fc.string() as fc.Arbitrary<JsonValue>,
    );
    const fields = fc.dictionary(
      fc.constantFrom('skill', 'seconds', 'pools', 'for', 'class', 'name', 'value', 'other'),
      value,
    );
    const kinds = fc.constantFrom(...OBLIGATION_KINDS, 'other');
    fc.assert(
      fc.property(kinds, fields, (kind, rest) => {
        const stated = { ...rest, kind };
        expect(obligationProblem(stated) === null).toBe(fitsSchema(stated));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('several obligations', () => {
  const combine = (...stated: Stated[]) =>
    combineObligations(stated.map((one, i) => obligationOf(rule(`RULE_${i}`, one))!));

  it('are united: one approval a skill, the shortest time, all caps, labels and audits', () => {
    expect(
      combine(
        { kind: 'approval', skill: 'legal' },
        { kind: 'approval', skill: 'data' },
        { kind: 'approval', skill: 'legal' },
        { kind: 'ttl', seconds: 900 },
        { kind: 'ttl', seconds: 600 },
        { kind: 'class', class: 'standard' },
        { kind: 'class', class: 'batch' },
        { kind: 'label', name: 'a', value: '1' },
        { kind: 'label', name: 'a', value: '1' },
        { kind: 'audit' },
      ),
    ).toEqual({
      approvals: [
        { skill: 'data', code: 'RULE_1', policy: 'p' },
        { skill: 'legal', code: 'RULE_0', policy: 'p' },
      ],
      ttlSeconds: 600,
      classes: ['batch', 'standard'],
      labels: { a: '1' },
      audit: ['RULE_9'],
    });
  });

  it('keep the pools that all of them allow, kind by kind', () => {
    expect(
      combine(
        { kind: 'pools', for: 'gpu', pools: ['b', 'a', 'c'] },
        { kind: 'pools', for: 'gpu', pools: ['c', 'b'] },
        { kind: 'pools', for: 'cpu', pools: ['z'] },
      ),
    ).toEqual({ pools: { cpu: ['z'], gpu: ['b', 'c'] } });
  });

  it.each<[string, Stated[]]>([
    [
      'no pool is allowed by both',
      [
        { kind: 'pools', pools: ['a'] },
        { kind: 'pools', pools: ['b'] },
      ],
    ],
    [
      'a kind is left without a pool',
      [
        { kind: 'pools', pools: ['a'] },
        { kind: 'pools', for: 'gpu', pools: ['b'] },
      ],
    ],
    [
      'a label has two values',
      [
        { kind: 'label', name: 'x', value: '1' },
        { kind: 'label', name: 'x', value: '2' },
      ],
    ],
  ])('conflict where %s', (_, stated) => {
    expect(combine(...stated)).toBeNull();
  });

  it('deny with OBLIGATION_CONFLICT where they conflict, and only the rows that meet both', async () => {
    const { manifest } = await hostileBundle();
    const rules = [
      rule('ONE', { kind: 'label', name: 'x', value: '1' }),
      rule('TWO', { kind: 'label', name: 'x', value: '2' }),
    ];
    const obligations = new Map([
      ['ONE', Uint8Array.of(0b011)],
      ['TWO', Uint8Array.of(0b110)],
    ]);
    const bits = { n: 3, allow: Uint8Array.of(0b111), deny: new Map(), obligations };
    const verdicts = verdictsOf({ ...manifest, rules }, bits);
    expect(verdicts.map((one) => (one.outcome === 'deny' ? one.codes : one.outcome))).toEqual([
      'allow',
      ['OBLIGATION_CONFLICT'],
      'allow',
    ]);
  });
});
