// A hundred hostile policies: sixty that bend what they answer, forty that are compiled from generated Rego and misbehave on the rows of
// one department. None allows what was not allowed, none touches another department's rows, and none holds a batch up for longer than
// its deadlines, which are counted by the threads that were ended.
import { afterAll, describe, expect, it } from 'vitest';
import {
  evaluateBatch,
  type JsonValue,
  type PolicyBundle,
  type PolicyInstance,
  type Verdict,
} from '../../policies/index.ts';
import { policyCompiler, workerPolicy } from '../../policies/node.ts';
import { aRequest, HEADER, sample } from './authoring/sample.ts';
import { aRow, defaultInstance, outcomes, rowsOf, vectors } from './support.ts';

type Answer = Record<string, unknown> & { n: number; allow: number[]; deny: Record<string, number[]> };
type Bend = (answer: Answer) => unknown;

const NONSENSE: readonly unknown[] = [undefined, null, true, 7, 'all', {}, [null], ['0'], [-1], [0.5], [1e9]];
const FIELDS = ['allow', 'deny', 'obligations'] as const;

/** Each takes a true answer and gives back what a hostile module could answer instead. */
const BENDS: readonly (readonly [string, Bend])[] = [
  ...FIELDS.flatMap((field) =>
    NONSENSE.map((value): [string, Bend] => [
      `${field} as ${JSON.stringify(value)}`,
      (answer) => ({ ...answer, [field]: value }),
    ]),
  ),
  ...(
    [
      ['v', 2],
      ['v', '1'],
      ['tick', 'another'],
      ['tick', ''],
      ['tick', null],
      ['n', 0],
      ['n', 7],
      ['n', '6'],
      ['data', 'another'],
      ['data', undefined],
    ] as const
  ).map(([field, value]): [string, Bend] => [
    `${field} echoed as ${JSON.stringify(value)}`,
    (answer) => ({ ...answer, [field]: value }),
  ]),
  ['nothing', () => undefined],
  ['a list of answers', (answer) => [answer]],
  ['a text', () => 'allow'],
  ['rows dropped from the allowed', (answer) => ({ ...answer, allow: answer.allow.slice(1) })],
  ['no row allowed', (answer) => ({ ...answer, allow: [] })],
  ['a row too many', (answer) => ({ ...answer, allow: [...answer.allow, answer.n] })],
  ['a row before the first', (answer) => ({ ...answer, allow: [-1, ...answer.allow] })],
  ['every row allowed', (answer) => ({ ...answer, allow: [...Array(answer.n).keys()] })],
  [
    'every row allowed and one rule left out',
    (answer) => {
      const { QUANTITY_TOO_LARGE: _left, ...deny } = answer.deny;
      return { ...answer, deny, allow: [...Array(answer.n).keys()] };
    },
  ],
  [
    'the shape of rows not checked',
    ({ deny: { POLICY_INPUT_INVALID: _left, ...deny }, ...rest }) => ({ ...rest, deny }),
  ],
  [
    'a duty that nobody knows',
    (answer) => ({ ...answer, obligations: { ...(answer.obligations as object), TELEPORT: [0] } }),
  ],
  [
    'a duty that nobody knows for all',
    (answer) => ({ ...answer, obligations: { TELEPORT: [...Array(answer.n).keys()] } }),
  ],
  ['a code that nobody knows', (answer) => ({ ...answer, deny: { ...answer.deny, NOVELTY: [0, 1] } })],
  ['numbers beyond 2^53', (answer) => ({ ...answer, allow: [2 ** 53] })],
  ['the same row again and again', (answer) => ({ ...answer, allow: Array(10_000).fill(5) })],
  [
    'what is denied allowed too',
    (answer) => ({ ...answer, allow: [...answer.allow, ...(answer.deny.QUANTITY_TOO_LARGE ?? [])] }),
  ],
  [
    'keys of the prototype',
    (answer) => ({ ...answer, deny: Object.assign(Object.create({ all: [] }), { __proto__: null }) }),
  ],
];

const bent = (honest: PolicyInstance, bend: Bend): PolicyInstance => ({
  ...honest,
  run: (entrypoint, input, read) =>
    honest.run(entrypoint, input, (result) => read(bend(structuredClone(result) as Answer))),
});

describe('sixty policies that bend their answer', () => {
  it('are as many', () => {
    expect(BENDS).toHaveLength(60);
  });

  it.each(BENDS)('with %s allow nothing that was not allowed', async (_, bend) => {
    const honest = await defaultInstance();
    const rows = rowsOf(6, (index) => ({ quantities: { gpu: index % 3 === 0 ? 9 : 1 } }));
    const want = outcomes(evaluateBatch(honest, { tick: 't', rows }));
    expect(want.filter((outcome) => outcome === 'allow')).toHaveLength(4);
    const found = outcomes(evaluateBatch(bent(honest, bend), { tick: 't', rows }));
    expect(found).toHaveLength(rows.length);
    for (const [place, outcome] of found.entries())
      if (outcome === 'allow') expect(want[place]).toBe('allow');
  });
});

const TORN = 'torn(row) := 1 if row.purpose != ""\n\ntorn(row) := 2 if row.purpose != " "\n\n';
const SPIN = `	thousand := concat("", [letter | some _ in numbers.range(1, 1000); letter := "a"])
	haystack := replace(thousand, "a", thousand)
	needle := concat("", [replace(substring(thousand, 0, 500), "a", thousand), "b"])
	not contains(haystack, needle)
`;
/** Bodies of a rule that is clean for every department but one. */
const MISBEHAVIOURS: readonly { readonly name: string; readonly body: string }[] = [
  { name: 'throws', body: '	torn(row) == 3\n' },
  {
    name: 'outgrows the memory',
    body: '	count([1 | some _ in numbers.range(1, 20000); some _ in numbers.range(1, 20000)]) > 0\n',
  },
  {
    name: 'multiplies all with all',
    body: '	count({[a, b, c] | some a in numbers.range(1, 400); some b in numbers.range(1, 400); some c in numbers.range(1, 400)}) > 0\n',
  },
  { name: 'has no value', body: '	row.purpose == "nobody says this"\n' },
  { name: 'runs away', body: SPIN },
];

const HOSTILE_DEPARTMENTS = 8;
/** A batch meets at most so many deadlines: one with all together, three department by department. */
const PASSES = 4;

function hostileText(body: string, department: string): string {
  return `${HEADER.replace('\n\n# METADATA', `\n\n${TORN}# METADATA`)}BAD(row) := false if {
	row.department != "${department}"
} else := false if {
${body}}
`;
}

describe('forty policies that misbehave on one department', () => {
  const compiler = policyCompiler();
  afterAll(() => compiler.close());

  const compiled = async (text: string): Promise<PolicyBundle> => {
    const { problems, bundle } = await compiler.compile(
      aRequest({ command: 'build', sources: sample(text) }),
    );
    expect(problems).toEqual([]);
    if (!bundle) throw new Error('no bundle');
    return { manifest: bundle.manifest, wasm: new Uint8Array(Buffer.from(bundle.wasm, 'base64')).buffer };
  };

  it.each(MISBEHAVIOURS)(
    '$name: never an allow, and nothing for the others',
    { timeout: 240_000 },
    async ({ body }) => {
      for (let index = 0; index < HOSTILE_DEPARTMENTS; index += 1) {
        const hostile = `d${index}`;
        const bundle = await compiled(hostileText(body, hostile));
        const service = await workerPolicy({ bundle, data: vectors.data, deadlineMs: 3_000 });
        try {
          const rows = rowsOf(40, (place) => ({ department: `d${place % HOSTILE_DEPARTMENTS}` }));
          const verdicts: Verdict[] = await service.evaluate({ tick: 't', rows });
          const found = outcomes(verdicts);
          for (const [place, { department }] of rows.entries()) {
            if (department === hostile) expect(found[place]).not.toBe('allow');
            else expect([department, found[place]]).toEqual([department, 'allow']);
          }
          expect(service.standing().kills).toBeLessThanOrEqual(PASSES);
        } finally {
          await service.close();
        }
      }
    },
  );

  it('or that allow by a field that is not there are not even built', async () => {
    for (const text of ['not row.absent', 'row.absent == null', 'input.absent', 'time.now_ns() > 0']) {
      const sources = sample(`${HEADER}BAD(row) := false if {\n\t${text}\n}\n`);
      const { problems, bundle } = await compiler.compile(aRequest({ command: 'build', sources }));
      expect([text, problems.length > 0, bundle]).toEqual([text, true, undefined]);
    }
  });
});

describe('a row that no policy may see', () => {
  it.each<[string, Record<string, JsonValue | undefined>]>([
    ['a lone surrogate', { purpose: '\ud800' }],
    ['a missing field', { agent: undefined }],
    ['a null', { class: null }],
    ['a number beyond 2^53', { durationSeconds: 2 ** 53 }],
    ['a quantity that is text', { quantities: { gpu: '1' } }],
  ])('with %s is denied, and its neighbours are not', async (_, changes) => {
    const bad = { ...aRow(), ...changes } as never;
    const found = outcomes(
      evaluateBatch(await defaultInstance(), { tick: 't', rows: [aRow(), bad, aRow()] }),
    );
    expect(found).toEqual(['allow', 'POLICY_INPUT_INVALID', 'allow']);
  });
});
