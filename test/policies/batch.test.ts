// A batch is its rows: the same Verdicts in whatever company, order and number they are asked for.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateBatch, explain, type PolicyInstance, type PolicyRow } from '../../policies/index.ts';
import { allCodes, aRow, defaultInstance, hostileInstance, outcomes, rowsOf } from './support.ts';

let policy: PolicyInstance;
let hostile: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
  hostile = await hostileInstance();
});

// Values around every limit of vectors.json, and some that no data knows.
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1 }),
);
const wellFormed = text.filter((value) => value.isWellFormed());
const amount = fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(7, 8, 9, 99, 100, 101, Number.MAX_SAFE_INTEGER));
const generatedRow: fc.Arbitrary<PolicyRow> = fc.record({
  department: fc.oneof(fc.constantFrom('research', 'finance'), wellFormed),
  agent: fc.oneof(fc.constantFrom('agent-r', 'agent-f'), wellFormed),
  roles: fc.array(wellFormed, { maxLength: 3 }),
  skills: fc.array(wellFormed, { maxLength: 3 }),
  clearance: amount,
  class: fc.oneof(fc.constantFrom('batch', 'urgent', 'closed'), wellFormed),
  classification: amount,
  purpose: fc.oneof(fc.constantFrom('', ' ', 'x'.repeat(11), 'x'.repeat(12)), wellFormed),
  durationSeconds: fc.oneof(fc.constantFrom(3_599, 3_600, 3_601, 86_399, 86_400, 86_401), amount),
  preemptible: fc.boolean(),
  quantities: fc.dictionary(fc.oneof(fc.constantFrom('gpu', 'cpu', 'memory', '*'), wellFormed), amount, {
    minKeys: 1,
    maxKeys: 4,
  }),
  models: fc.array(fc.oneof(fc.constantFrom('A100', 'L40S', '*'), wellFormed), { maxLength: 3 }),
  datasets: fc.array(fc.oneof(fc.constantFrom('personnel', 'attic', '*'), wellFormed), { maxLength: 3 }),
  costMinor: fc.oneof(fc.constantFrom(9_999, 10_000, 10_001, 49_999, 50_000, 50_001), amount),
  hour: fc.nat({ max: 23 }),
  weekday: fc.nat({ max: 6 }),
});

describe('a batch', () => {
  it('gives each row the Verdict that it gets alone, and the codes that an explanation finds', () => {
    fc.assert(
      fc.property(fc.array(generatedRow, { minLength: 1, maxLength: 12 }), (rows) => {
        const together = evaluateBatch(policy, { tick: 'tick_1', rows });
        for (const [index, row] of rows.entries()) {
          expect(evaluateBatch(policy, { tick: 'tick_2', rows: [row] })).toEqual([together[index]]);
          const { verdict, findings } = explain(policy, row);
          expect(verdict).toEqual(together[index]);
          const duties = verdict.outcome === 'allow' ? verdict.obligations.map((duty) => duty.code) : [];
          expect(findings.map((finding) => finding.code)).toEqual([...allCodes(verdict), ...duties].sort());
        }
      }),
      { numRuns: 150 },
    );
  });

  it('of no rows has no Verdicts', () => {
    expect(evaluateBatch(policy, { tick: 'tick_1', rows: [] })).toEqual([]);
  });

  it('of 2,000 rows, which is two chunks, keeps every Verdict with its row', () => {
    const rows = rowsOf(2_000, (index) => ({
      quantities: { gpu: 1 + (index % 11) },
      classification: index % 5,
      clearance: 4,
    }));
    const want = rows.map((row) => evaluateBatch(policy, { tick: 'one', rows: [row] })[0]);
    expect(evaluateBatch(policy, { tick: 'tick_1', rows })).toEqual(want);
    expect(new Set(outcomes(want.flatMap((verdict) => verdict ?? []))).size).toBe(4);
  });

  it('lists codes, warnings and findings in code-unit order', () => {
    const row = aRow({
      department: 'nobody',
      clearance: 1,
      classification: 2,
      purpose: '',
      durationSeconds: 90_000,
    });
    const { verdict, findings } = explain(policy, row);
    const wantCodes = [
      'AGENT_BEYOND_CAP',
      'AGENT_UNKNOWN',
      'CLASS_NOT_ENTITLED',
      'CLEARANCE_TOO_LOW',
      'DEPARTMENT_CLEARANCE_TOO_LOW',
      'DEPARTMENT_UNKNOWN',
      'DURATION_TOO_LONG',
      'KIND_NOT_ALLOWED',
      'MODEL_NOT_ENTITLED',
      'PURPOSE_REQUIRED',
      'QUANTITY_TOO_LARGE',
      'QUIET_HOURS',
    ];
    expect(verdict).toEqual({ outcome: 'deny', codes: wantCodes, warnings: ['PURPOSE_VAGUE'], dryrun: [] });
    expect(findings.map((finding) => finding.code)).toEqual([...wantCodes, 'PURPOSE_VAGUE'].sort());
  });
});

describe('a row that makes the engine throw', () => {
  it.each([0, 499, 999, 1_000, 1_999])('at place %i of 2,000 is denied alone', (bad) => {
    const rows = rowsOf(2_000, (index) => ({ purpose: index === bad ? 'throw' : 'plain sailing' }));
    const verdicts = outcomes(evaluateBatch(hostile, { tick: 'tick_1', rows }));
    expect(verdicts[bad]).toBe('POLICY_ERROR');
    expect(verdicts.filter((outcome) => outcome === 'allow')).toHaveLength(1_999);
  });

  it('is found among several of its sort', () => {
    const bad = [3, 4, 700, 1_234];
    const rows = rowsOf(1_500, (index) => ({ purpose: bad.includes(index) ? 'throw' : 'plain sailing' }));
    const verdicts = outcomes(evaluateBatch(hostile, { tick: 'tick_1', rows }));
    expect(verdicts.flatMap((outcome, index) => (outcome === 'allow' ? [] : [index]))).toEqual(bad);
  });

  it('in hundreds denies what is left after a bounded number of throws, and allows none of them', () => {
    const rows = rowsOf(2_000, (index) => ({ purpose: index % 2 === 0 ? 'throw' : 'plain sailing' }));
    const made = instancesMadeBy(() => {
      const verdicts = outcomes(evaluateBatch(hostile, { tick: 'tick_1', rows }));
      expect(new Set(verdicts)).toEqual(new Set(['allow', 'POLICY_ERROR']));
      expect(verdicts.filter((outcome, index) => index % 2 === 0 && outcome === 'allow')).toEqual([]);
      expect(verdicts[1]).toBe('allow');
      expect(verdicts[1_999]).toBe('POLICY_ERROR');
    });
    expect(made).toBeLessThan(150);
  });

  it('costs its instance: the next evaluation gets a fresh one, and the one after keeps that', () => {
    const ask = (purpose: string) => () =>
      void evaluateBatch(hostile, { tick: 't', rows: [aRow({ purpose })] });
    ask('fine')();
    expect(instancesMadeBy(ask('throw'))).toBe(0);
    expect(instancesMadeBy(ask('fine'))).toBe(1);
    expect(instancesMadeBy(ask('fine'))).toBe(0);
  });

  it('for want of memory is denied alone, and the next batch is answered by a fresh instance', async () => {
    const small = await hostileInstance(256);
    const rows = rowsOf(40, (index) => ({ purpose: index === 7 ? 'hog' : 'plain sailing' }));
    const verdicts = outcomes(evaluateBatch(small, { tick: 'tick_1', rows }));
    expect(verdicts.flatMap((outcome, index) => (outcome === 'allow' ? [] : [[index, outcome]]))).toEqual([
      [7, 'POLICY_ERROR'],
    ]);
    expect(outcomes(evaluateBatch(small, { tick: 'tick_2', rows: [aRow({ purpose: 'plain' })] }))).toEqual([
      'PLAIN',
    ]);
  });
});

/** How many WebAssembly instances were made meanwhile. */
function instancesMadeBy(act: () => void): number {
  const api = (globalThis as unknown as { WebAssembly: { Instance: new (...args: never[]) => object } })
    .WebAssembly;
  const real = api.Instance;
  let made = 0;
  api.Instance = class extends real {
    constructor(...args: never[]) {
      super(...args);
      made += 1;
    }
  };
  try {
    act();
  } finally {
    api.Instance = real;
  }
  return made;
}
