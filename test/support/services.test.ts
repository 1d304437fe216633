// Finding services: a variable, PATH, or the unpacked folder; and nothing that cannot be executed.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SERVICES } from '../../deploy/services/table.ts';
import { findBinary, missingServices } from './services.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'annona-services-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, mode: number): string {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, '');
  chmodSync(full, mode);
  return full;
}

describe('the services at hand', () => {
  it('lack what is nowhere', () => {
    const missing = missingServices({ root, env: { PATH: join(root, 'bin') } });
    expect(missing.map(({ name }) => name)).toEqual(SERVICES.map(({ name }) => name));
  });

  it('do not lack what a variable names', () => {
    const missing = missingServices({
      root,
      env: { KAFKA_BROKERS: '127.0.0.1:9092', REDIS_URL: 'redis://a' },
    });
    expect(missing.map(({ name }) => name)).toEqual(['etcd', 'promtool', 'opa', 'chromium']);
  });

  it('are found in PATH', () => {
    const want = put('bin/kcat', 0o755);
    expect(findBinary('kcat', { root, env: { PATH: join(root, 'bin') } })).toBe(want);
  });

  it('are found where `npm run services` unpacked them', () => {
    const want = put('.annona/services/kcat/usr/bin/kcat', 0o755);
    expect(findBinary('kcat', { root, env: { PATH: '' } })).toBe(want);
  });

  it('are not a file that cannot be executed, nor a folder of that name, nor a download', () => {
    put('.annona/services/doc/bin/kcat', 0o644);
    mkdirSync(join(root, '.annona/services/kcat/bin/kcat'), { recursive: true });
    put('.annona/services/cache/bin/kcat', 0o755);
    expect(findBinary('kcat', { root, env: { PATH: '' } })).toBeUndefined();
  });
});
