// Files brought into force with the edits over them: nothing that is stored meanwhile is lost, and what no longer applies is named and gone.

import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../adapters/memory/store.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import type { ConfigurationStore } from '../../../api/ports.ts';
import { AllottedElsewhere, establish, renewIfOurs } from '../../../api/roles/establishConfiguration.ts';
import {
  applyEdit,
  type DepartmentId,
  type Edit,
  objectKeyOf,
  type PoolId,
  type PoolPart,
  poolPart,
} from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';

const FILES = aConfiguration().agent('ada').pool(aPool('gpu-a').gpu(4)).build();
const more: Edit = {
  type: 'putPool',
  pool: { ...(poolPart(FILES, 'gpu-a') as PoolPart), id: 'gpu-b' as PoolId },
};
const quota: Edit = {
  type: 'putQuota',
  quota: {
    department: 'research' as DepartmentId,
    kind: 'gpu',
    nominal: 4,
    borrowingLimit: 0,
    lendingLimit: 0,
  },
};

async function store(on: ConfigurationStore, edit: Edit): Promise<void> {
  const from = await on.current(FILES.cell);
  const edited = applyEdit(from, edit, sha256);
  if (edited.type !== 'applied') throw new Error('the edit was refused');
  const kept = [{ object: objectKeyOf(edit), department: '', edit, subject: 'operator' }] as const;
  const swap = { from: from.revision, to: edited.configuration, kept, dropped: [], base: null, act: null };
  if ((await on.swap(swap)) !== 'stored') throw new Error('another came first');
}

function aStart(change: Partial<ConfigurationStore> = {}) {
  const { configuration } = createMemoryStore({ now: () => 0 });
  const logged: string[] = [];
  const bound: ConfigurationStore = {
    currentRevision: (cell) => configuration.currentRevision(cell),
    current: (cell) => configuration.current(cell),
    edits: (cell) => configuration.edits(cell),
    base: (cell) => configuration.base(cell),
    swap: (swap) => configuration.swap(swap),
    ...change,
  };
  const timers = { sleep: async () => {} };
  const what = { store: bound, base: FILES, files: 'files-1', digest: sha256, timers };
  return { configuration, logged, what: { ...what, log: (line: string) => void logged.push(line) } };
}

it('brings the files into force, and the edits over them at the next start', async () => {
  const { configuration, logged, what } = aStart();
  expect(await establish(what)).toEqual(FILES);
  await store(configuration, more);
  const again = await establish(what);
  expect(again.pools.map(({ id }) => id)).toEqual(['gpu-a', 'gpu-b']);
  expect(await configuration.current('main')).toEqual(again);
  expect(logged).toEqual([]);
});

it('loses no edit that is stored between its reading and its swap', async () => {
  const { configuration, what } = aStart();
  await establish(what);
  let interrupted = false;
  const edits: ConfigurationStore['edits'] = async (cell) => {
    const read = await configuration.edits(cell);
    if (!interrupted) await store(configuration, more);
    interrupted = true;
    return read;
  };
  const again = await establish({ ...what, store: { ...what.store, edits } });
  expect(again.pools.map(({ id }) => id)).toEqual(['gpu-a', 'gpu-b']);
});

it('drops an edit that newer files have made impossible, with a line that names it', async () => {
  const { configuration, logged, what } = aStart();
  await establish(what);
  await store(configuration, more);
  await store(configuration, quota);
  const smaller = aConfiguration().agent('ada').pool(aPool('cpu-a').cpu(8), aPool('gpu-a').gpu(1)).build();
  await store(configuration, { type: 'removePool', pool: 'gpu-b' as PoolId });
  const again = await establish({ ...what, base: smaller, files: 'files-2' });
  expect(again.quotas).toEqual([]);
  expect(logged).toEqual([
    expect.stringMatching(/^the edit of quota\/research\/gpu no longer applies and is dropped: /),
  ]);
  expect((await configuration.edits('main')).map(({ object }) => object)).toEqual(['pool/gpu-b']);
});

it('renews only what its own files are in force of', async () => {
  const { configuration, what } = aStart();
  await establish(what);
  expect(await renewIfOurs({ ...what, files: 'files-0' })).toBeNull();
  const next = aConfiguration().agent('ada').pool(aPool('gpu-a').gpu(5)).build();
  expect(await renewIfOurs({ ...what, base: next })).toEqual(next);
  expect(await configuration.current('main')).toEqual(next);
});

/** One of two cells that draw on ten licences, and how many of them are its own. */
function aCell(cell: string, licences: number) {
  const other = cell === 'north' ? 'south' : 'north';
  const base = aConfiguration().agent('ada').pool(aPool('cad').license(licences)).build();
  const neighbours = [{ cell: other, departments: [], kinds: ['license'] }];
  const cells = { neighbours, pools: [{ pool: 'cad' as PoolId, whole: 10 }], accounts: [] };
  return { ...base, cell, revision: `${cell}-${licences}`, cells };
}

it('waits until other cells have given up what the files allot here, and leaves a record of what it gave up itself', async () => {
  const { configuration, logged, what } = aStart();
  await establish({ ...what, base: aCell('north', 6) });
  await establish({ ...what, base: aCell('south', 4) });
  const late = { ...what, base: aCell('south', 7), files: 'files-2' };
  await expect(establish(late)).rejects.toThrow(AllottedElsewhere);
  expect(logged).toHaveLength(1);
  expect((await configuration.current('south')).revision).toBe('south-4');
  const acts: (string | undefined)[] = [];
  const store: ConfigurationStore = {
    ...what.store,
    swap: (swap) => {
      acts.push(swap.act?.command.object);
      return what.store.swap(swap);
    },
  };
  await establish({ ...what, store, base: aCell('north', 3), files: 'files-2' });
  await establish({ ...what, store, base: aCell('north', 3), files: 'files-3' });
  expect(acts).toEqual(['allotments', undefined]);
});
