// The check of a tick as the browser makes it: a decided tick holds, a changed one does not, and what is no tick file is told with its places.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { sameValue, verifyFile } from '../../../../api/console/work/verification.ts';
import { ran } from '../../cli/recording.ts';

type Decided = {
  decided: { plan: { assignments: unknown[] }; digests: object; stages: object; fault: null };
};
let file: Decided;

beforeAll(async () => {
  const { out } = await ran('tick', 'examples/ticks/lending.json', '--json');
  file = JSON.parse(out).file;
});

it('holds for what was decided, and for its record', () => {
  const { digests, stages, fault } = file.decided;
  const alone = verifyFile(file, null);
  expect(alone).toMatchObject({ ok: true });
  expect(alone.checks.length).toBeGreaterThan(5);
  const recorded = verifyFile(file, { tick: 7, digest: 'abc', digests, stages, fault });
  expect(recorded.checks[0]).toEqual({
    what: 'record',
    ok: true,
    found: 'is what tick 7 committed, digest abc',
  });
});

it('names the first thing that does not hold', () => {
  const forged = structuredClone(file);
  forged.decided.plan.assignments.pop();
  expect(verifyFile(forged, null).checks.at(-1)).toMatchObject({ what: 'plan', ok: false });
  const other = { ...file.decided, digests: {} };
  expect(verifyFile(file, other).checks).toEqual([
    expect.objectContaining({ what: 'record', ok: false, found: expect.stringContaining('digests') }),
  ]);
});

it('tells what is no tick, and what nobody decided', () => {
  expect(verifyFile({ version: 1, nonsense: true }, null)).toMatchObject({ ok: false });
  const open = JSON.parse(readFileSync('examples/ticks/lending.json', 'utf8'));
  expect(verifyFile(open, null).checks[0]?.found).toContain('not what was decided');
});

it('compares values and not their order', () => {
  expect(sameValue({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
  expect(sameValue({ a: undefined }, {})).toBe(true);
  expect([sameValue([1], { 0: 1 }), sameValue(null, {}), sameValue([1, 2], [2, 1])]).toEqual([
    false,
    false,
    false,
  ]);
});
