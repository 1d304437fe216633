// Nodes in a tick file: every contradiction is told with its place, and a file without one is decided as it was.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTickFile, type TickFile, toTickFile } from '../../scheduler/tickFile.ts';

type Loose = { [key: string]: Loose } & Loose[];

async function golden(): Promise<TickFile> {
  const file = join(import.meta.dirname, '../golden/bundles-on-nodes.tick.json');
  return JSON.parse(await readFile(file, 'utf8'));
}

it('comes back as it was written', async () => {
  const parsed = parseTickFile(await golden());
  expect(parsed.ok && JSON.parse(JSON.stringify(toTickFile(parsed.snapshot)))).toEqual(await golden());
});

it.each([
  [
    'a node that is not configured',
    '/nodes/use/hall~1h-09',
    (file: Loose) => (file.nodes!.use!['hall/h-09'] = file.nodes!.use!['hall/h-01']!),
  ],
  ['a size that is none', '/nodes/bundles/big', (file: Loose) => (file.nodes!.bundles!.big = 1 as never)],
  [
    'a capacity that is not the sum',
    '/configuration/pools/0/capacity',
    (file: Loose) => (file.configuration!.pools![0]!.capacity = 5 as never),
  ],
  [
    'sets that differ',
    '/configuration/pools/1/nodes',
    (file: Loose) => (file.configuration!.pools![1]!.nodes!.groups![0]!.gpus = 5 as never),
  ],
  [
    'a kind that nodes have not',
    '/configuration/pools/0/kind',
    (file: Loose) => (file.configuration!.pools![0]!.kind = 'tpu' as never),
  ],
  [
    'nodes that are used up',
    '/configuration/pools/0/nodes',
    (file: Loose) => (file.configuration!.pools![0]!.consumable = true as never),
  ],
  [
    'one GPU and a half',
    '/requests/0/request/options/0/claims/0/quantity',
    (file: Loose) => (file.requests![0]!.request!.options![0]!.claims![0]!.quantity = 1500 as never),
  ],
  [
    'an unknown field of a node',
    '/nodes/use/hall~1h-01/gpus',
    (file: Loose) => (file.nodes!.use!['hall/h-01']!.gpus = 1 as never),
  ],
])('refuses %s', async (_name, wantPointer, spoil) => {
  const file = (await golden()) as unknown as Loose;
  spoil(file);
  const parsed = parseTickFile(file);
  expect(parsed.ok ? [] : parsed.problems.map(({ pointer }) => pointer)).toContain(wantPointer);
});
