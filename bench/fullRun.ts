// One run of the whole system: the profile `steady` without Kafka and with it, then how many Decisions a second it makes durable.
// Invariant: each part has processes, a database and topics of its own; the parts differ in nothing but what is compared. Called by full.ts and its test.

import { randomBytes } from 'node:crypto';
import { startCell } from './cell.ts';
import { type LoopOptions, type LoopRun, runLoop } from './closedLoop.ts';
import { startConsumer } from './consumed.ts';
import { type Bar, bar, rounded, type Spread } from './figures.ts';
import { type HttpOptions, type HttpRun, runHttpOn } from './httpRun.ts';

export interface FullOptions {
  readonly http: HttpOptions;
  readonly loop: LoopOptions;
}

export interface FullServices {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
}

export interface FullRun {
  readonly withoutKafka: HttpRun;
  readonly withKafka: HttpRun;
  /** Of accepted requests: whose first Decision was not consumed half a minute after the end. */
  readonly notConsumed: number;
  /** Submit to record consumed, over submit to event on the stream in the run without Kafka. */
  readonly ratio: Ratio;
  /** The same, over submit to event on the stream in the same run: what the way through Kafka itself adds. */
  readonly ratioInTheSameRun: Ratio;
  readonly loop: LoopRun;
  readonly bars: Readonly<Record<string, Bar>>;
}

interface Ratio {
  readonly p50: number | null;
  readonly p99: number | null;
}

type Note = (line: string) => void;

export async function runFull(options: FullOptions, services: FullServices, note: Note): Promise<FullRun> {
  const name = `bench-${randomBytes(4).toString('hex')}`;
  note('without Kafka');
  const withoutKafka = await steady(options.http, { ...services, kafkaBrokers: [], name: `${name}-a` }, note);
  note('with Kafka');
  const { run: withKafka, notConsumed } = await consumedToo(
    options.http,
    { ...services, name: `${name}-b` },
    note,
  );
  note('closed loop');
  const loop = await closedLoop(options.loop, { ...services, name: `${name}-c` }, note);
  const consumed = withKafka.steady!.consumedMs;
  const ratio = ratioOf(consumed, withoutKafka.steady!.firstDecisionMs);
  const lost = [withoutKafka, withKafka, loop].map(
    ({ conservation }) => conservation.lost + conservation.unanswered,
  );
  return {
    withoutKafka,
    withKafka,
    notConsumed,
    ratio,
    ratioInTheSameRun: ratioOf(consumed, withKafka.steady!.firstDecisionMs),
    loop,
    bars: {
      kafkaP99Ratio: bar(ratio.p99, 'atMost', 2),
      terminalPerSecond: bar(loop.terminalPerSecond, 'atLeast', 1500),
      lostRequests: bar(
        lost.reduce((sum, count) => sum + count, notConsumed),
        'atMost',
        0,
      ),
    },
  };
}

type Named = FullServices & { readonly name: string };

async function steady(options: HttpOptions, services: Named, note: Note): Promise<HttpRun> {
  const { subject, urls } = await startCell(services);
  try {
    return await runHttpOn(options, { subject, urls, note });
  } finally {
    await subject.stop();
  }
}

async function consumedToo(
  options: HttpOptions,
  services: Named,
  note: Note,
): Promise<{ run: HttpRun; notConsumed: number }> {
  const { subject, urls } = await startCell(services);
  try {
    const departments = subject.configuration.departments.map(({ id }) => id);
    const { kafkaBrokers: brokers, name: cell } = services;
    const consumer = await startConsumer({ brokers, cell, departments });
    try {
      let notConsumed = 0;
      const run = await runHttpOn(options, {
        subject,
        urls,
        note,
        async consumed(requests) {
          const first = await consumer.consumed(requests);
          notConsumed = [...requests].filter((request) => !first.has(request)).length;
          return first;
        },
      });
      return { run, notConsumed };
    } finally {
      await consumer.stop();
    }
  } finally {
    await subject.stop();
  }
}

async function closedLoop(options: LoopOptions, services: Named, note: Note): Promise<LoopRun> {
  const { subject, urls } = await startCell(services);
  try {
    return await runLoop(options, { subject, urls, note });
  } finally {
    await subject.stop();
  }
}

function ratioOf(one: Spread, other: Spread): Ratio {
  const over = (name: 'p50' | 'p99'): number | null => {
    const [above, below] = [one[name], other[name]];
    return above === null || below === null || below === 0 ? null : rounded(above / below);
  };
  return { p50: over('p50'), p99: over('p99') };
}
