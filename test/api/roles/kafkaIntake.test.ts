// Requests by Kafka, on real brokers and a real server, by either client: accepted, repeated, poisoned, of the wrong department; and a server killed in between.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deadRequestsTopic, requestsTopic } from '../../../adapters/kafka/index.ts';
import { repairRequestQueue } from '../../../adapters/kafka/requestQueue.ts';
import { createClient } from '../../../api/client/index.ts';
import type { ServerOptions } from '../../../api/roles/serverOptions.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import type { AgentId, Configuration, DepartmentId } from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { aCellName, readTopics } from '../../support/kafka.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { clusterAbsence, type SharedKafka, shareKafka } from '../../support/sharedKafka.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 60_000);

const body = (number: number, quantity = 1) => ({
  clientRequestId: `c${number}`,
  options: [{ claims: [{ kind: 'gpu', quantity }] }],
  terms: { class: 'standard', durationSeconds: 600, purpose: 'test', summary: `request ${number}` },
});

function anOrganisation(): Configuration {
  const configuration = aConfiguration()
    .department('research')
    .agent('ada')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(1000))
    .build();
  return { ...configuration, cell: aCellName() };
}

async function aServer(
  configuration: Configuration,
  change: Partial<ServerOptions>,
): Promise<{ readonly directory: string; server: LiveServer }> {
  const directory = mkdtempSync(join(tmpdir(), 'annona-intake-'));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const server = await liveServer(directory, configuration, { kafkaIntake: true, ...change });
  closers.push(() => server.stop());
  return { directory, server };
}

async function send(brokers: readonly string[], topic: string, messages: Message[]): Promise<void> {
  repairRequestQueue();
  const kafka = new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, messages });
  } finally {
    await producer.disconnect();
  }
}

/** Three requests of two agents, one of them twice; and all that is poison, in between. */
async function goodAndPoisoned(directory: string): Promise<Message[]> {
  const mint = await tokenMint(directory);
  const [research, sales] = ['research', 'sales'] as [DepartmentId, DepartmentId];
  const tokenOf = async (agent: string, department: DepartmentId) => ({
    authorization: `Bearer ${await mint({ role: 'agent', department, agent: agent as AgentId })}`,
  });
  const [ada, sam] = [await tokenOf('ada', research), await tokenOf('sam', sales)];
  const operator = { authorization: `Bearer ${await mint({ role: 'operator', department: research })}` };
  const record = (value: unknown, headers: Record<string, string>) => ({
    key: 'one',
    value: Buffer.isBuffer(value) ? value : JSON.stringify(value),
    headers,
  });
  return [
    record(body(1), ada),
    record(body(1), ada),
    record(body(1), sam),
    record(Buffer.from('{'), ada),
    record(Buffer.from([0x7b, 0xff]), ada),
    record(body(2), {}),
    record(body(3), operator),
    // Signed by the right key: the agent is of another department.
    record(body(4), await tokenOf('ada', sales)),
    record(body(5, 1001), ada),
    record({ ...body(6), department: 'sales' }, ada),
    record(body(1, 2), ada),
    record(body(7), ada),
  ];
}

/** When the server has made its topics. */
async function whenThere(brokers: readonly string[], topic: string): Promise<void> {
  repairRequestQueue();
  const kafka = new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await expect.poll(() => admin.listTopics(), { timeout: 60_000 }).toContain(topic);
  await admin.disconnect();
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const read: Item[] = [];
  for await (const item of items) read.push(item);
  return read;
}

type Seen = Readonly<Record<'id' | 'clientRequestId' | 'agent', string>>;

async function requestsSeen(server: LiveServer): Promise<Seen[]> {
  const operator = await server.operator();
  const views = await all(operator.requests());
  return views.map((view) => view as unknown as Seen);
}

async function outcomes(server: LiveServer): Promise<Record<string, number>> {
  const text = await (await fetch(new URL('/metrics', server.url))).text();
  const lines = text.matchAll(/^scheduler_intake_records_total\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
}

const absent = clusterAbsence();
describe.skipIf(absent)(absent ?? 'requests by Kafka', () => {
  let kafka: SharedKafka;
  beforeAll(async () => {
    kafka = await shareKafka();
  }, 180_000);
  afterAll(() => kafka.leave());

  it('are taken, once each, and poison lies with its reason among the dead letters', {
    timeout: 120_000,
  }, async () => {
    const { brokers } = kafka;
    const configuration = anOrganisation();
    const { cell } = configuration;
    const topic = requestsTopic(cell);
    const { directory, server } = await aServer(configuration, {
      kafkaBrokers: brokers,
      kafkaTopics: 'create',
      kafkaClient: 'platformatic',
      edge: 'process',
    });
    await whenThere(brokers, topic);
    await send(brokers, topic, await goodAndPoisoned(directory));
    await expect
      .poll(() => outcomes(server), { timeout: 60_000 })
      .toEqual({ accepted: 3, replayed: 1, refused: 8 });

    // What the intake holds is seen once a tick has opened it.
    await expect
      .poll(
        async () =>
          (await requestsSeen(server))
            .map(({ clientRequestId, agent }) => `${agent} ${clientRequestId}`)
            .toSorted(),
        { timeout: 60_000 },
      )
      .toEqual(['ada c1', 'ada c7', 'sam c1']);
    const requests = await requestsSeen(server);
    // The key is known over HTTP too: it is one intake.
    const client = await server.clientOf(configuration.agents[0]!);
    const { id } = requests.find(({ clientRequestId }) => clientRequestId === 'c7')!;
    expect(await client.submit(body(7))).toMatchObject({ id, clientRequestId: 'c7' });

    const dead = await readTopics(brokers, [deadRequestsTopic(cell)]);
    // One that is left out has no key, and may lie on another partition.
    expect(dead.map(({ headers }) => headers.annona_code).toSorted()).toEqual([
      'BODY_INVALID',
      'KEY_REUSED',
      'MALFORMED_JSON',
      'MALFORMED_JSON',
      'NEVER_FITS',
      'ROLE_NOT_ALLOWED',
      'TOKEN_MISSING',
      'UNKNOWN_AGENT',
    ]);
    expect(dead.filter(({ headers }) => 'authorization' in headers)).toEqual([]);
    const never = dead.find(({ headers }) => headers.annona_code === 'NEVER_FITS')!;
    expect(JSON.parse(never.value)).toEqual(body(5, 1001));
    expect(JSON.parse(never.headers.annona_reason!)).toMatchObject({
      code: 'NEVER_FITS',
      status: 422,
      errors: [{ largest: { pool: 'gpu-a', quantity: 1000 } }],
    });
    const mint = await tokenMint(directory);
    const token = await mint({ role: 'auditor', department: configuration.departments[0]!.id });
    const auditor = createClient({ baseUrl: server.url, token });
    const audit = await all(auditor.list('/v1/audit', { object: topic }));
    expect(audit.map(({ act }) => act).toSorted()).toEqual(['never-fits', 'role-refused']);
  });

  it('are neither lost nor taken twice where the server is killed among them', {
    timeout: 120_000,
  }, async () => {
    const { brokers } = kafka;
    const configuration = anOrganisation();
    const topic = requestsTopic(configuration.cell);
    const how = { kafkaBrokers: brokers, kafkaTopics: 'create', kafkaIntake: true } as const;
    const { directory, server } = await aServer(configuration, how);
    const mint = await tokenMint(directory);
    const { id: agent, department } = configuration.agents[0]!;
    const authorization = `Bearer ${await mint({ role: 'agent', department, agent })}`;
    const count = 300;
    await whenThere(brokers, topic);
    const records = Array.from({ length: count }, (_, i) => ({
      key: `key-${i % 7}`,
      value: JSON.stringify(body(i)),
      headers: { authorization },
    }));
    await send(brokers, topic, records);
    await expect
      .poll(async () => (await outcomes(server)).accepted, { timeout: 60_000, interval: 5 })
      .toBeGreaterThan(0);
    await server.kill();
    const again = await liveServer(directory, configuration, how);
    closers.push(() => again.stop());
    // The dead member keeps its partitions until the group has missed it.
    await expect
      .poll(async () => (await requestsSeen(again)).length, { timeout: 60_000, interval: 500 })
      .toBe(count);
    const ids = (await requestsSeen(again)).map(({ clientRequestId }) => clientRequestId);
    expect(new Set(ids).size).toBe(count);
    // Those that were taken before and not yet committed came again, and nothing else did.
    const { accepted, replayed, refused } = await outcomes(again);
    expect(refused).toBe(0);
    expect(accepted! + replayed!).toBeLessThanOrEqual(count);
    expect(await readTopics(brokers, [deadRequestsTopic(configuration.cell)])).toEqual([]);
  });
});

describe('a Kafka that is away', () => {
  it('disturbs nothing: requests over HTTP are granted, and the server stops', {
    timeout: 60_000,
  }, async () => {
    const configuration = anOrganisation();
    const { server } = await aServer(configuration, {
      kafkaBrokers: ['127.0.0.1:1'],
    });
    const client = await server.clientOf(configuration.agents[0]!);
    expect(await client.submit(body(1), { waitSeconds: 20 })).toMatchObject({ state: 'granted' });
    expect((await server.readiness()).status).toBe(200);
    expect(await outcomes(server)).toEqual({ accepted: 0, replayed: 0, refused: 0 });
  });
});
