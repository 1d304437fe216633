// The bench of the whole system runs, whatever the machine: tiny numbers, and nothing lost on the way to a stream or to Kafka. No figure is judged.
// Three cells of three and four processes are started for it, which takes a minute of a busy machine.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { redisAbsence, startRedis } from '../support/redis.ts';
import { clusterAbsence, shareKafka } from '../support/sharedKafka.ts';

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../../bench/full.ts');

interface FullResult {
  readonly run: {
    readonly withKafka: {
      readonly steady: { readonly arrivals: number; readonly consumedMs: { readonly count: number } };
    };
    readonly loop: { readonly sent: number; readonly terminal: number };
  };
}

const absence = clusterAbsence() ?? redisAbsence();

it.skipIf(absence !== null)(
  absence ?? 'carry Decisions through Redis and Kafka, and lose none on the way',
  async () => {
    const options = {
      rate: 20,
      seconds: 1,
      'warm-up': 1,
      streams: 20,
      standing: 5,
      'loop-open': 40,
      'loop-batch': 10,
      'loop-warm-up': 1,
      'loop-seconds': 1,
    };
    const kafka = await shareKafka();
    const redis = await startRedis();
    try {
      const env = { ...process.env, KAFKA_BROKERS: kafka.brokers.join(','), REDIS_URL: redis.url };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const { stdout } = await run(process.execPath, [BENCH, '--json', ...args], { env });
      const result = JSON.parse(stdout);
      const whole = { refused: 0, unanswered: 0, lost: 0, disagreements: 0, strangers: 0 };
      expect(result).toMatchObject({
        bench: 'full',
        brokers: kafka.brokers.length,
        bars: {
          kafkaP99Ratio: { value: expect.any(Number), rule: 'atMost', limit: 2 },
          terminalPerSecond: { value: expect.any(Number), rule: 'atLeast', limit: 1500 },
          lostRequests: { value: 0, met: true },
        },
        run: {
          withoutKafka: { steady: { consumedMs: { count: 0, p99: null } }, conservation: whole },
          withKafka: { conservation: whole },
          notConsumed: 0,
          loop: { conservation: whole },
        },
      });
      const { run: measured } = result as FullResult;
      const { arrivals, consumedMs } = measured.withKafka.steady;
      expect(consumedMs.count).toBe(arrivals);
      expect(measured.loop.terminal).toBe(measured.loop.sent);
    } finally {
      await redis.stop();
      await kafka.leave();
    }
  },
);
