// What the compiler refuses: each with its place and with what to do. The sources are hostile or merely mistaken.
import { afterAll, describe, expect, it } from 'vitest';
import { policyCompiler } from '../../../policies/node.ts';
import { aRequest, HEADER, sample } from './sample.ts';

const compiler = policyCompiler();
afterAll(() => compiler.close());

const RULE_LINE = HEADER.split('\n').length;
const rule = (body: string): string => `${HEADER}SAMPLE(row) := false if ${body}\n`;
const without = (line: string): string =>
  `${HEADER.replace(line, '')}SAMPLE(row) := false if row.purpose != ""\n`;

interface Refused {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  readonly code: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
}

const REFUSED: readonly Refused[] = [
  {
    what: 'text that is no Rego',
    text: rule('row.purpose ! 3'),
    line: RULE_LINE,
    code: 'rego_parse_error',
    says: /illegal !/,
    remedy: /Rego v1/,
  },
  {
    what: 'an older Rego',
    text: `${HEADER}SAMPLE(row) = false { row.purpose }\n`,
    line: RULE_LINE,
    code: 'rego_parse_error',
    says: /if/,
    remedy: /Rego v1/,
  },
  ...[
    'time.now_ns() > row.clearance',
    'rand.intn(row.purpose, 2) == 1',
    'http.send({"url": row.purpose})',
    'sprintf("%v", [row]) == ""',
    'opa.runtime().env == row.purpose',
    'net.lookup_ip_addr(row.purpose) == {}',
  ].map(
    (body): Refused => ({
      what: `the builtin of ${body}`,
      text: rule(body),
      line: RULE_LINE,
      code: 'rego_type_error',
      says: /undefined function/,
      remedy: /no time, randomness, network/,
    }),
  ),
  {
    what: 'a rule that depends on itself',
    text: `${rule('f(row.purpose)')}\nf(x) if f(x)\n`,
    line: RULE_LINE + 2,
    code: 'rego_recursion_error',
    says: /recursive/,
    remedy: /some/,
  },
  {
    what: 'a misspelt field',
    text: rule('row.porpose == "x"'),
    line: RULE_LINE,
    code: 'rego_type_error',
    says: /row\.porpose.*"purpose"/,
    remedy: /docs\/policies/,
  },
  {
    what: 'a misspelt field of the organisation',
    text: rule('data.organisation.departments[row.department].ceiling > 1'),
    line: RULE_LINE,
    code: 'rego_type_error',
    says: /ceiling.*"clearanceCeiling"/,
    remedy: /docs\/policies/,
  },
  {
    what: 'a field of another type',
    text: rule('trim_space(row.clearance) == ""'),
    line: RULE_LINE,
    code: 'rego_type_error',
    says: /trim_space/,
    remedy: /docs\/policies/,
  },
  {
    what: 'the columns of the batch',
    text: rule('input.tick == row.purpose'),
    line: RULE_LINE,
    code: 'annona_input',
    says: /whole batch/,
    remedy: /row\.purpose/,
  },
  {
    what: 'a code of the wrong shape',
    text: `${HEADER}SAMPLE := false\n`,
    line: RULE_LINE,
    code: 'annona_code',
    says: /function of one row/,
    remedy: /SAMPLE\(row\)/,
  },
  {
    what: 'a field that no row has',
    text: `${HEADER.replace('field: purpose', 'field: porpose')}SAMPLE(row) := false if row.purpose != ""\n`,
    line: RULE_LINE,
    code: 'annona_metadata',
    says: /SAMPLE: METADATA custom\.field is "porpose", which no row has/,
    remedy: /class, classification, clearance, costMinor, /,
  },
  ...['title: Rule', 'owner: tests', 'mode: enforce', 'severity: low', 'field: purpose', 'remedy: None.'].map(
    (entry): Refused => ({
      what: `METADATA without ${entry.split(':')[0]}`,
      text: without(`#   ${entry}\n`).replace(`# ${entry}\n`, ''),
      line: 0,
      code: 'annona_metadata',
      says: new RegExp(`${entry.split(':')[0]}`),
      remedy: /#/,
    }),
  ),
  {
    what: 'no code at all',
    text: 'package annona.policies.sample\n',
    line: 1,
    code: 'annona_no_codes',
    says: /allow everything/,
    remedy: /policy init/,
  },
];

describe('the compiler refuses', () => {
  it.each(REFUSED)('$what', async ({ text, line, code, says, remedy }) => {
    const answer = await compiler.compile(aRequest({ command: 'build', sources: sample(text) }));
    expect(answer.bundle).toBeUndefined();
    const found = answer.problems.find((problem) => problem.code === code && says.test(problem.message));
    expect(found, JSON.stringify(answer.problems)).toBeDefined();
    expect(found?.path).toMatch(/\.rego$/);
    expect(found?.column).toBeGreaterThan(0);
    // The rule moves up where a line of METADATA was taken away.
    if (line > 0) expect(found).toMatchObject({ path: 'sample/sample.rego', line });
    else expect(found?.line).toBeGreaterThan(RULE_LINE - 2);
    expect(found?.remedy).toMatch(remedy);
  });

  it('everything at once, sorted by place', async () => {
    const text = `${rule('row.porpose == "x"')}\n# METADATA\n# title: Other\nOTHER(row) := false if row.clas == "x"\n`;
    const { problems } = await compiler.compile(aRequest({ sources: sample(text) }));
    expect(problems.map(({ line, code }) => `${line} ${code}`)).toEqual(
      Array.from({ length: 4 }, () => `${RULE_LINE + 4} annona_metadata`),
    );
    const typed = `${rule('row.porpose == "x"')}\nf(y) if y.porpose\n\ng(y) if time.now_ns() > y\n`;
    const answer = await compiler.compile(aRequest({ sources: sample(typed) }));
    expect(answer.problems.map(({ line }) => line)).toEqual([RULE_LINE + 4]);
  });
});
