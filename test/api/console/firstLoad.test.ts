// What a first visit loads: at most 150 KB, zipped, of the files that were built.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { buildConsole } from '../../../api/cli/buildConsole.ts';

const BUILT = join(import.meta.dirname, '../../../api/console/dist');
const FIRST_LOAD_BYTES = 150 * 1024;

it('loads at most 150 KB at first', async () => {
  await buildConsole();
  const page = readFileSync(join(BUILT, 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\.\/(console\/[^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files.map((file) => file.split('.').at(-1)).sort()).toEqual(['css', 'js']);
  const bytes = ['index.html', ...files].map((file) => gzipSync(readFileSync(join(BUILT, file))).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(FIRST_LOAD_BYTES);
});

it('is not built twice from the same sources', async () => {
  await buildConsole();
  expect(await buildConsole()).toBe(false);
});
