// Two processes of `annona serve`, both for both cells of an organisation, killed in turn: whoever is left leads both, and what was granted stays.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, ProblemError } from '../../../api/client/index.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const ROUNDS = 6;
const LAUNCHER = join(import.meta.dirname, '../../../api/cli/annona.js');
const TREE = `organisation: two
cells:
  - { id: north, departments: [research], pools: [gpu-a] }
  - { id: south, departments: [sales], pools: [gpu-b] }
classes:
  - { name: standard, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 3600 }
leaseTerms: { startLimitSeconds: 600, heartbeatTimeoutSeconds: 600, graceSeconds: 0 }
departments:
  - { id: research, title: Research, clearanceCeiling: restricted, classes: [standard], agents: [{ name: ada, clearance: internal, accounts: [] }] }
  - { id: sales, title: Sales, clearanceCeiling: restricted, classes: [standard], agents: [{ name: bob, clearance: internal, accounts: [] }] }
pools:
  - { id: gpu-a, kind: gpu, unit: GPU, capacity: ${ROUNDS + 1} }
  - { id: gpu-b, kind: gpu, unit: GPU, capacity: ${ROUNDS + 1} }
`;

let directory: string;
let database: TestDatabase;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-cells-'));
  writeFileSync(join(directory, 'organisation.yaml'), TREE);
  database = await testDatabase();
});
afterAll(async () => {
  for (const child of [...children]) await kill(child);
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
}

async function serve(): Promise<Served> {
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--organisation', directory], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      ANNONA_PORT: '0',
      ANNONA_DIRECTORY: join(directory, 'data'),
      ANNONA_SIDE_JOBS: 'off',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  let said = '';
  for await (const chunk of child.stderr!) {
    said += String(chunk);
    const url = /cells north, south, at (\S+)/.exec(said)?.[1];
    if (url !== undefined) {
      child.stderr!.resume();
      return { child, url };
    }
  }
  throw new Error(`it did not start: ${said}`);
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Granted through this process, whoever leads the cell; asked again while nobody does. */
async function granted({ url }: Served, agent: 'ada' | 'bob', clientRequestId: string): Promise<string> {
  const department = agent === 'ada' ? 'research' : 'sales';
  const token = await (await tokenMint(join(directory, 'data')))({ role: 'agent', department, agent });
  const client = createClient({ baseUrl: url, token });
  const body = {
    clientRequestId,
    options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
    terms: { class: 'standard', durationSeconds: 3600 },
  };
  for (;;) {
    try {
      const { state, lease } = await client.submit(body, { waitSeconds: 5 });
      if (state === 'granted' && typeof lease === 'string') return lease;
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status >= 500)) throw error;
    }
    await sleep(100);
  }
}

it(`a killed process’s cells move to the other, ${ROUNDS} times, and no lease is lost or given twice`, async () => {
  let [living, spare] = [await serve(), await serve()];
  const leases: string[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    leases.push(
      ...(await Promise.all([
        granted(living, 'ada', `ada-${round}`),
        granted(living, 'bob', `bob-${round}`),
      ])),
    );
    if (round === ROUNDS) break;
    await kill(living.child);
    [living, spare] = [spare, await serve()];
  }
  // Both cells number their leases for themselves, so that equal ids of two cells are two leases.
  const [north, south] = [0, 1].map((cell) => leases.filter((_, index) => index % 2 === cell));
  expect([new Set(north).size, new Set(south).size]).toEqual([ROUNDS + 1, ROUNDS + 1]);
}, 600_000);
