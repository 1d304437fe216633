// Committed ticks give committed digests: whoever changes a decision changes digests.json, on purpose.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { goldenDigests } from '../golden/record.ts';

it('every golden tick file is decided as it was when it was committed', async () => {
  const file = join(import.meta.dirname, '../golden/digests.json');
  const wantDigests: unknown = JSON.parse(await readFile(file, 'utf8'));
  expect(await goldenDigests()).toEqual(wantDigests);
});
