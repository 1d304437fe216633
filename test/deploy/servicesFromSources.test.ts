// Services that are jars or Go programs: what is fetched by which client, what is compared, and what is said when it cannot be had.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromGo } from '../../deploy/services/go.ts';
import { unpackKafka } from '../../deploy/services/kafka.ts';
import kafkaJars from '../../deploy/services/kafkaJars.json' with { type: 'json' };
import { jarsFromMaven } from '../../deploy/services/maven.ts';

let root = '';
let server: Server | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'annona-sources-'));
});
afterEach(async () => {
  server?.close();
  server = null;
  rmSync(root, { recursive: true, force: true });
});

/** A program of the test's own, alone in PATH but for the shell's tools. */
function tool(name: string, text: string): NodeJS.ProcessEnv {
  const path = join(root, 'tools', name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${join(root, 'tools')}:/usr/bin:/bin` };
}

const target = (env: NodeJS.ProcessEnv) => ({
  folder: join(root, 'folder'),
  cache: join(root, 'cache'),
  env,
});
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const JARS = { 'org.example:one:1.0': sha256('jar one'), 'org.example.sub:two:2': sha256('jar two') };
const libs = () => join(root, 'libs');

describe('jars by mvn', () => {
  /** Takes the folder from its arguments, as the plugin does. */
  const copying = (
    two: string,
  ) => `for a in "$@"; do case "$a" in -DoutputDirectory=*) out=\${a#*=};; esac; done
echo "$@" > ${root}/call; printf 'jar one' > "$out/one-1.0.jar"; printf '${two}' > "$out/two-2.jar"`;

  it('are copied with nothing resolved, into a repository of their own', async () => {
    await jarsFromMaven(JARS, libs(), target(tool('mvn', copying('jar two'))));
    expect(readFileSync(join(libs(), 'two-2.jar'), 'utf8')).toBe('jar two');
    const call = readFileSync(join(root, 'call'), 'utf8');
    expect(call).toContain('-DexcludeTransitive=true');
    expect(call).toContain(`-Dmaven.repo.local=${join(root, 'cache/maven/repository')}`);
    const pom = readFileSync(join(root, 'cache/maven/pom.xml'), 'utf8');
    expect(pom).toContain(
      '<groupId>org.example.sub</groupId><artifactId>two</artifactId><version>2</version>',
    );
  });

  it('are refused with other bytes', async () => {
    const env = tool('mvn', copying('jar twp'));
    await expect(jarsFromMaven(JARS, libs(), target(env))).rejects.toThrow(
      `org.example.sub:two:2 has the SHA-256 ${sha256('jar twp')}, and not ${sha256('jar two')}`,
    );
  });

  it('that cannot be had are said as mvn says it; an absent mvn as absent', async () => {
    const env = tool('mvn', 'echo "[INFO] x"; echo "[ERROR] Could not resolve org.example:one"; exit 1');
    await expect(jarsFromMaven(JARS, libs(), target(env))).rejects.toThrow(
      /^mvn: Could not resolve org.example:one$/,
    );
    const nowhere = { PATH: join(root, 'nowhere') };
    await expect(jarsFromMaven(JARS, libs(), target(nowhere))).rejects.toThrow(/^there is no mvn here$/);
  });
});

describe('jars from a repository that is named', () => {
  async function repository(files: Readonly<Record<string, string>>): Promise<string> {
    server = createServer((request, response) => {
      const found = files[request.url ?? ''];
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/`;
  }
  const FILES = {
    '/maven/org/example/one/1.0/one-1.0.jar': 'jar one',
    '/maven/org/example/sub/two/2/two-2.jar': 'jar two',
  };

  it('are fetched without mvn', async () => {
    const env = { PATH: '', MAVEN_REPOSITORY: await repository(FILES) };
    await jarsFromMaven(JARS, libs(), target(env));
    expect(readFileSync(join(libs(), 'one-1.0.jar'), 'utf8')).toBe('jar one');
  });

  it('are compared, and a missing one is named', async () => {
    const { '/maven/org/example/one/1.0/one-1.0.jar': _left, ...others } = FILES;
    const env = { PATH: '', MAVEN_REPOSITORY: await repository(others) };
    await expect(jarsFromMaven(JARS, libs(), target(env))).rejects.toThrow(/one-1\.0\.jar: 404$/);
    const wrong = { ...JARS, 'org.example.sub:two:2': sha256('another') };
    const { 'org.example:one:1.0': _one, ...two } = wrong;
    await expect(jarsFromMaven(two, libs(), target(env))).rejects.toThrow(/two:2 has the SHA-256/);
  });
});

describe('Kafka', () => {
  it('is a pinned list of one version, with a digest each', () => {
    expect(Object.keys(kafkaJars)).toContain('org.apache.kafka:kafka_2.13:4.3.1');
    const versions = Object.keys(kafkaJars).filter((name) => name.startsWith('org.apache.kafka:'));
    expect(versions.filter((name) => !name.endsWith(':4.3.1'))).toEqual([]);
    for (const digest of Object.values(kafkaJars)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('asks for Java before anything is downloaded', async () => {
    await expect(unpackKafka(target({ PATH: join(root, 'nowhere') }))).rejects.toThrow(
      /^there is no java here$/,
    );
    const old = tool('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    await expect(unpackKafka(target(old))).rejects.toThrow(/^java is 11, and Kafka needs 17$/);
    expect(existsSync(join(root, 'folder'))).toBe(false);
  });
});

describe('a program of a Go module', () => {
  const GO_MOD =
    'module ours\n\ngo 1.26\n\nrequire (\n\texample.org/tool v1.2.3\n\texample.org/toolbox v9.0.0\n)\n';
  const program = (module: string) => {
    writeFileSync(join(root, 'go.mod'), GO_MOD);
    mkdirSync(join(root, 'folder'), { recursive: true });
    return fromGo({ module, requiredBy: join(root, 'go.mod') });
  };

  it('is built at the version that go.mod requires, into the folder', async () => {
    const env = tool('go', `echo "$@" > "$GOBIN/said"`);
    await program('example.org/tool')(target(env));
    expect(readFileSync(join(root, 'folder/bin/said'), 'utf8')).toBe('install example.org/tool@v1.2.3\n');
  });

  it('is one line when it cannot be built', async () => {
    const failing = tool('go', 'echo "go: downloading x" >&2; echo "x.go:1: no" >&2; exit 1');
    await expect(program('example.org/tool')(target(failing))).rejects.toThrow(/^go: x\.go:1: no$/);
    const nowhere = { PATH: join(root, 'nowhere') };
    await expect(program('example.org/tool')(target(nowhere))).rejects.toThrow(/^there is no go here$/);
    await expect(program('example.org/too')(target(failing))).rejects.toThrow(
      /requires no example.org\/too$/,
    );
  });
});
