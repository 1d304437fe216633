// A hundred thousand calls that nobody meant; see fuzz.test.ts. Prints what was answered, as JSON.

import { expect, it } from 'vitest';
import { fuzz } from './fuzz/run.ts';

const CASES = 100_000;

it('the edge answers a hundred thousand wrong calls as its contract says', async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  console.log(`fuzz: seed ${seed}`);
  const { cases, statuses, codes } = await fuzz({ cases: CASES, seed });
  expect(cases).toBeGreaterThanOrEqual(CASES);
  console.log(
    JSON.stringify({ seed, cases, statuses: Object.fromEntries(statuses), codes: Object.fromEntries(codes) }),
  );
});
