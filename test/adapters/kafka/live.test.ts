// The whole way: a request over HTTP, its Decision in the database, and the same document on the event stream and in Kafka (S10).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decisionsTopic } from '../../../adapters/kafka/topics.ts';
import { encodePlace } from '../../../api/http/streamId.ts';
import type { Configuration } from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { aCellName, kafkaAbsence, readTopics, startTestBroker } from '../../support/kafka.ts';
import { liveServer } from '../../support/liveServer.ts';

const absent = kafkaAbsence();
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const body = (number: number, quantity: number) => ({
  clientRequestId: `c${number}`,
  options: [{ claims: [{ kind: 'gpu', quantity }] }],
  terms: { class: 'standard', durationSeconds: 600, purpose: 'test', summary: `request ${number}` },
});

/** Reads until it is as wanted, or the test's time is up. */
async function until<Read>(wanted: (read: Read) => boolean, read: () => Promise<Read>): Promise<Read> {
  for (;;) {
    const answer = await read();
    if (wanted(answer)) return answer;
  }
}

describe.skipIf(absent)(absent ?? 'a server with Kafka', () => {
  it('relays what it streams, document for document', async () => {
    const broker = await startTestBroker();
    closers.push(() => broker.stop());
    const directory = mkdtempSync(join(tmpdir(), 'annona-kafka-'));
    closers.push(() => rmSync(directory, { recursive: true, force: true }));
    const configuration: Configuration = {
      ...aConfiguration().agent('ada').pool(aPool('gpu-a').gpu(4)).build(),
      cell: aCellName(),
    };
    const server = await liveServer(directory, configuration, { kafkaBrokers: broker.brokers });
    closers.push(() => server.stop());
    const client = await server.clientOf(configuration.agents[0]!);

    const streamed: Record<string, unknown>[] = [];
    const leave = new AbortController();
    closers.push(() => leave.abort());
    const after = encodePlace(new Map([[configuration.cell, 0]]));
    const stream = client.stream({ after, signal: leave.signal });
    // Three GPUs each: one is granted with its lease, the other two wait.
    await Promise.all([1, 2, 3].map((number) => client.submit(body(number, 3))));
    for await (const { data } of stream) {
      streamed.push(JSON.parse(data));
      if (streamed.length === 4) break;
    }

    // Reading a topic means joining a group: once, when all is there.
    const scraped = await until(
      (text) =>
        text.includes('scheduler_relayed_events_total{sink="kafka"} 4') &&
        text.includes('scheduler_outbox_events{sink="kafka"} 0'),
      async () => (await fetch(new URL('/metrics', server.url))).text(),
    );
    const records = await readTopics(broker.brokers, [decisionsTopic(configuration.cell, 'research')]);
    const byId = (a: { id?: unknown }, b: { id?: unknown }) => (String(a.id) < String(b.id) ? -1 : 1);
    expect(records.map(({ value }) => JSON.parse(value)).sort(byId)).toEqual(streamed.sort(byId));
    const types = streamed.map(({ type }) => type).sort();
    expect(types).toEqual([
      'annona.lease.granted.v1',
      'annona.request.granted.v1',
      'annona.request.waiting.v1',
      'annona.request.waiting.v1',
    ]);
    expect(scraped).toContain('scheduler_capacity_units{pool="gpu-a",resource="gpu",state="used"} 3');
  });
});
