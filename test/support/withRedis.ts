// `node test/support/withRedis.ts COMMAND...`: runs it with REDIS_URL naming a Redis of its own, or the one that is named already.
// Invariant: ends as the command ends, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startRedis } from './redis.ts';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('say which command');
const redis = process.env.REDIS_URL ? null : await startRedis();
try {
  const env = { ...process.env, REDIS_URL: redis?.url ?? process.env.REDIS_URL };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await redis?.stop();
}
