// A batch against its rows one by one, on 3,000 generated rows; and OPA's interpreter against the WebAssembly on the first of them.
// differential.long.ts asks the interpreter about all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateBatch, type PolicyInstance, type PolicyRow } from '../../policies/index.ts';
import { policyCompiler } from '../../policies/node.ts';
import { faultOf } from '../../policies/rows.ts';
import { asked, generatedRows, hasLoneSurrogate, interpreted } from './differential.ts';
import { anything, defaultInstance } from './support.ts';

const ROWS = 3_000;
/** The interpreter counts lines as it goes, at tens of milliseconds a row. */
const INTERPRETED = 100;

const compiler = policyCompiler();
afterAll(() => compiler.close());
let policy: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
});
const rows = generatedRows(ROWS);

describe('3,000 generated rows', () => {
  it('hold sound ones that are allowed and denied, and malformed ones', () => {
    const faults = rows.filter((row) => faultOf(row) !== undefined);
    expect(faults.length).toBeGreaterThan(ROWS / 10);
    const verdicts = evaluateBatch(policy, { tick: 't', rows: anything(rows) });
    const allowed = verdicts.filter(({ outcome }) => outcome === 'allow').length;
    expect(allowed).toBeGreaterThan(ROWS / 20);
    expect(ROWS - faults.length - allowed).toBeGreaterThan(ROWS / 10);
    expect(faults.some(hasLoneSurrogate)).toBe(true);
  });

  it('are judged in a batch as one by one', () => {
    const together = evaluateBatch(policy, { tick: 't', rows: anything(rows) });
    for (const [index, row] of rows.entries())
      expect(evaluateBatch(policy, { tick: 't', rows: [anything<PolicyRow>(row)] })[0]).toEqual(
        together[index],
      );
  });

  it('that are malformed are denied, whatever an engine would say', () => {
    for (const row of rows) {
      if (faultOf(row) === undefined) continue;
      const [verdict] = evaluateBatch(policy, { tick: 't', rows: [anything<PolicyRow>(row)] });
      expect(verdict).toMatchObject({ outcome: 'deny', codes: ['POLICY_INPUT_INVALID'] });
    }
  });
});

describe('the interpreter', () => {
  const first = () =>
    rows
      .slice(0, INTERPRETED)
      .flatMap((row, index) => (hasLoneSurrogate(row) ? [] : [asked(policy, row, index)]));

  it('answers the first of them as the WebAssembly does', async () => {
    expect(await interpreted(compiler, first())).toEqual([]);
  }, 60_000);

  it('would show a single difference', async () => {
    const [one, two] = first();
    const other = { ...two!, want: { ...anything<object>(two!.want), n: 2 } };
    expect(await interpreted(compiler, [one!, other])).toHaveLength(1);
  }, 60_000);
});
