// Generated rows, sound and malformed, and OPA's interpreter to ask about them: the one inside the compiler, which answers Rego tests
// that hold the WebAssembly's answers as their cases. Used by the differential tests, short and long.
import fc from 'fast-check';
import { expect } from 'vitest';
import { BATCH_ENTRYPOINT, bytesOf } from '../../policies/bundle.ts';
import type { PolicyInstance, PolicyRow } from '../../policies/index.ts';
import type { PolicyCompiler } from '../../policies/node.ts';
import { ROW_FIELDS } from '../../policies/rows.ts';
import { aRequest, sourcesBelow } from './authoring/sample.ts';
import { anything, aRow, vectors } from './support.ts';

const SEED = 20_261_126;

const numbers = [
  0,
  1,
  2,
  3,
  5,
  6,
  7,
  8,
  9,
  12,
  17,
  22,
  23,
  99,
  100,
  101,
  3_600,
  3_601,
  10_000,
  10_001,
  50_001,
  86_400,
  86_401,
  2 ** 53 - 1,
];
const texts = [
  'research',
  'finance',
  'support',
  'agent-r',
  'agent-f',
  'agent-t',
  'nobody',
  'batch',
  'urgent',
  'closed',
  'payroll',
  'payroll: x',
  '__proto__',
  'constructor',
  '*',
  '\u00e9\u{1f600}',
  'x'.repeat(12),
];
const amount = fc.constantFrom(...numbers);
const text = fc.constantFrom(...texts);
const list = fc.array(
  fc.constantFrom('A100', 'L40S', 'H100', 'personnel', 'attic', 'auditor', 'operator', '*'),
  {
    maxLength: 3,
  },
);
const odd = fc.constantFrom<unknown>(
  null,
  true,
  '9',
  '',
  -1,
  1.5,
  2 ** 53,
  2 ** 60,
  1e300,
  [],
  {},
  [null],
  [9],
  { gpu: null },
  { gpu: '1' },
  { gpu: 1.5 },
  'x\ud800y',
  undefined,
);
const sound: fc.Arbitrary<PolicyRow> = fc
  .record({
    department: fc.constantFrom('research', 'finance', 'support', 'unknown', '__proto__'),
    agent: fc.constantFrom('agent-r', 'agent-f', 'agent-g', 'agent-s', 'agent-t', 'nobody'),
    roles: fc.oneof(list, fc.constant(['agent'])),
    skills: list,
    clearance: fc.nat({ max: 4 }),
    class: fc.constantFrom('batch', 'urgent', 'closed', 'unknown'),
    classification: fc.nat({ max: 4 }),
    purpose: fc.oneof(text, fc.string({ unit: 'grapheme', maxLength: 20 })),
    durationSeconds: amount,
    preemptible: fc.boolean(),
    quantities: fc.dictionary(fc.constantFrom('gpu', 'cpu', 'memory', '*', '__proto__x'), amount, {
      minKeys: 1,
    }),
    models: list,
    datasets: list,
    costMinor: amount,
    hour: fc.nat({ max: 23 }),
    weekday: fc.nat({ max: 6 }),
  })
  .map((row) => ({ ...row }));
/** A sound row, a usual one with some fields of it, or one with fields that are missing or of another type. */
const generated = fc.oneof(
  { weight: 4, arbitrary: sound },
  {
    weight: 3,
    arbitrary: fc
      .tuple(sound, fc.subarray([...ROW_FIELDS], { maxLength: 3 }))
      .map(([row, fields]) => aRow(Object.fromEntries(fields.map((field) => [field, row[field]])))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(sound, fc.dictionary(fc.constantFrom(...ROW_FIELDS), odd, { minKeys: 1, maxKeys: 3 }))
      .map(([row, fields]) => ({ ...row, ...fields })),
  },
);
export function generatedRows(count: number): unknown[] {
  return fc.sample(generated, { numRuns: count, seed: SEED });
}

const TEST = {
  path: 'test/differential_test.rego',
  text: `package annona.differential_test

import data.annona.verdict

answer(tc) := {
	"n": said.n,
	"allow": sort([i | some i in said.allow]),
	"deny": {code: sort([i | some i in hits]) | some code, hits in said.deny},
	"obligations": {code: sort([i | some i in hits]) | some code, hits in said.obligations},
} if {
	said := verdict.batch with input as tc.input with data.organisation as data.vectors.data
}

test_the_answers_are_alike[tc.name] if {
	some tc in data.vectors.asked
	answer(tc) == tc.want
}
`,
};

export interface Asked {
  readonly name: string;
  readonly input: unknown;
  readonly want: unknown;
}

/** A row with the answer of the WebAssembly. */
export function asked(policy: PolicyInstance, row: unknown, index: number): Asked {
  const columns = Object.entries(row as object).filter(([, value]) => value !== undefined);
  const input = { tick: 't', ...Object.fromEntries(columns.map(([field, value]) => [field, [value]])) };
  const want = policy.run(BATCH_ENTRYPOINT, bytesOf(JSON.stringify(input)), (result) => {
    const { n, allow, deny, obligations } = result as Record<string, Record<string, number[]>>;
    const sorted = (lists: object): object =>
      Object.fromEntries(Object.entries(lists).map(([code, hits]) => [code, [...hits].sort()]));
    return {
      n,
      allow: [...anything<number[]>(allow)].sort(),
      deny: sorted(deny!),
      obligations: sorted(obligations!),
    };
  });
  return { name: `row ${index}`, input, want };
}

/** Names of the test where any answer of the interpreter is another one. */
export async function interpreted(
  compiler: PolicyCompiler,
  cases: readonly Asked[],
): Promise<readonly string[]> {
  const sources = [...sourcesBelow('policies/rego').filter(({ path }) => !path.endsWith('_test.rego')), TEST];
  const data = { vectors: { data: vectors.data, asked: cases } };
  const { problems, coverage } = await compiler.compile(aRequest({ command: 'coverage', sources, data }));
  expect(problems).toEqual([]);
  expect(coverage!.passed + coverage!.failed.length).toBe(1);
  return coverage!.failed;
}

/** Text that is not Unicode reaches no engine: the host denies it, and JSON parsers do not agree on it. */
export const hasLoneSurrogate = (row: unknown): boolean => /\\ud[89a-f]/i.test(JSON.stringify(row));
