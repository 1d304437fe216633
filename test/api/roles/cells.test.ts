// Two cells in one process, and a second process that stands by for both: calls go to the cell of their caller, what is shared is never more
// than the whole, and the cells move to whoever stands by.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseOrganisation } from '../../../api/organisation/index.ts';
import { type RunningCells, startCells } from '../../../api/roles/cells.ts';
import { sha256 } from '../../../api/roles/digest.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER } from '../../../api/roles/serverOptions.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const tree = (licences: { north: number; south: number }) => `organisation: two
cells:
  - id: north
    departments: [research]
    pools: [gpu-a, probes]
    allotments: { pools: { cad: ${licences.north} } }
  - id: south
    departments: [sales]
    pools: [gpu-b]
    allotments: { pools: { cad: ${licences.south} } }
classes:
  - { name: standard, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 3600 }
leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 60, graceSeconds: 0 }
departments:
  - { id: research, title: Research, clearanceCeiling: restricted, classes: [standard], agents: [{ name: ada, clearance: internal, accounts: [] }] }
  - { id: sales, title: Sales, clearanceCeiling: restricted, classes: [standard], agents: [{ name: bob, clearance: internal, accounts: [] }] }
pools:
  - { id: gpu-a, kind: gpu, unit: GPU, capacity: 4 }
  - { id: gpu-b, kind: gpu, unit: GPU, capacity: 2 }
  - { id: probes, kind: probe, unit: probe, capacity: 1 }
  - { id: cad, kind: license, unit: licence, capacity: 10 }
`;

let directory: string;
let database: TestDatabase;
const running = new Set<RunningCells>();
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-cells-'));
  database = await testDatabase();
});
afterAll(async () => {
  for (const one of running) await one.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(licences: { north: number; south: number }): Promise<RunningCells> {
  const texts = [{ file: 'organisation.yaml', text: tree(licences) }];
  const loaded = parseOrganisation(texts, { now: Date.now(), digest: sha256 });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const cells = loaded.cells.map((configuration) => ({ cell: configuration.cell, configuration }));
  const options = {
    ...{ directory, databaseUrl: database.url, organisationTexts: texts, kafkaBrokers: [] },
    ...{ host: '127.0.0.1', port: 0, portBusy: 'fail' as const, engine: 'highs' as const },
    ...{ issuer: DEFAULT_ISSUER, audience: DEFAULT_AUDIENCE, tickIntervalMs: 10, sideJobs: 'off' as const },
  };
  const started = await startCells(options, cells, { log: () => {}, version: '0.0.0' });
  running.add(started);
  return started;
}

async function stop(one: RunningCells): Promise<void> {
  running.delete(one);
  await one.stop();
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly state?: string;
    readonly code?: string;
    readonly detail?: string;
    readonly cell?: string;
    readonly capacity?: number;
    readonly lease?: string;
    readonly epoch?: number;
  };
}

async function call(
  { url }: RunningCells,
  who: 'ada' | 'bob' | 'operator@sales' | null,
  [method, path, body]: readonly [method: string, path: string, body?: object],
): Promise<Answer> {
  const mint = await tokenMint(directory);
  const holder =
    who === 'operator@sales'
      ? ({ role: 'operator', department: 'sales' } as const)
      : ({ role: 'agent', department: who === 'ada' ? 'research' : 'sales', agent: who ?? '' } as const);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(who !== null && { authorization: `Bearer ${await mint(holder)}` }),
      ...(body !== undefined && { 'content-type': 'application/json', prefer: 'wait=20' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

const asking = (clientRequestId: string, kind: string, quantity: number) =>
  [
    'POST',
    '/v1/requests',
    {
      clientRequestId,
      options: [{ claims: [{ kind, quantity }] }],
      terms: { class: 'standard', durationSeconds: 600, purpose: 'test', summary: 'a test' },
    },
  ] as const;

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(25);
}

it('serves two cells behind one address, and lets neither have more of what they share than is left', async () => {
  const first = await start({ north: 6, south: 4 });
  await until(async () => (await call(first, null, ['GET', '/readyz'])).status === 200);

  expect((await call(first, 'ada', ['GET', '/v1/me'])).body.cell).toBe('north');
  expect((await call(first, 'bob', ['GET', '/v1/me'])).body.cell).toBe('south');
  expect((await call(first, 'ada', asking('a1', 'gpu', 4))).body.state).toBe('granted');
  expect((await call(first, 'bob', asking('b1', 'gpu', 2))).body.state).toBe('granted');
  expect((await call(first, 'ada', asking('a2', 'license', 5))).body.state).toBe('granted');

  // What lies in another cell is refused with its name, and a department of another cell is nobody there.
  const spanning = await call(first, 'bob', asking('b2', 'probe', 1));
  expect([spanning.status, spanning.body.code]).toEqual([422, 'OTHER_CELL']);
  expect(spanning.body.detail).toContain('north');
  expect((await call(first, 'bob', ['GET', '/cells/north/v1/me'])).status).toBe(401);
  expect((await call(first, 'bob', ['GET', '/cells/west/v1/me'])).body.code).toBe('ROUTE_NOT_FOUND');
  expect((await call(first, null, ['GET', '/cells/south/metrics'])).status).toBe(200);

  // Ten licences: south has no more than its four while north has not given up any.
  const raised = { kind: 'license', unit: 'licence', capacity: 7 };
  const response = await fetch(`${first.url}/v1/pools/cad`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await (await tokenMint(directory))({ role: 'operator', department: 'sales' })}`,
      'content-type': 'application/json',
      'if-match': '*',
    },
    body: JSON.stringify(raised),
  });
  const { code } = (await response.json()) as { code: string };
  expect([response.status, code]).toEqual([409, 'ALLOTTED_ELSEWHERE']);
}, 60_000);

it('moves the cells to the process that stands by, with what the files allot by now', async () => {
  const [first] = running;
  const second = await start({ north: 5, south: 5 });
  expect((await call(second, 'operator@sales', ['GET', '/v1/pools/cad'])).body.capacity).toBe(5);
  // It stands by, and hands on what the leader alone can answer.
  const [, , body] = asking('a0', 'probe', 1);
  expect((await call(second, 'ada', ['POST', '/v1/requests?dryRun=true', body])).status).toBe(200);
  await stop(first!);
  await until(async () => (await call(second, null, ['GET', '/readyz'])).status === 200);
  const [ada, bob] = await Promise.all([
    call(second, 'ada', asking('a3', 'probe', 1)),
    call(second, 'bob', asking('b3', 'license', 5)),
  ]);
  expect([ada.body.state, bob.body.state]).toEqual(['granted', 'granted']);
  // Epochs are each cell's own: both have had two leaders.
  const epochs = [
    (await call(second, 'ada', ['GET', `/v1/leases/${ada.body.lease}`])).body.epoch,
    (await call(second, 'bob', ['GET', `/v1/leases/${bob.body.lease}`])).body.epoch,
  ];
  expect(epochs).toEqual([2, 2]);
}, 60_000);
