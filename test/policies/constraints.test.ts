// Constraints from Rego to what the host reads: one canonical list, every fault told by its place, and nothing lost when data change.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  inProcessPolicy,
  type PolicyBundle,
  type PolicyData,
  PolicyRefused,
  verifyBundle,
} from '../../policies/index.ts';
import { policyCompiler, workerPolicy } from '../../policies/node.ts';
import { aRequest, HEADER, sample } from './authoring/sample.ts';
import { vectors } from './support.ts';

const compiler = policyCompiler();
afterAll(() => compiler.close());

const RULE = `${HEADER}SAMPLE(row) := false if row.purpose != ""\n\n`;
const CONSTRAINT = (form: string, mode = 'enforce') => `# METADATA
# title: Together so many
# custom:
#   mode: ${mode}
#   severity: low
#   remedy: Wait.
#   constraint:
${form
  .split('\n')
  .map((line) => `#     ${line}`)
  .join('\n')}
`;
const SUM = CONSTRAINT('kind: sum\nop: "<="');
const SAID = '"terms": [{"coef": 1, "per": "unit"}], "rhs": 8';

async function built(text: string): Promise<PolicyBundle> {
  const answer = await compiler.compile(aRequest({ command: 'build', sources: sample(RULE + text) }));
  if (!answer.bundle) throw new Error(JSON.stringify(answer.problems));
  const wasm = new Uint8Array(Buffer.from(answer.bundle.wasm, 'base64')).buffer;
  return { wasm, manifest: answer.bundle.manifest };
}

const data = (change: object = {}): PolicyData => ({ ...vectors.data, ...change });
const departmentsOf = (...ceilings: readonly number[]) =>
  Object.fromEntries(
    ceilings.map((clearanceCeiling, i) => [
      `d${i}`,
      {
        ...{ classes: ['standard'], kinds: '*' as const, limits: {}, clearanceCeiling },
        ...{ models: '*' as const, agentsMost: 9, quietHours: { from: 0, to: 0, classes: [] } },
      },
    ]),
  );

/** Right sides of two departments' rows: their ceilings, less one. */
const CEILINGS = `${SUM}CEILING contains said if {
	some id, department in data.organisation.departments
	said := {"id": id, "over": {"departments": [id]}, "terms": [{"coef": 1, "per": "unit"}], "rhs": department.clearanceCeiling - 1}
}
`;

async function readFrom(text: string, organisation: PolicyData = data()) {
  const service = await inProcessPolicy({ bundle: await built(text), data: organisation });
  return service.constraints;
}

async function faultsOf(text: string, organisation?: PolicyData): Promise<string> {
  const refused = await readFrom(text, organisation).catch((error: unknown) => error);
  if (!(refused instanceof PolicyRefused)) throw new Error(`not refused so: ${refused}`);
  expect(refused.code).toBe('CONSTRAINTS_INVALID');
  return refused.message;
}

describe('what a bundle says', () => {
  it('is one list, sorted, in one form, with the METADATA of its rules', async () => {
    const { list, problems } = await readFrom(
      `${SUM}TOGETHER contains {"over": {"pools": ["b", "a", "b"], "labels": {"zone": ["y", "x"], "model": "m"}}, ${SAID}}

${CONSTRAINT('kind: weight', 'dryrun')}ALONE contains {"coef": -7, "over": {"classifications": [3, 1]}}

${CONSTRAINT('kind: sum\nop: "=="\nprice: 9', 'warn')}EXACT contains {"id": "one", "terms": [{"over": {"kinds": ["gpu"]}, "coef": 2, "per": "grant"}], "rhs": 0}
`,
    );
    const from = { policy: 'sample', title: 'Together so many', remedy: 'Wait.' };
    expect(problems).toEqual([]);
    expect(list).toEqual([
      {
        ...from,
        id: 'ALONE',
        code: 'ALONE',
        mode: 'dryrun',
        kind: 'weight',
        over: { classifications: [1, 3] },
        coef: -7,
      },
      {
        ...from,
        id: 'EXACT.one',
        code: 'EXACT',
        mode: 'warn',
        kind: 'sum',
        terms: [{ over: { kinds: ['gpu'] }, coef: 2, per: 'grant' }],
        op: '==',
        rhs: 0,
        price: 9,
      },
      {
        ...from,
        id: 'TOGETHER',
        code: 'TOGETHER',
        mode: 'enforce',
        kind: 'sum',
        terms: [
          { over: { pools: ['a', 'b'], labels: { model: ['m'], zone: ['x', 'y'] } }, coef: 1, per: 'unit' },
        ],
        op: '<=',
        rhs: 8,
        price: null,
      },
    ]);
    expect(Object.keys((list[2] as unknown as { terms: { over: object }[] }).terms[0]!.over)).toEqual([
      'pools',
      'labels',
    ]);
  });

  it('follows the organisation, and only when that changes', async () => {
    const bundle = await built(CEILINGS);
    const service = await inProcessPolicy({ bundle, data: data({ departments: departmentsOf(2, 3) }) });
    const rhs = () => service.constraints.list.map((one) => [one.id, one.kind === 'sum' ? one.rhs : null]);
    expect(rhs()).toEqual([
      ['CEILING.d0', 1],
      ['CEILING.d1', 2],
    ]);
    const before = service.constraints;
    await service.evaluate({ tick: 't', rows: [vectors.row] });
    expect(service.constraints).toBe(before);
    await service.activate({ data: data({ revision: 'next', departments: departmentsOf(4) }) });
    expect(rhs()).toEqual([['CEILING.d0', 3]]);
  });

  it('names what the organisation does not have', async () => {
    const { list, problems } = await readFrom(
      `${SUM}A contains {"over": {"departments": ["nobody"], "classes": ["batch", "never"], "agents": ["x"]}, ${SAID}}\n`,
    );
    expect(list).toHaveLength(1);
    expect(problems).toEqual([
      'A: departments has no "nobody"',
      'A: agents has no "x"',
      'A: classes has no "never"',
    ]);
  });

  it('may come out empty', async () => {
    const none = `${SUM}A contains said if {\n\tsome rhs in [n | some n in []]\n\tsaid := {"terms": [{"coef": 1, "per": "unit"}], "rhs": rhs}\n}\n`;
    expect(await readFrom(none)).toEqual({ list: [], problems: [] });
  });

  it('is nothing where a bundle has none', async () => {
    expect(await readFrom('')).toEqual({ list: [], problems: [] });
  });
});

describe('what is computed and unfit', () => {
  const clause = (body: string) => {
    const zero = body.includes('zero') ? '\tzero := count(data.organisation.departments) - 99\n' : '';
    return `${SUM}A contains said if {\n${zero}\tsaid := ${body}\n}\n`;
  };
  const organisation = data({ departments: departmentsOf(1) });

  it.each([
    [
      'a negative right side',
      '{"terms": [{"coef": 1, "per": "unit"}], "rhs": zero}',
      'rhs must be a whole number',
    ],
    [
      'a negative coefficient',
      '{"terms": [{"coef": zero, "per": "unit"}], "rhs": 1}',
      'terms[0].coef must be a whole',
    ],
    [
      'a fraction',
      '{"terms": [{"coef": zero / 3, "per": "unit"}], "rhs": 1}',
      'terms[0].coef must be a whole',
    ],
    [
      'a number beyond 2^53',
      '{"terms": [{"coef": 1, "per": "unit"}], "rhs": 9007199254740993 - zero}',
      'rhs must be a whole',
    ],
    [
      'a number beyond all',
      '{"terms": [{"coef": 1, "per": "unit"}], "rhs": to_number(concat("", ["1e40", "0"]))}',
      'rhs must be a whole',
    ],
    ['text', '{"terms": [{"coef": 1, "per": "unit"}], "rhs": concat("", ["8"])}', 'rhs must be a whole'],
    ['no term', '{"terms": [t | some t in []], "rhs": 1}', 'terms must be a list of 1 to 16'],
    [
      'a term too many',
      '{"terms": [{"coef": 1, "per": "unit"} | some i in numbers.range(1, 17)], "rhs": 1}',
      'terms must be a list of 1 to 16',
    ],
    [
      'a selector of nothing',
      `{"over": {"departments": [d | some d in []]}, ${SAID}}`,
      'over.departments must be a list of 1',
    ],
    [
      'a part that is stated twice',
      '{"over": {"kinds": ["gpu"]}, "terms": [{"over": {"kinds": ["cpu"]}, "coef": 1, "per": "unit"}], "rhs": 1}',
      'terms[0].over.kinds must be stated once',
    ],
    [
      'an unknown part',
      `{"over": object.union({}, {"pool": ["a"]}), ${SAID}}`,
      'over.pool must be one of departments',
    ],
    [
      'a level that there is not',
      `{"over": {"classifications": [4]}, ${SAID}}`,
      'over.classifications must be a list of levels',
    ],
    [
      'labels that are none',
      `{"over": {"labels": {"model": 3}}, ${SAID}}`,
      'over.labels.model must be a list',
    ],
    ['an id that is none', `{"id": concat(" ", ["a", "b"]), ${SAID}}`, 'id must be a name'],
    ['no object', 'concat("", ["a"])', 'must be an object'],
  ])('%s is refused by its place', async (_what, body, want) => {
    const faults = await faultsOf(clause(body), organisation);
    expect(faults).toContain(want);
    expect(faults).toMatch(/sample\/sample\.rego:\d+: A/);
  });

  it('two of one id are refused, and more than there may be', async () => {
    const many = (n: number) =>
      `${SUM}A contains said if {\n\tsome i in numbers.range(1, ${n})\n\tsaid := {"id": concat("", ["x", json.marshal(i)]), ${SAID}}\n}\n`;
    expect((await readFrom(many(64))).list).toHaveLength(64);
    expect(await faultsOf(many(65))).toContain('65 of kind sum; at most 64');
    const twice = `${SUM}A contains said if {\n\tsome rhs in [1, 2]\n\tsaid := {"terms": [{"coef": 1, "per": "unit"}], "rhs": rhs}\n}\n`;
    expect(await faultsOf(twice)).toContain('A: stands twice');
  });

  it('a code and an id that are too long a name together are refused here, and not by the tick', async () => {
    const code = `A${'B'.repeat(99)}`;
    const named = (id: string) => `${SUM}${code} contains {"id": "${id}", ${SAID}}\n`;
    expect((await readFrom(named('x'.repeat(26)))).list).toHaveLength(1);
    expect(await faultsOf(named('x'.repeat(27)))).toContain('at most 127 characters');
  });

  it('all faults are told at once', async () => {
    const faults = await faultsOf(
      clause(
        '{"id": 7, "over": {"classifications": [9]}, "terms": [{"coef": zero, "per": "unit"}], "rhs": zero}',
      ),
      organisation,
    );
    for (const part of ['id must', 'classifications must', 'coef must', 'rhs must'])
      expect(faults).toContain(part);
  });
});

describe.each([
  ['in process', inProcessPolicy],
  ['in a worker thread', workerPolicy],
] as const)('constraints %s', (_name, open) => {
  const good = data({ departments: departmentsOf(2) });
  const bad = data({ revision: 'bad', departments: departmentsOf(0) });
  let bundle: PolicyBundle;
  beforeAll(async () => {
    bundle = await built(CEILINGS);
  });

  it('that new data make faulty stand as they stood, and say so; the data are in force', async () => {
    const service = await open({ bundle, data: good });
    try {
      const before = service.constraints.list;
      expect(before).toHaveLength(1);
      await service.activate({ data: bad });
      expect(service.dataRevision).toBe('bad');
      expect(service.constraints.list).toEqual(before);
      expect(service.constraints.problems.join()).toContain('rhs must be a whole number');
      await service.activate({ data: good });
      expect(service.constraints).toEqual({ list: before, problems: [] });
    } finally {
      await service.close();
    }
  });

  it('that are faulty from the first, or of another bundle, are refused and change nothing', async () => {
    await expect(open({ bundle, data: bad })).rejects.toMatchObject({ code: 'CONSTRAINTS_INVALID' });
    const plain = await built('');
    const service = await open({ bundle: plain, data: bad });
    try {
      await expect(service.activate({ bundle })).rejects.toMatchObject({ code: 'CONSTRAINTS_INVALID' });
      expect([service.revision, service.constraints.list]).toEqual([plain.manifest.revision, []]);
    } finally {
      await service.close();
    }
  });
});

it('an evaluation that runs out of memory is refused, and the limits before it stand', async () => {
  const text = `${SUM}A contains said if {
	levels := [department.clearanceCeiling | some department in data.organisation.departments]
	pairs := [1 | some a in numbers.range(1, levels[0]); some b in numbers.range(1, levels[0])]
	said := {"terms": [{"coef": 1, "per": "unit"}], "rhs": count(pairs)}
}
`;
  const service = await inProcessPolicy({
    bundle: await built(text),
    data: data({ departments: departmentsOf(3) }),
  });
  const before = service.constraints.list;
  await service.activate({ data: data({ revision: 'wide', departments: departmentsOf(4000) }) });
  expect(service.constraints.list).toEqual(before);
  expect(service.constraints.problems).toHaveLength(1);
});

describe('a manifest that did not come from the compiler', () => {
  it.each<[string, object]>([
    ['a hard sum of at least', { op: '>=' }],
    ['a hard sum of exactly', { op: '==' }],
    ['no price but 0', { op: '>=', price: 0 }],
    ['a price of a fraction', { price: 1.5 }],
    ['a price beyond a request', { price: 1001 }],
    ['another op', { op: '<' }],
    ['another kind', { kind: 'product' }],
    ['another mode', { mode: 'maybe' }],
    ['no remedy', { remedy: '' }],
    ['a code that is a rule’s', { code: 'SAMPLE' }],
    ['a price of a weight', { kind: 'weight', op: undefined, price: 3 }],
  ])('with %s is refused', async (_what, change) => {
    const bundle = await built(`${SUM}A contains {${SAID}}\n`);
    const { constraints = [] } = bundle.manifest;
    const forged = { ...bundle.manifest, constraints: [{ ...constraints[0], ...change }] };
    await expect(verifyBundle({ wasm: bundle.wasm, manifest: forged })).rejects.toMatchObject({
      code: 'BUNDLE_MALFORMED',
    });
    await expect(verifyBundle(bundle)).resolves.toBeDefined();
  });
});
