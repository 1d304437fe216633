// What every Kafka client must do for us, and what all of them must do alike. Run by test/adapters/kafka/contract.test.ts on real brokers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  IncomingRecord,
  KafkaClient,
  OutgoingRecord,
  RecordSource,
} from '../../adapters/kafka/client.ts';
import { refusalOf } from '../../adapters/kafka/refusal.ts';
import { aCellName } from '../support/kafka.ts';
import type { SharedKafka } from '../support/sharedKafka.ts';

export interface ClientUnderTest {
  readonly name: string;
  connect(brokers: readonly string[]): KafkaClient;
}

const SHAPE = { partitions: 3, replicas: 3, settings: { 'min.insync.replicas': '2' } };

export function kafkaClientContract(
  clients: readonly ClientUnderTest[],
  open: () => Promise<SharedKafka>,
): void {
  let kafka: SharedKafka;
  beforeAll(async () => {
    kafka = await open();
  }, 180_000);
  afterAll(() => kafka.leave());

  describe.each(clients)('$name as a Kafka client', ({ connect }) => {
    const client = () => connect(kafka.brokers);
    sending(client);
    consuming(client);

    it('puts a key where every other client puts it', async () => {
      const placed = new Map<string, Set<number>>();
      const topic = await aTopic(client());
      for (const other of clients) await send(other.connect(kafka.brokers), records(topic, 40));
      const source = client().source({ group: topic, topics: [topic] });
      for (const { key, partition } of await take(source, 40 * clients.length)) {
        placed.set(key, (placed.get(key) ?? new Set()).add(partition));
      }
      expect([...placed.values()].map(({ size }) => size)).toEqual(Array(20).fill(1));
    });
  });
}

function sending(client: () => KafkaClient): void {
  it('creates a topic once', async () => {
    const name = aCellName();
    expect(await client().createTopics([{ name, ...SHAPE }])).toEqual([name]);
    expect(await client().createTopics([{ name, ...SHAPE }])).toEqual([]);
    expect(await client().brokerCount()).toBeGreaterThanOrEqual(3);
  });

  it('rejects for a topic that does not exist, which is no refusal', async () => {
    const error = await send(client(), records(aCellName(), 1)).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    expect(refusalOf(error)).toBeNull();
  });

  it('says what a broker refuses for good', async () => {
    const name = aCellName();
    await client().createTopics([{ name, ...SHAPE, settings: { 'max.message.bytes': '2000' } }]);
    const large = { topic: name, key: 'a', value: 'x'.repeat(5000), headers: {} };
    const error = await send(client(), [large]).catch((reason: unknown) => reason);
    expect(refusalOf(error)).toBe('MESSAGE_TOO_LARGE');
  });
}

function consuming(client: () => KafkaClient): void {
  it('carries key, value and headers, in order per key', async () => {
    const topic = await aTopic(client());
    const sent = records(topic, 300);
    await send(client(), sent);
    const taken = await take(client().source({ group: topic, topics: [topic] }), 300);
    expect(byKey(taken)).toEqual(byKey(sent));
  });

  it('goes on behind what was handled', async () => {
    const topic = await aTopic(client());
    await send(client(), records(topic, 250));
    const how = { group: topic, topics: [topic] };
    const first = await take(client().source(how), 120);
    const second = await take(client().source(how), 250 - first.length);
    const place = ({ partition, offset }: IncomingRecord) => `${partition}@${offset}`;
    expect(new Set([...first, ...second].map(place)).size).toBe(250);
  });

  it('brings again what could not be handled, and loses nothing of it', async () => {
    const topic = await aTopic(client());
    await send(client(), records(topic, 60));
    let failures = 0;
    const interrupted: unknown[] = [];
    const how = { group: topic, topics: [topic], interrupted: (error: unknown) => interrupted.push(error) };
    const source = client().source(how);
    const seen = new Set<string>();
    const all = Promise.withResolvers<void>();
    const running = source.run(async (record) => {
      if (record.headers.number === '30' && failures < 2) {
        failures += 1;
        throw new Error('not now');
      }
      seen.add(record.headers.number!);
      if (seen.size === 60) all.resolve();
    });
    await all.promise;
    await source.stop();
    await running;
    expect(failures).toBe(2);
    expect(interrupted.length).toBeGreaterThanOrEqual(2);
  });
}

function records(topic: string, count: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    topic,
    key: `key-${(i * 7) % 20}`,
    value: `${i} ä`,
    headers: { number: String(i), text: 'ü' },
  }));
}

async function aTopic(client: KafkaClient): Promise<string> {
  const name = aCellName();
  await client.createTopics([{ name, ...SHAPE }]);
  return name;
}

async function send(client: KafkaClient, sent: readonly OutgoingRecord[]): Promise<void> {
  const sender = client.sender();
  await sender.connect();
  try {
    await sender.send(sent);
  } finally {
    await sender.close();
  }
}

/** Runs a source until so many were handled, and stops it. */
async function take(source: RecordSource, count: number): Promise<IncomingRecord[]> {
  const taken: IncomingRecord[] = [];
  const enough = Promise.withResolvers<void>();
  const running = source.run(async (record) => {
    taken.push(record);
    if (taken.length === count) enough.resolve();
  });
  await enough.promise;
  await source.stop();
  await running;
  return taken;
}

function byKey(all: readonly Pick<OutgoingRecord, 'key' | 'value' | 'headers'>[]): Record<string, unknown[]> {
  const bare = ({ value, headers }: Pick<OutgoingRecord, 'value' | 'headers'>) => ({
    value,
    headers: { ...headers },
  });
  return Object.fromEntries([...Map.groupBy(all, ({ key }) => key)].map(([key, of]) => [key, of.map(bare)]));
}
