// Redis and etcd of a test's own: they answer, they end when told to, and with whoever started them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { etcdAbsence, startEtcd } from './etcd.ts';
import { startOwn } from './ownProcess.ts';
import { redisAbsence, startRedis } from './redis.ts';

const noRedis = redisAbsence();
describe.skipIf(noRedis)(noRedis ?? 'a Redis of a test', () => {
  it('answers, and is gone when stopped', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url, { retryStrategy: () => null });
    client.on('error', () => {});
    await client.set('key', 'value');
    expect(await client.get('key')).toBe('value');
    await redis.stop();
    await expect(client.get('key')).rejects.toThrow();
  });
});

const noEtcd = etcdAbsence();
describe.skipIf(noEtcd)(noEtcd ?? 'an etcd of a test', () => {
  it('answers, and is gone when stopped', async () => {
    const etcd = await startEtcd();
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const put = { key: base64('key'), value: base64('value') };
    const call = (path: string, body: unknown) =>
      fetch(`${etcd.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    expect((await call('/v3/kv/put', put)).status).toBe(200);
    const { kvs } = (await (await call('/v3/kv/range', { key: put.key })).json()) as {
      kvs: { value: string }[];
    };
    expect(kvs.map(({ value }) => value)).toEqual([put.value]);
    await etcd.stop();
    await expect(call('/v3/kv/range', { key: put.key })).rejects.toThrow();
  });
});

describe('a process of a test', () => {
  const program = { path: '/bin/sh', env: process.env };
  const alive = async (pid: number) =>
    promisify(execFile)('kill', ['-0', String(pid)]).then(
      () => true,
      () => false,
    );

  it('says how it ended by itself', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'annona-own-'));
    const own = startOwn(program, ['-c', 'echo hello'], { log: join(directory, 'log') });
    await once(own.child, 'exit');
    expect(own.ended()).not.toBeNull();
    expect(readFileSync(join(directory, 'log'), 'utf8')).toContain('hello');
    await own.kill();
    rmSync(directory, { recursive: true });
  });

  it('ends when whoever started it is killed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'annona-own-'));
    const log = join(directory, 'log');
    const source = `import { startOwn } from ${JSON.stringify(join(import.meta.dirname, 'ownProcess.ts'))};
      startOwn({ path: '/bin/sh', env: process.env }, ['-c', 'echo $$; exec sleep 1000'], { log: ${JSON.stringify(log)} });
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'ignore' });
    const started = async () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await expect.poll(started, { timeout: 30_000 }).toMatch(/^\d+\n$/);
    const pid = Number(await started());
    expect(await alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 30_000 }).toBe(false);
    rmSync(directory, { recursive: true });
  });
});
