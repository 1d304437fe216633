// Finding services: a variable, PATH, or the unpacked folder; and nothing that cannot be executed.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    expect(missingServices({ root, env: { PATH: join(root, 'bin') } }).map(({ name }) => name)).toEqual([
      'kcat',
    ]);
  });

  it('lack nothing when a variable names a running one', () => {
    expect(missingServices({ root, env: { KAFKA_BROKERS: '127.0.0.1:9092' } })).toEqual([]);
  });

  it('are found in PATH', () => {
    const want = put('bin/kcat', 0o755);
    expect(findBinary('kcat', { root, env: { PATH: join(root, 'bin') } })).toBe(want);
  });

  it('are found where `npm run services` unpacked them', () => {
    const want = put('.annona/services/kcat/usr/bin/kcat', 0o755);
    expect(findBinary('kcat', { root, env: { PATH: '' } })).toBe(want);
  });

  it('are not a file that cannot be executed, nor a folder of that name', () => {
    put('.annona/services/doc/kcat', 0o644);
    mkdirSync(join(root, '.annona/services/kcat'));
    expect(findBinary('kcat', { root, env: { PATH: '' } })).toBeUndefined();
  });
});
