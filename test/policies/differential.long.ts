// OPA's interpreter against the WebAssembly on 3,000 generated rows, sound and malformed: no answer differs.
import { afterAll, expect, it } from 'vitest';
import { policyCompiler } from '../../policies/node.ts';
import { type Asked, asked, generatedRows, hasLoneSurrogate, interpreted } from './differential.ts';
import { defaultInstance } from './support.ts';

const ROWS = 3_000;
const AT_ONCE = 250;

const compiler = policyCompiler({ deadlineMs: 600_000 });
afterAll(() => compiler.close());

it('3,000 generated rows are answered alike', async () => {
  const policy = await defaultInstance();
  const cases: Asked[] = [];
  for (const [index, row] of generatedRows(ROWS).entries())
    if (!hasLoneSurrogate(row)) cases.push(asked(policy, row, index));
  expect(cases.length).toBeGreaterThan(ROWS * 0.9);
  let differing = 0;
  for (let at = 0; at < cases.length; at += AT_ONCE)
    differing += (await interpreted(compiler, cases.slice(at, at + AT_ONCE))).length;
  console.log(`${cases.length} of ${ROWS} rows compared, ${differing} batches of ${AT_ONCE} differ`);
  expect(differing).toBe(0);
});
