// Two of three brokers are killed under a running server: decisions go on, the outbox holds, and what was held is delivered afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventDocument } from '../../api/client/index.ts';
import { subscribe } from '../../api/roles/subscribe.ts';
import type { Configuration } from '../../scheduler/index.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { aCellName } from '../support/kafka.ts';
import { liveServer } from '../support/liveServer.ts';
import { clusterAbsence, lendKafka } from '../support/sharedKafka.ts';

const absent = clusterAbsence('alone');
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 120_000);

const body = (number: number) => ({
  clientRequestId: `c${number}`,
  options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
  terms: { class: 'standard', durationSeconds: 600, purpose: 'test', summary: `request ${number}` },
});

describe.skipIf(absent)(absent ?? 'a server that loses most of its brokers', () => {
  it('decides on, and delivers what it held', { timeout: 180_000 }, async () => {
    const kafka = await lendKafka();
    closers.push(() => kafka.leave());
    const directory = mkdtempSync(join(tmpdir(), 'annona-outage-'));
    closers.push(() => rmSync(directory, { recursive: true, force: true }));
    const configuration: Configuration = {
      ...aConfiguration().agent('ada').pool(aPool('gpu-a').gpu(100)).build(),
      cell: aCellName(),
    };
    const { brokers } = kafka;
    const server = await liveServer(directory, configuration, {
      kafkaBrokers: brokers,
      kafkaTopics: 'create',
    });
    closers.push(() => server.stop());
    const client = await server.clientOf(configuration.agents[0]!);
    const metric = async (name: string) => {
      const text = await (await fetch(new URL('/metrics', server.url))).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(name))
          ?.split(' ')
          .at(-1),
      );
    };
    const granted = async (numbers: readonly number[]) => {
      const answers = await Promise.all(
        numbers.map((number) => client.submit(body(number), { waitSeconds: 20 })),
      );
      return answers.map(({ state }) => state);
    };

    expect(await granted([1])).toEqual(['granted']);
    await expect.poll(() => metric('scheduler_outbox_events{sink="kafka"}'), { timeout: 60_000 }).toBe(0);
    const applied: EventDocument[] = [];
    const { cell } = configuration;
    await kafka.kill(1);
    await kafka.kill(2);
    expect(await granted([2, 3, 4, 5, 6])).toEqual(Array(5).fill('granted'));
    await expect.poll(() => metric('scheduler_outbox_events{sink="kafka"}'), { timeout: 60_000 }).toBe(10);
    await Promise.all([kafka.start(1), kafka.start(2)]);
    await expect.poll(() => metric('scheduler_outbox_events{sink="kafka"}'), { timeout: 60_000 }).toBe(0);

    const subscription = subscribe({
      brokers,
      group: cell,
      cell,
      departments: 'all',
      client: 'platformatic',
      apply: (event) => void applied.push(event),
    });
    closers.push(() => subscription.stop());
    // A grant and its lease each.
    await expect.poll(() => new Set(applied.map(({ id }) => id)).size, { timeout: 60_000 }).toBe(12);
    expect(applied).toHaveLength(12);
  });
});
