// Views: rows that are alike in what a rule reads are asked once, and the answer is that of whole rows all the same.
import { beforeAll, describe, expect, it } from 'vitest';
import { verdictsOf } from '../../policies/batch.ts';
import { answerChunk } from '../../policies/engine.ts';
import { evaluateBatch, type PolicyInstance, type PolicyRow, parseManifest } from '../../policies/index.ts';
import { encodeRows, faultOf } from '../../policies/rows.ts';
import { ViewMemo } from '../../policies/viewMemo.ts';
import { encodeViews, readClean, viewsOf } from '../../policies/views.ts';
import { generatedRows } from './differential.ts';
import { anything, aRow, defaultInstance, rowsOf } from './support.ts';

let policy: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
});

const wholeRows = (rows: readonly PolicyRow[]) => {
  const answer = answerChunk(policy, { tick: 't', n: rows.length, input: encodeRows('t', rows) });
  if (answer.kind !== 'bits') throw new Error(answer.kind);
  return verdictsOf(policy.manifest, answer.bits);
};

/** What the memo would ask, by view. */
const asks = (memo: ViewMemo, rows: readonly PolicyRow[]) => {
  const inquiry = memo.inquire(rows);
  const views = inquiry.asked.filter(({ rows: some }) => some.length > 0);
  const counts = Object.fromEntries(views.map(({ view, rows: some }) => [view.name, some.length]));
  return { inquiry, counts };
};

const answered = (memo: ViewMemo, rows: readonly PolicyRow[]) => {
  const { inquiry, counts } = asks(memo, rows);
  const input = encodeViews('t', inquiry.asked);
  const answer = answerChunk(policy, { tick: 't', n: rows.length, input, views: counts });
  if (answer.kind !== 'clean') throw new Error(answer.kind);
  memo.keep(inquiry, answer.clean);
  return { inquiry, counts };
};

const memoOf = (numberedMax?: number): ViewMemo => new ViewMemo(viewsOf(policy.manifest)!, numberedMax);

describe('a batch put as views', () => {
  it('is judged as whole rows are, whatever the rows', () => {
    const rows = anything<PolicyRow[]>(generatedRows(1_500).filter((row) => faultOf(row) === undefined));
    expect(rows.length).toBeGreaterThan(500);
    const verdicts = rows.flatMap((_, at) => (at % 500 === 0 ? wholeRows(rows.slice(at, at + 500)) : []));
    expect(evaluateBatch(policy, { tick: 't', rows })).toEqual(verdicts);
  });

  it('puts rows that are alike once, each to the rules that read what they differ in', () => {
    const memo = memoOf();
    const first = rowsOf(40, (i) => ({ costMinor: i % 4, purpose: 'training for the forecast' }));
    expect(answered(memo, first).counts).toMatchObject({
      'class,costMinor': 4,
      department: 1,
      'class,durationSeconds': 1,
    });
    const dearer = rowsOf(40, (i) => ({ costMinor: i % 6, purpose: 'training for the forecast' }));
    expect(answered(memo, dearer).counts).toEqual({ 'class,costMinor': 2 });
    expect(asks(memo, dearer).counts).toEqual({});
    expect(memo.counts).toMatchObject({ hits: 28 + 40, misses: 40 + 12 });
  });

  it('asks again what was asked and never answered', () => {
    const memo = memoOf();
    const { counts } = asks(memo, [aRow()]);
    expect(asks(memo, [aRow()]).counts).toEqual(counts);
  });

  it('forgets what holds most when it holds too much, and knows of every row what it was asked', () => {
    const memo = memoOf(200);
    for (let round = 0; round < 20; round += 1) {
      memo.prune();
      const rows = rowsOf(30, (i) => ({ durationSeconds: round * 1_000 + i }));
      const { inquiry } = answered(memo, rows);
      const wanted = wholeRows(rows).map((verdict) => (verdict.outcome === 'allow' ? [] : verdict.codes));
      expect(rows.map((_, i) => memo.codesOf(inquiry, i).filter((code) => code !== 'PURPOSE_VAGUE'))).toEqual(
        wanted,
      );
      expect(memo.counts.entries).toBeLessThan(200);
    }
    memo.prune();
    expect(asks(memo, [aRow({ durationSeconds: 30_000 })]).counts).toEqual({ 'class,durationSeconds': 1 });
  });

  it('forgets all where ever other codes hit together', () => {
    const codes = Array.from({ length: 14 }, (_, bit) => `CODE_${bit}`);
    const many = new ViewMemo([{ name: 'durationSeconds', fields: ['durationSeconds'], codes }]);
    const rows = rowsOf(2 ** 14, (i) => ({ durationSeconds: i }));
    const inquiry = many.inquire(rows);
    const clean = codes.map((code, bit): [string, Uint8Array] => {
      const bits = new Uint8Array(rows.length / 8);
      for (const row of rows.keys()) if ((row >> bit) & 1) bits[row >> 3]! |= 1 << (row & 7);
      return [code, bits];
    });
    many.keep(inquiry, new Map(clean));
    expect(many.codesOf(inquiry, 2 ** 14 - 2)).toEqual(['CODE_0']);
    expect(many.counts.entries).toBe(2 ** 14);
    many.prune();
    expect(many.counts.entries).toBe(0);
  });

  it('takes an answer that comes after the next question was put', () => {
    const memo = memoOf();
    const [first, second] = [asks(memo, rowsOf(3)), asks(memo, rowsOf(3))];
    expect(second.counts).toEqual(first.counts);
    for (const { inquiry, counts } of [first, second]) {
      const input = encodeViews('t', inquiry.asked);
      const answer = answerChunk(policy, { tick: 't', n: 3, input, views: counts });
      if (answer.kind !== 'clean') throw new Error(answer.kind);
      memo.keep(inquiry, answer.clean);
      expect(memo.codesOf(inquiry, 0)).toEqual([]);
    }
    expect(asks(memo, rowsOf(3)).counts).toEqual({});
  });

  it.each<[string, Partial<PolicyRow>, Partial<PolicyRow>]>([
    ['lists that are one when written together', { roles: ['ab', 'c'] }, { roles: ['a', 'bc'] }],
    ['a list of one text that looks like a longer list', { roles: ['1:a1:b'] }, { roles: ['a', 'b'] }],
    ['an empty list and one of an empty form', { skills: [] }, { skills: ['0:'] }],
    [
      'quantities that are one when written together',
      { quantities: { gpu1: 2 } },
      { quantities: { gpu: 12 } },
    ],
    ['two fields that change places', { roles: ['a'], skills: ['b'] }, { roles: ['b'], skills: ['a'] }],
    ['the hour, which decides with class and department', { hour: 3 }, { hour: 4 }],
  ])('tells apart %s', (_name, some, others) => {
    const memo = memoOf();
    answered(memo, [aRow(some)]);
    expect(Object.keys(asks(memo, [aRow(others)]).counts)).not.toEqual([]);
  });
});

describe('an answer to views', () => {
  const expected = { tick: 't', data: 'd', views: { department: 2 } };
  const rules = () => policy.manifest.rules.filter(({ code }) => code === 'DEPARTMENT_UNKNOWN');
  const sound = { v: 1, tick: 't', data: 'd', rows: { department: 2 }, clean: { DEPARTMENT_UNKNOWN: [1] } };

  it('proves clean the rows that it names and no others', () => {
    expect(readClean(sound, rules(), expected).get('DEPARTMENT_UNKNOWN')).toEqual(Uint8Array.of(0b10));
  });

  it.each<[string, object]>([
    ['of another tick', { tick: 'u' }],
    ['under other data', { data: 'e' }],
    ['that saw fewer rows', { rows: { department: 1 } }],
    ['that saw no such view', { rows: {} }],
    ['without a rule', { clean: {} }],
    ['with a rule that nobody knows', { clean: { ...sound.clean, NOVELTY: [] } }],
    ['with a row that was not asked', { clean: { DEPARTMENT_UNKNOWN: [2] } }],
    ['with no list', { clean: { DEPARTMENT_UNKNOWN: {} } }],
  ])('%s is none', (_name, change) => {
    expect(() => readClean({ ...sound, ...change }, rules(), expected)).toThrow(/the policy/);
  });
});

it('refuses a manifest with views whose rule does not say what it reads', () => {
  const [rule, ...others] = policy.manifest.rules;
  const manifest = { ...policy.manifest, rules: [{ ...rule, reads: [] }, ...others] };
  expect(() => parseManifest(manifest)).toThrow(/does not say which fields it reads/);
});
