// The services: what each is for, how it is found, how it is unpacked. A new one is a new row; test/support/services.ts reads them too.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromDebian } from './debian.ts';
import { fromGo } from './go.ts';
import { unpackKafka } from './kafka.ts';
import { libraryPath, type Service } from './provide.ts';

const ROOT = join(import.meta.dirname, '../..');

export const SERVICES: readonly Service[] = [
  {
    name: 'redis',
    purpose: 'side jobs and counters that several processes share',
    binary: 'redis-server',
    url: 'REDIS_URL',
    version: { args: ['--version'], pattern: /\bv=(\S+)/ },
    install: fromDebian('redis-server'),
    byHand: 'install redis-server so that it is in PATH, or name one by REDIS_URL=redis://host:port',
  },
  {
    name: 'etcd',
    purpose: 'leadership kept in etcd',
    binary: 'etcd',
    url: 'ETCD_URL',
    version: { args: ['--version'], pattern: /^etcd Version: (\S+)/m },
    install: fromDebian('etcd-server'),
    byHand: 'install etcd so that it is in PATH, or name one by ETCD_URL=http://host:port',
  },
  {
    name: 'kcat',
    purpose: 'a Kafka broker that can be paused, for the relay tests',
    binary: 'kcat',
    url: 'KAFKA_BROKERS',
    version: { args: ['-V'], pattern: /^Version (\S+)/m },
    install: fromDebian('kcat'),
    byHand: 'install kcat so that it is in PATH, or name a cluster by KAFKA_BROKERS=host:port,…',
  },
  {
    name: 'kafka',
    purpose: 'a cluster of three brokers that can be killed',
    binary: 'kafka-server-start.sh',
    url: 'KAFKA_BROKERS',
    version: { args: ['--version'], pattern: /^(\d+\.\d+\.\S+)/m },
    install: unpackKafka,
    byHand:
      'install Java 17 and Maven (or name a Maven repository by MAVEN_REPOSITORY=https://…), or name a cluster by KAFKA_BROKERS=host:port,…',
  },
  {
    name: 'promtool',
    purpose: 'a check of metrics and alert rules by Prometheus’s own tool',
    binary: 'promtool',
    version: { args: ['--version'], pattern: /^promtool, version (\S+)/m },
    install: fromDebian('prometheus', { alone: true }),
    byHand: 'install prometheus so that promtool is in PATH',
  },
  {
    name: 'opa',
    purpose: 'policies as Open Policy Agent itself answers them',
    binary: 'opa',
    version: { args: ['version'], pattern: /^Version: (\S+)/m },
    install: fromGo({
      module: 'github.com/open-policy-agent/opa',
      requiredBy: join(ROOT, 'policies/compiler/go.mod'),
    }),
    byHand: 'install Go, or install opa so that it is in PATH',
  },
  {
    name: 'chromium',
    purpose: 'a browser for the tests of the console',
    binary: 'chromium',
    url: 'CHROMIUM_URL',
    version: { args: ['--version', '--no-sandbox'], pattern: /^Chromium (\S+)/m },
    install: async (target) => {
      await fromDebian('chromium')(target);
      writeLauncher(target.folder);
    },
    byHand: 'install chromium so that it is in PATH',
  },
];

/** Debian's own `bin/chromium` names places of an installed system: ours starts the program where it was unpacked. */
function writeLauncher(folder: string): void {
  const file = join(folder, 'usr/bin/chromium');
  const libraries = libraryPath(folder)
    .split(':')
    .map((path) => path.replace(folder, '$here'))
    .join(':');
  const lines = [
    '#!/bin/sh',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)',
    `export LD_LIBRARY_PATH="${libraries}"`,
    'exec "$here/usr/lib/chromium/chromium" "$@"',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  chmodSync(file, 0o755);
}
