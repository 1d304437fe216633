// Weeks come into force by themselves: from the files as they were read, with the edits over them, and never over files of others.

import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../adapters/memory/store.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import { parseOrganisation } from '../../../api/organisation/index.ts';
import { establish } from '../../../api/roles/establishConfiguration.ts';
import { startRenewal } from '../../../api/roles/renewal.ts';
import {
  applyEdit,
  type Configuration,
  type PoolId,
  type PoolPart,
  poolPart,
} from '../../../scheduler/index.ts';

const MONDAY = Date.UTC(2026, 10, 23);
const WEEK = 7 * 86_400_000;
const TEXTS = [
  {
    file: 'organisation.yaml',
    text: `
organisation: workshop
cell: main
classes: [{ name: normal, rank: 0, targetWaitSeconds: 300, maxDurationSeconds: 86400 }]
leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 30, graceSeconds: 5 }
departments: [{ id: law, title: Law, clearanceCeiling: internal, classes: [normal] }]
pools:
  - { id: gpu-a, kind: gpu, unit: GPU, capacity: 4 }
  - id: lawyer
    kind: review
    unit: slot
    calendar: { weekly: [{ days: [tue], from: "09:00", to: "12:00", slots: 6, weeks: 2 }] }
`,
  },
];

function expandedAt(now: number): Configuration {
  const loaded = parseOrganisation(TEXTS, { now, digest: sha256 });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.configuration;
}

const windowsOf = ({ pools }: Configuration) =>
  pools.find(({ id }) => id === 'lawyer')?.calendar?.map(({ id }) => id);

async function aRenewal(files = 'files-1') {
  const clock = { now: MONDAY };
  const { configuration: store } = createMemoryStore({ now: () => clock.now });
  const logged: string[] = [];
  const adopted: Configuration[] = [];
  const wakes: (() => void)[] = [];
  const log = (line: string) => void logged.push(line);
  await establish({
    store,
    base: expandedAt(MONDAY),
    files: 'files-1',
    digest: sha256,
    timers: { sleep: async () => {} },
    log,
  });
  const renewal = startRenewal({
    texts: TEXTS,
    cell: 'main',
    files,
    store,
    digest: sha256,
    now: () => clock.now,
    timers: {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) resolve();
          else wakes.push(resolve);
          signal?.addEventListener('abort', () => resolve());
        }),
    },
    adopt: (configuration) => void adopted.push(configuration),
    log,
  });
  /** One check, until it sleeps again. */
  const check = async () => {
    wakes.shift()?.();
    while (wakes.length === 0) await Promise.resolve();
  };
  return { clock, store, logged, adopted, check, renewal };
}

it('brings the windows of a new week into force, and does nothing within a week', async () => {
  const { clock, store, adopted, check, renewal } = await aRenewal();
  clock.now = MONDAY + WEEK - 1;
  await check();
  expect(adopted).toEqual([]);
  clock.now = MONDAY + WEEK;
  await check();
  const current = await store.current('main');
  expect(windowsOf(current)).toEqual(['2026-12-01T09:00Z', '2026-12-08T09:00Z']);
  expect(current).toEqual(expandedAt(clock.now));
  expect(adopted).toEqual([current]);
  await renewal.stop();
});

it('keeps the edits over the new week', async () => {
  const { clock, store, check, renewal } = await aRenewal();
  const from = await store.current('main');
  const pool = { ...(poolPart(from, 'gpu-a') as PoolPart), id: 'gpu-b' as PoolId };
  const edited = applyEdit(from, { type: 'putPool', pool }, sha256);
  if (edited.type !== 'applied') throw new Error('the edit was refused');
  await store.swap({
    from: from.revision,
    to: edited.configuration,
    kept: [{ object: 'pool/gpu-b', department: '', edit: { type: 'putPool', pool }, subject: 'operator' }],
    dropped: [],
    base: null,
    act: null,
  });
  clock.now = MONDAY + WEEK;
  await check();
  const current = await store.current('main');
  expect(current.pools.map(({ id }) => id)).toEqual(['gpu-a', 'gpu-b', 'lawyer']);
  expect(windowsOf(current)?.[0]).toBe('2026-12-01T09:00Z');
  await renewal.stop();
});

it('leaves other files that were loaded since in force, and says so', async () => {
  const { clock, store, logged, adopted, check, renewal } = await aRenewal('files-0');
  clock.now = MONDAY + WEEK;
  await check();
  expect(await store.current('main')).toEqual(expandedAt(MONDAY));
  expect([adopted, logged]).toEqual([[], [expect.stringContaining('loaded from other files since')]]);
  await renewal.stop();
});
