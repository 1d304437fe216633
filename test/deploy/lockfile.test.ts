// The lockfile: what `npm run lock` computes, and that the committed one is what `npm ci` takes on any machine.
// npm itself is the judge in the last part, offline, in a folder of its own.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  completeLock,
  type Lock,
  lockFaults,
  missingOptional,
  platformOf,
  versionOf,
} from '../../deploy/lockfile.mjs';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const aLock = (): Lock => ({
  lockfileVersion: 3,
  packages: {
    '': { name: 'house', devDependencies: { tool: '1.0.0' } },
    'node_modules/tool': {
      version: '1.0.0',
      integrity: 'sha512-x',
      dev: true,
      license: 'MIT',
      optionalDependencies: { '@tool/cli-linux-x64': '1.0.0', '@tool/cli-linux-x64-musl': '1.0.0' },
    },
    'node_modules/@tool/cli-linux-x64': {
      version: '1.0.0',
      integrity: 'sha512-y',
      dev: true,
      optional: true,
    },
  },
});

describe('a platform package’s name', () => {
  it.each([
    ['@biomejs/cli-win32-x64', [], { os: ['win32'], cpu: ['x64'] }],
    [
      '@biomejs/cli-linux-x64',
      ['@biomejs/cli-linux-x64-musl'],
      { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    ],
    ['@biomejs/cli-linux-arm64-musl', [], { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
    ['@msgpackr-extract/msgpackr-extract-linux-arm', [], { os: ['linux'], cpu: ['arm'] }],
    ['@rolldown/binding-linux-arm-gnueabihf', [], { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['fsevents', [], {}],
  ])('%s says its platform', (name, siblings, want) => {
    expect(platformOf(name, siblings)).toEqual(want);
  });

  it('is derived to what npm itself wrote for every platform package that it could have', () => {
    const { packages } = read('package-lock.json') as Lock;
    const parents = Object.values(packages).filter((entry) => entry.optionalDependencies);
    const compared = parents.flatMap((parent) => {
      const names = Object.keys(parent.optionalDependencies ?? {});
      return names.flatMap((name) => {
        const entry = packages[`node_modules/${name}`];
        const got = platformOf(name, names);
        return entry?.integrity && entry.os && got.os
          ? [{ name, got, want: { os: entry.os, cpu: entry.cpu } }]
          : [];
      });
    });
    expect(compared.length).toBeGreaterThan(30);
    for (const { name, got, want } of compared) {
      expect({ name, os: got.os, cpu: got.cpu }).toEqual({
        name,
        os: [want.os].flat(),
        cpu: [want.cpu].flat(),
      });
    }
  });
});

describe('completing a lockfile', () => {
  it('adds the entry that npm left out, with its parent’s flags', () => {
    const complete = completeLock(aLock());
    expect(complete.packages['node_modules/@tool/cli-linux-x64-musl']).toEqual({
      version: '1.0.0',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      license: 'MIT',
      optional: true,
      os: ['linux'],
    });
    expect(missingOptional(complete)).toEqual([]);
  });

  it('changes nothing the second time', () => {
    const complete = completeLock(aLock());
    expect(JSON.stringify(completeLock(complete))).toBe(JSON.stringify(complete));
  });

  it('takes the registry’s host out', () => {
    const lock = aLock();
    Object.assign(lock.packages['node_modules/tool'] ?? {}, {
      resolved: 'https://packages.example/tool.tgz',
    });
    expect(JSON.stringify(completeLock(lock))).not.toContain('packages.example');
  });

  it('refuses to guess the platform of a package whose name does not say it', () => {
    const lock = aLock();
    lock.packages['node_modules/tool'] = {
      ...lock.packages['node_modules/tool'],
      optionalDependencies: { magic: '1.0.0' },
    };
    expect(() => completeLock(lock)).toThrow(/magic .* does not say its platform/);
  });

  it('finds a dependency that stands inside its parent', () => {
    const lock = aLock();
    lock.packages['node_modules/tool/node_modules/@tool/cli-linux-x64-musl'] = {
      version: '1.0.0',
      optional: true,
    };
    expect(missingOptional(lock)).toEqual([]);
  });

  it.each([
    ['^3.0.4', '3.0.4'],
    ['~2.3.3', '2.3.3'],
    ['18.4.0-beta.17', '18.4.0-beta.17'],
  ])('reads %s as %s', (range, want) => {
    expect(versionOf(range)).toBe(want);
  });

  it.each(['>=1 <3', '*', 'latest'])('refuses the range "%s", which names no version', (range) => {
    expect(() => versionOf(range)).toThrow(/must name a version/);
  });
});

describe('the faults of a lockfile', () => {
  const manifest = { devDependencies: { tool: '1.0.0' } };
  it('are none once it is complete', () => {
    expect(lockFaults(completeLock(aLock()), manifest)).toEqual([]);
  });

  it.each<[string, (lock: Lock) => void, RegExp]>([
    [
      'a missing optional entry',
      (lock) => delete lock.packages['node_modules/@tool/cli-linux-x64'],
      /has no entry/,
    ],
    [
      'a missing hash',
      (lock) => delete lock.packages['node_modules/tool']?.integrity,
      /node_modules\/tool has no integrity/,
    ],
    [
      'a stale root',
      (lock) => delete lock.packages['']?.devDependencies,
      /package\.json has tool 1\.0\.0, the lock nothing/,
    ],
    [
      'a registry host',
      (lock) =>
        Object.assign(lock.packages['node_modules/tool'] ?? {}, {
          resolved: 'https://packages.example/t.tgz',
        }),
      /names a registry host/,
    ],
    [
      'another version than pinned',
      (lock) => Object.assign(lock.packages['node_modules/tool'] ?? {}, { version: '1.0.1' }),
      /would install 1\.0\.1/,
    ],
    [
      'a dependency without an entry',
      (lock) =>
        Object.assign(lock.packages['node_modules/tool'] ?? {}, { dependencies: { other: '^1.0.0' } }),
      /other, of node_modules\/tool, has no entry/,
    ],
  ])('name %s', (_what, spoil, want) => {
    const lock = completeLock(aLock());
    spoil(lock);
    expect(lockFaults(lock, manifest).join('\n')).toMatch(want);
  });
});

describe('the committed lockfile', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'annona-lock-'));
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(ROOT, file), join(folder, file));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // Offline, and a dry run: npm compares manifest and lockfile, and stops before it fetches anything.
  const npmCi = () =>
    spawnSync('npm', ['ci', '--dry-run', '--offline', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' });

  it('has no faults', () => {
    expect(lockFaults(read('package-lock.json'), read('package.json'))).toEqual([]);
  });

  it('is in the form that `npm run lock` writes', () => {
    const lock = read('package-lock.json');
    expect(JSON.stringify(completeLock(lock))).toBe(JSON.stringify(lock));
  });

  it('is accepted by npm ci', () => {
    const answer = npmCi();
    expect({ status: answer.status, said: answer.stderr }).toEqual({ status: 0, said: '' });
  });

  it('would be refused by npm ci without one of its completed entries', () => {
    const lock = read('package-lock.json');
    delete lock.packages['node_modules/@biomejs/cli-win32-x64'];
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    const answer = npmCi();
    expect(answer.status).not.toBe(0);
    expect(answer.stderr).toMatch(/npm ci|lock file/);
  });
});
