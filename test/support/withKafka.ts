// `node test/support/withKafka.ts COMMAND...`: runs it with KAFKA_BROKERS naming three brokers of its own, or those that are named already.
// Invariant: ends as the command ends, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startKafkaCluster } from './kafkaCluster.ts';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('say which command');
const cluster = process.env.KAFKA_BROKERS ? null : await startKafkaCluster();
try {
  const brokers = cluster?.brokers.join(',') ?? process.env.KAFKA_BROKERS;
  const env = { ...process.env, KAFKA_BROKERS: brokers };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await cluster?.stop();
}
