// The ways in which an engine that allows what it does not deny would fail open. Each must end in a denial.
import { beforeAll, describe, expect, it } from 'vitest';
import { answerChunk } from '../../policies/engine.ts';
import { evaluateBatch, type PolicyInstance, type PolicyRow } from '../../policies/index.ts';
import { encodeRows, faultOf } from '../../policies/rows.ts';
import { anything, aRow, defaultInstance, hostileInstance, outcomes, rowsOf } from './support.ts';

let policy: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
});

const judge = (row: unknown) =>
  outcomes(evaluateBatch(policy, { tick: 't', rows: [anything<PolicyRow>(row)] }))[0];

describe('input bytes', () => {
  const sent = () => encodeRows('t', rowsOf(3));

  it('are answered when they are whole', () => {
    expect(answerChunk(policy, { tick: 't', n: 3, input: sent() })).toMatchObject({ kind: 'bits' });
  });

  it('cut at any place are refused', () => {
    const whole = sent();
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(
        answerChunk(policy, { tick: 't', n: 3, input: whole.slice(0, length) }),
        `at ${length}`,
      ).toMatchObject({
        kind: 'threw',
      });
    }
  });

  it('in a Buffer, which the SDK would take for an object of numbered bytes, are refused', () => {
    const input = anything<ArrayBuffer>(Buffer.from(sent()));
    expect(answerChunk(policy, { tick: 't', n: 3, input })).toEqual({
      kind: 'threw',
      message: expect.stringContaining('ArrayBuffer'),
    });
  });

  it('in a typed array, or as text, are refused', () => {
    for (const input of [new Uint8Array(sent()), new TextDecoder().decode(sent()), undefined, null]) {
      expect(answerChunk(policy, { tick: 't', n: 3, input: anything(input) })).toMatchObject({
        kind: 'threw',
      });
    }
  });

  it('of another tick, or of another number of rows, are refused', () => {
    expect(answerChunk(policy, { tick: 'u', n: 3, input: sent() })).toMatchObject({ kind: 'threw' });
    expect(answerChunk(policy, { tick: 't', n: 2, input: sent() })).toMatchObject({ kind: 'threw' });
    expect(answerChunk(policy, { tick: 't', n: 4, input: sent() })).toMatchObject({ kind: 'threw' });
  });
});

describe('a row', () => {
  const FIELDS = Object.keys(aRow()) as (keyof PolicyRow)[];

  it.each(FIELDS)('without %s is denied', (field) => {
    const { [field]: _, ...rest } = aRow();
    expect(judge(rest)).toBe('POLICY_INPUT_INVALID');
  });

  it.each(FIELDS)('with %s of another type is denied', (field) => {
    const right = typeof aRow()[field];
    const others = [null, undefined, '9', 9, true, {}, { gpu: '1' }, { gpu: null }, [9], Symbol.iterator, 9n];
    for (const value of others.filter((other) => typeof other !== right || right === 'object')) {
      expect(judge({ ...aRow(), [field]: value }), String(value)).toBe('POLICY_INPUT_INVALID');
    }
  });

  it.each([
    ['2^53', { durationSeconds: 2 ** 53 }],
    ['2^53 of a kind', { quantities: { gpu: 2 ** 53 } }],
    ['a cost beyond what a number holds exactly', { costMinor: 2 ** 53 }],
    ['an hour that no day has', { hour: 24 }],
    ['a weekday that no week has', { weekday: 7 }],
    ['models without end', { models: Array.from({ length: 65 }, () => 'A100') }],
    ['a negative quantity', { quantities: { gpu: -1 } }],
    ['a fraction', { quantities: { gpu: 1.5 } }],
    ['not a number', { clearance: Number.NaN }],
    ['infinity', { durationSeconds: Number.POSITIVE_INFINITY }],
    ['no quantities', { quantities: {} }],
    ['a lone surrogate', { purpose: 'x\ud800y' }],
    ['a lone surrogate for a department', { department: '\udfff' }],
    ['a lone surrogate among the skills', { skills: ['fine', '\ud800'] }],
    ['a lone surrogate for a kind', { quantities: { '\ud800': 1 } }],
    ['an empty department', { department: '' }],
    ['a purpose without end', { purpose: 'x'.repeat(2_001) }],
    ['a name without end', { agent: 'x'.repeat(257) }],
    ['a hole among the roles', { roles: new Array<string>(1) }],
    ['roles without end', { roles: Array.from({ length: 65 }, () => 'agent') }],
    [
      'kinds without end',
      { quantities: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`kind-${i}`, 1])) },
    ],
  ])('with %s is denied', (_, changes) => {
    expect(judge(aRow(changes))).toBe('POLICY_INPUT_INVALID');
  });

  it.each([null, undefined, 0, '', 'row', [], () => 1])('that is %s is denied', (row) => {
    expect(judge(row)).toBe('POLICY_INPUT_INVALID');
  });

  it('at the largest sizes is judged, a thousand at once within the default memory', () => {
    const name = 'n'.repeat(256);
    const rows = rowsOf(1_000, () => ({
      purpose: '"'.repeat(2_000),
      skills: [name, name],
      classification: 2,
    }));
    expect(new Set(outcomes(evaluateBatch(policy, { tick: 't', rows })))).toEqual(new Set(['allow']));
  });

  it('with a fault never reaches the engine', () => {
    expect(faultOf(aRow())).toBeUndefined();
    expect(faultOf(aRow({ quantities: {} }))?.field).toBe('quantities');
    expect(faultOf(aRow({ department: '\ud800' }))?.field).toBe('department');
  });

  it('that cannot be encoded costs its neighbours nothing', () => {
    const rows = [
      aRow(),
      aRow({ purpose: '\ud800' }),
      aRow({ quantities: { gpu: 9 } }),
      anything<PolicyRow>({}),
    ];
    const want = ['allow', 'POLICY_INPUT_INVALID', 'QUANTITY_TOO_LARGE', 'POLICY_INPUT_INVALID'];
    expect(outcomes(evaluateBatch(policy, { tick: 't', rows }))).toEqual(want);
  });

  it('for which a rule has no value at all is denied by that rule', async () => {
    const hostile = await hostileInstance();
    const rows = [aRow({ purpose: 'undefined' }), aRow({ purpose: 'defined' })];
    expect(outcomes(evaluateBatch(hostile, { tick: 't', rows }))).toEqual(['UNDEFINED', 'allow']);
  });
});
