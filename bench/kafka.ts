// `npm run -s bench:kafka`: what each Kafka client costs to publish and to consume the product's events, on the brokers of KAFKA_BROKERS.
// Prints one JSON document; decision record 0021 holds a run of it. Rounds alternate between the clients, so that both meet the same machine.
import { randomBytes } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { KAFKA_CLIENTS, type KafkaClientName } from '../adapters/kafka/client.ts';
import { createKafkaClient, createKafkaPublisher, decisionsTopic } from '../adapters/kafka/index.ts';
import type { AgentId, DepartmentId, DomainEvent, EventId, RequestId } from '../scheduler/index.ts';

interface Round {
  readonly publishMs: number;
  readonly singleMs: number;
  readonly consumeMs: number;
  /** Processor time of this process, for publishing and consuming. */
  readonly processorMs: number;
}

const REQUESTS = 500;
const BATCH = 500;
const SINGLES = 100;

const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
});
const [events, rounds] = [Number(values.events), Number(values.rounds)];
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '');
if (brokers.length === 0) throw new Error('KAFKA_BROKERS names no broker; npm run bench:kafka starts some');

const measured = new Map<KafkaClientName, Round[]>(KAFKA_CLIENTS.map((name) => [name, []]));
// One round that does not count: code is compiled, connections and topics are new.
for (const name of KAFKA_CLIENTS) await round(name, 1000);
for (let i = 0; i < rounds; i += 1) {
  for (const name of KAFKA_CLIENTS) measured.get(name)!.push(await round(name, events));
}
const clients = Object.fromEntries(
  [...measured].map(([name, of]) => {
    const median = (pick: (one: Round) => number) => of.map(pick).toSorted((a, b) => a - b)[of.length >> 1]!;
    return [
      name,
      {
        publishedPerSecond: Math.round((events * 1000) / median(({ publishMs }) => publishMs)),
        singleMs: Math.round(median(({ singleMs }) => singleMs) * 100) / 100,
        consumedPerSecond: Math.round((events * 1000) / median(({ consumeMs }) => consumeMs)),
        processorMicrosPerEvent: Math.round((median(({ processorMs }) => processorMs) * 1000) / events),
      },
    ];
  }),
);
const machine = {
  cores: availableParallelism(),
  load: loadavg().map((load) => Math.round(load * 100) / 100),
};
console.log(
  JSON.stringify({ events, rounds, batch: BATCH, brokers: brokers.length, machine, clients }, null, 2),
);

async function round(client: KafkaClientName, count: number): Promise<Round> {
  const cell = `bench-${randomBytes(6).toString('hex')}`;
  const log = () => {};
  const publisher = createKafkaPublisher({
    client,
    brokers,
    cell,
    log,
    topics: { partitions: 3, replicas: 3 },
  });
  await publisher.publish([anEvent(0)]);
  const before = process.cpuUsage();
  const publishMs = await timed(async () => {
    for (let from = 1; from <= count; from += BATCH) {
      const length = Math.min(BATCH, count - from + 1);
      await publisher.publish(Array.from({ length }, (_, i) => anEvent(from + i)));
    }
  });
  const consumeMs = await consume(client, decisionsTopic(cell, 'research'), count + 1);
  const { user, system } = process.cpuUsage(before);
  const singleMs = await timed(async () => {
    for (let i = 1; i <= SINGLES; i += 1) await publisher.publish([anEvent(count + i)]);
  });
  await publisher.close();
  return { publishMs, singleMs: singleMs / SINGLES, consumeMs, processorMs: (user + system) / 1000 };
}

/** From the first record to the last: joining a group is the broker's time. */
async function consume(name: KafkaClientName, topic: string, count: number): Promise<number> {
  const source = createKafkaClient(name, { brokers, log: () => {} }).source({
    group: topic,
    topics: [topic],
  });
  let taken = 0;
  let first = 0;
  const all = Promise.withResolvers<number>();
  const running = source.run(async () => {
    taken += 1;
    if (taken === 1) first = performance.now();
    if (taken === count) all.resolve(performance.now() - first);
  });
  const ms = await all.promise;
  await source.stop();
  await running;
  return ms;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** As large as a grant of two claims: about 900 bytes with its headers. */
function anEvent(sequence: number): DomainEvent {
  const allocation = { claim: 0, pool: 'v100-waw1', kind: 'gpu', quantity: 2 };
  return {
    id: `evt_bench_${String(sequence).padStart(10, '0')}` as EventId,
    sequence,
    tick: sequence >> 5,
    epoch: 1,
    type: 'annona.lease.granted.v1',
    at: Date.UTC(2026, 10, 27) + sequence,
    department: 'research' as DepartmentId,
    agent: 'research.one' as AgentId,
    request: `req_${(sequence * 7) % REQUESTS}` as RequestId,
    lease: null,
    policyRevision: '78ca3e178ba2bd7496693dbd663b2b175643b557fb2dc215ad68caac92345b78',
    data: { epoch: 1, option: 0, allocations: [allocation, { ...allocation, claim: 1, kind: 'cpu' }] },
  };
}
