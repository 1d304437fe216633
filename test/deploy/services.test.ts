// `npm run services` against an apt-get and a dpkg-deb of the test's own: what is found, unpacked, and said when nothing can be done.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { libraryPath } from '../../deploy/services/provide.ts';
import { runServices } from '../../deploy/services/run.ts';
import { SERVICES } from '../../deploy/services/table.ts';
import { findBinary, missingServices } from '../support/services.ts';

let root = '';
let lines: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'annona-services-'));
  lines = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function script(path: string, text: string): string {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, `#!/bin/sh\n${text}\n`);
  chmodSync(full, 0o755);
  return full;
}

/** One from Debian stands for all of them. */
const KCAT_ALONE = SERVICES.filter(({ name }) => name === 'kcat');
const KCAT = `echo "kcat - a tool"; echo "Version 1.7.1 (JSON)"`;

/** An archive is a script here, which dpkg-deb puts in place; apt-get writes down what it was asked. */
function aDebian({ staleLists = false, archive = KCAT } = {}): void {
  script(
    'tools/apt-get',
    `echo "$@" >> ${root}/calls
case "$*" in *Dir::State::lists*) own=1;; *) own=;; esac
if [ "${staleLists}" = true ] && [ -z "$own" ]; then echo "E: Unable to locate package kcat" >&2; exit 100; fi
case "$*" in
*simulate*) echo "Inst libyajl2 (2.1.0 Debian:12)"; echo "Inst kcat (1.7.1 Debian:12)"; echo "Conf kcat (1.7.1)";;
*download*) for name in libyajl2 kcat; do echo "$name" > "$name.deb"; done;;
esac`,
  );
  script('archive/kcat', archive);
  script(
    'tools/dpkg-deb',
    `name=$(cat "$2")
if [ "$name" = kcat ]; then mkdir -p "$3/usr/bin"; cp ${root}/archive/kcat "$3/usr/bin/kcat"; fi
if [ "$name" = libyajl2 ]; then mkdir -p "$3/usr/lib/x86_64-linux-gnu"; touch "$3/usr/lib/x86_64-linux-gnu/libyajl.so.2"; fi`,
  );
}

/** What the scripts are made of, and nothing else: a kcat of this machine must not be found. */
function linkTools(): string {
  const folder = join(root, 'tools');
  mkdirSync(folder, { recursive: true });
  for (const tool of ['cat', 'cp', 'mkdir', 'touch']) {
    if (!existsSync(join(folder, tool)))
      symlinkSync(existsSync(`/bin/${tool}`) ? `/bin/${tool}` : `/usr/bin/${tool}`, join(folder, tool));
  }
  return folder;
}

function run(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const place = { root, env: { PATH: linkTools(), ...env } };
  return runServices(args, { services: KCAT_ALONE, place, print: (line) => lines.push(line) });
}

const calls = () =>
  existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [];
const UNPACKED = '.annona/services/kcat/usr/bin/kcat';

describe('npm run services', () => {
  it('unpacks what is missing, with what it lacks on this machine', async () => {
    aDebian();
    expect(await run()).toBe(0);
    expect(lines).toEqual([`kcat 1.7.1: unpacked, ${UNPACKED}`]);
    expect(calls().at(-1)).toMatch(/ download libyajl2 kcat$/);
    expect(libraryPath(join(root, '.annona/services/kcat'))).toBe(
      join(root, '.annona/services/kcat/usr/lib/x86_64-linux-gnu'),
    );
    expect(findBinary('kcat', { root, env: { PATH: '' } })).toBe(join(root, UNPACKED));
    expect(missingServices({ root, env: { PATH: '' } }).map(({ name }) => name)).not.toContain('kcat');
  });

  it('does nothing a second time', async () => {
    aDebian();
    await run();
    const before = calls();
    expect(await run()).toBe(0);
    expect(lines.at(-1)).toBe(`kcat 1.7.1: ${UNPACKED}`);
    expect(calls()).toEqual(before);
  });

  it('writes under .annona/services only, and leaves no archives there', async () => {
    aDebian();
    await run();
    const before = ['.annona', 'archive', 'calls', 'tools'];
    expect(readdirSync(root).toSorted()).toEqual(before);
    expect(readdirSync(join(root, '.annona/services')).toSorted()).toEqual(['cache', 'kcat']);
    const left = readdirSync(join(root, '.annona'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((path) => path.endsWith('.deb'))).toEqual([]);
  });

  it('never installs: apt-get is asked to simulate and to download, with a cache of its own', async () => {
    aDebian();
    await run();
    expect(calls()).toHaveLength(2);
    for (const call of calls()) {
      expect(call).toMatch(/ install --simulate | download /);
      expect(call).toContain(`Dir::Cache=${join(root, '.annona/services/cache/apt')}`);
    }
  });

  it('reads lists of its own where the system’s are empty or old', async () => {
    aDebian({ staleLists: true });
    expect(await run()).toBe(0);
    const own = calls().filter((call) =>
      call.includes(`Dir::State::lists=${join(root, '.annona/services')}`),
    );
    expect(own.map((call) => / (update|install|download)\b/.exec(call)?.[1])).toEqual([
      'update',
      'install',
      'download',
    ]);
  });

  it('unpacks anew what does not run any more', async () => {
    aDebian();
    script(UNPACKED, 'exit 127');
    expect(await run()).toBe(0);
    expect(lines).toEqual([`kcat 1.7.1: unpacked, ${UNPACKED}`]);
  });

  it('takes what is in PATH', async () => {
    const want = script('tools/kcat', KCAT);
    expect(await run([], { CI: '1' })).toBe(0);
    expect(lines).toEqual([`kcat 1.7.1: ${want}`]);
  });

  it('takes a cluster that is named', async () => {
    expect(await run([], { CI: '1', KAFKA_BROKERS: 'kafka:9092' })).toBe(0);
    expect(lines).toEqual(['kcat: named by KAFKA_BROKERS=kafka:9092']);
  });

  it('prints one document with --json, and refuses other arguments', async () => {
    aDebian();
    expect(await run(['--json'])).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { services: [{ name: 'kcat', state: 'unpacked', where: UNPACKED, version: '1.7.1' }] },
    ]);
    expect(await run(['--jsno'])).toBe(2);
  });
});

describe('a service that cannot be had', () => {
  it('is one line with what to do; with CI a failure', async () => {
    const env = { PATH: join(root, 'tools') };
    expect(await run([], env)).toBe(0);
    expect(await run([], { ...env, CI: '0' })).toBe(0);
    expect(await run([], { ...env, CI: '1' })).toBe(1);
    const want =
      /^kcat: missing \(there is no apt-get here\)\. To do: install kcat so that it is in PATH, or name/;
    expect(lines).toEqual(Array(3).fill(expect.stringMatching(want)));
  });

  it('says why apt-get would not', async () => {
    script(
      'tools/apt-get',
      'echo "noise" >&2; echo "E: Temporary failure resolving deb.debian.org" >&2; exit 100',
    );
    expect(await run([], { CI: 'true' })).toBe(1);
    expect(lines[0]).toContain('(apt-get: E: Temporary failure resolving deb.debian.org)');
    expect(readdirSync(join(root, '.annona/services'))).toEqual(['cache']);
  });

  it('is missing too when what was unpacked does not run', async () => {
    aDebian({ archive: 'exit 1' });
    expect(await run([], { CI: '1' })).toBe(1);
    expect(lines[0]).toContain('does not run there');
  });
});

describe('the table of services', () => {
  it('names each service once, and says of each what a person does', () => {
    const names = SERVICES.map(({ name }) => name);
    expect(names).toEqual(['redis', 'etcd', 'kcat', 'kafka', 'promtool', 'opa', 'chromium']);
    for (const { byHand } of SERVICES) expect(byHand).toMatch(/^install /);
  });
});
