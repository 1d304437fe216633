// @ts-check
// Writes package-lock.json and makes it complete: every declared optional package has an entry, on every machine.
// Invariant: what `npm run lock` leaves behind has no faults (`lockFaults`), so `npm ci` accepts it anywhere.
// Called by `npm run lock`; the pure functions also by test/deploy/lockfile.test.ts. Plain JavaScript, since it
// must run before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {Record<string, string>} Dependencies
 * @typedef {object} Entry
 * @property {string} [name]
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {string} [license]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [peer]
 * @property {boolean} [link]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 * @property {Dependencies} [dependencies]
 * @property {Dependencies} [devDependencies]
 * @property {Dependencies} [optionalDependencies]
 * @typedef {{ lockfileVersion?: number, packages: Record<string, Entry> }} Lock
 * @typedef {{ at: string, parent: string, name: string, range: string }} Missing
 */

/** The platform words of npm package names, as `os`, `cpu` and `libc` of a manifest call them. */
const OS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBC = /** @type {const} */ ({ gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' });

/**
 * What a platform package's name says about where it installs.
 * A linux name without a libc word, beside a `-musl` sibling, is the glibc build (Biome names its packages so).
 * @param {string} name
 * @param {readonly string[]} siblings every name declared by the same parent
 * @returns {{ os?: string[], cpu?: string[], libc?: string[] }}
 */
export function platformOf(name, siblings) {
  const words = name.split(/[-/.]/);
  const os = words.filter((word) => OS.includes(word));
  const cpu = words.filter((word) => CPU.includes(word));
  const named = words.flatMap((word) =>
    Object.hasOwn(LIBC, word) ? [LIBC[/** @type {'gnu'} */ (word)]] : [],
  );
  const libc = named.length > 0 ? named : siblings.includes(`${name}-musl`) ? ['glibc'] : [];
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(os.includes('linux') && libc.length > 0 ? { libc: [...new Set(libc)] } : {}),
  };
}

/**
 * The version to write for a declared range: the exact one, or the lowest that `^` and `~` admit.
 * @param {string} range
 * @returns {string}
 */
export function versionOf(range) {
  const match = /^[~^=v]?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)$/.exec(range.trim());
  if (!match?.[1]) throw new Error(`an optional dependency's range must name a version, got "${range}"`);
  return match[1];
}

/**
 * Where Node would look for `name` from the package at `at`, nearest first.
 * @param {string} at lockfile key, `''` for the project itself
 * @param {string} name
 * @returns {string[]}
 */
function lookups(at, name) {
  const keys = [];
  for (let from = at; ; ) {
    keys.push(from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`);
    if (from === '') return keys;
    const up = from.lastIndexOf('/node_modules/');
    from = up < 0 ? '' : from.slice(0, up);
  }
}

/**
 * The declared optional dependencies that have no entry anywhere that their parent would look.
 * @param {Lock} lock
 * @returns {Missing[]}
 */
export function missingOptional(lock) {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, range]) =>
      lookups(parent, name).some((key) => lock.packages[key])
        ? []
        : [{ at: `node_modules/${name}`, parent, name, range }],
    ),
  );
}

/**
 * The lock with an entry for every declared optional dependency, keys in npm's order, and no registry host.
 * @param {Lock} lock
 * @returns {Lock}
 */
export function completeLock(lock) {
  const packages = { ...lock.packages };
  for (const { at, parent, name, range } of missingOptional(lock)) {
    const owner = lock.packages[parent] ?? {};
    const platform = platformOf(name, Object.keys(owner.optionalDependencies ?? {}));
    if (!platform.os && !platform.cpu) {
      throw new Error(
        `${name} (optional, of ${parent}) could not be had from this registry, and its name does not say its platform: ` +
          'write its entry by hand, or use a registry that has it',
      );
    }
    packages[at] = {
      version: versionOf(range),
      ...(platform.cpu ? { cpu: platform.cpu } : {}),
      ...(owner.dev ? { dev: true } : {}),
      ...(platform.libc ? { libc: platform.libc } : {}),
      ...(owner.license ? { license: owner.license } : {}),
      optional: true,
      ...(platform.os ? { os: platform.os } : {}),
      ...(owner.peer ? { peer: true } : {}),
    };
  }
  // npm sorts with the English collation; sorting the same way keeps its next rewrite a small diff.
  const keys = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'));
  return {
    ...lock,
    packages: Object.fromEntries(keys.map((key) => [key, withoutHost(packages[key] ?? {})])),
  };
}

/** @param {Entry} entry @returns {Entry} */
function withoutHost(entry) {
  if (entry.link || !/^https?:/.test(entry.resolved ?? '')) return entry;
  const { resolved: _host, ...rest } = entry;
  return rest;
}

/**
 * Why `npm ci` would refuse the lock, or why it would bind the project to one registry; empty when sound.
 * @param {Lock} lock
 * @param {Entry} manifest package.json
 * @returns {string[]}
 */
export function lockFaults(lock, manifest) {
  const faults = missingOptional(lock).map(
    ({ name, parent }) => `${name}, optional of ${parent || 'the project'}, has no entry`,
  );
  const root = lock.packages[''] ?? {};
  for (const kind of /** @type {const} */ (['dependencies', 'devDependencies', 'optionalDependencies'])) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (root[kind]?.[name] !== range)
        faults.push(
          `${kind}: package.json has ${name} ${range}, the lock ${root[kind]?.[name] ?? 'nothing'}`,
        );
      const version = lock.packages[`node_modules/${name}`]?.version;
      if (version !== range)
        faults.push(`${kind}: ${name} is pinned to ${range}, the lock would install ${version ?? 'nothing'}`);
    }
  }
  for (const [key, entry] of Object.entries(lock.packages)) {
    if (/^https?:/.test(entry.resolved ?? '')) faults.push(`${key} names a registry host`);
    if (key !== '' && !entry.link && !entry.optional && !entry.integrity)
      faults.push(`${key} has no integrity`);
    for (const name of Object.keys(entry.dependencies ?? {})) {
      const inOptional = entry.optionalDependencies?.[name] !== undefined;
      if (!inOptional && !lookups(key, name).some((at) => lock.packages[at]))
        faults.push(`${name}, of ${key}, has no entry`);
    }
  }
  return faults;
}

/** npm, then completion. Under the pinned Node only: under an older one npm silently picks older releases that fit it. */
function main() {
  const root = join(import.meta.dirname, '..');
  const npm = process.env.npm_execpath;
  if (Number(process.versions.node.split('.')[0]) < 24 || !npm) {
    console.error(
      'The lockfile is written under Node 24: run it as `npm run lock`, after `npm install` has fetched that runtime.',
    );
    return 1;
  }
  const written = spawnSync(process.execPath, [npm, 'install', '--package-lock-only', '--ignore-scripts'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (written.status !== 0) return written.status ?? 1;
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const added = missingOptional(lock);
  const complete = completeLock(lock);
  writeFileSync(path, `${JSON.stringify(complete, null, 2)}\n`);
  for (const { name, parent } of added) console.log(`completed: ${name} (optional, of ${parent})`);
  const faults = lockFaults(complete, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  for (const fault of faults) console.error(`fault: ${fault}`);
  console.log(
    `package-lock.json: ${Object.keys(complete.packages).length - 1} packages, ${added.length} completed, ${faults.length} faults`,
  );
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main();
