// Jars of a pinned list, from a Maven repository into a folder, each compared with the digest that is committed beside its name.
// Invariant: a jar with other bytes than the list says never stays. By `mvn`, which knows its repositories and their mirrors; by HTTP
// where MAVEN_REPOSITORY names one. Called by rows of table.ts.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstallTarget } from './provide.ts';

const run = promisify(execFile);
/** Some 50 MB with Maven's own plugins; a repository that gives less in this time is down. */
const MAVEN_MS = 300_000;
/** Pinned like the jars: what another version copies by default may differ. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** "group:artifact:version" to the SHA-256 of its jar, in hexadecimal. */
export type Jars = Readonly<Record<string, string>>;

interface Coordinate {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

export async function jarsFromMaven(
  jars: Jars,
  folder: string,
  { cache, env }: InstallTarget,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const repository = env.MAVEN_REPOSITORY;
  if (repository) await byHttp(jars, folder, repository);
  else await byMaven(jars, folder, { cache, env });
  for (const [name, want] of Object.entries(jars)) {
    const path = join(folder, fileOf(coordinate(name)));
    const found = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    if (found !== want) throw new Error(`${name} has the SHA-256 ${found}, and not ${want}`);
  }
}

/** Every jar is named, so that nothing is resolved: the list decides, not the repository of the day. */
async function byMaven(
  jars: Jars,
  folder: string,
  { cache, env }: Pick<InstallTarget, 'cache' | 'env'>,
): Promise<void> {
  const project = join(cache, 'maven/pom.xml');
  await mkdir(join(project, '..'), { recursive: true });
  await writeFile(project, pomOf(Object.keys(jars).map(coordinate)));
  const args = ['-q', '-B', '-f', project, `-Dmaven.repo.local=${join(cache, 'maven/repository')}`, COPY];
  try {
    await run('mvn', [...args, `-DoutputDirectory=${folder}`, '-DexcludeTransitive=true'], {
      env,
      timeout: MAVEN_MS,
    });
  } catch (error) {
    const { code, stdout, message } = error as { code?: unknown; stdout?: string; message: string };
    if (code === 'ENOENT') throw new Error('there is no mvn here');
    const said = /^\[ERROR\] (.+)/m.exec(stdout ?? '')?.[1];
    throw new Error(`mvn: ${said ?? message.split('\n')[0]}`);
  }
}

function pomOf(coordinates: readonly Coordinate[]): string {
  const dependencies = coordinates.map(
    ({ group, artifact, version }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project><modelVersion>4.0.0</modelVersion>
<groupId>annona</groupId><artifactId>services</artifactId><version>1</version>
<dependencies>
${dependencies.join('\n')}
</dependencies></project>
`;
}

async function byHttp(jars: Jars, folder: string, repository: string): Promise<void> {
  const base = repository.replace(/\/+$/, '');
  for (const one of Object.keys(jars).map(coordinate)) {
    const { group, artifact, version } = one;
    const url = `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${fileOf(one)}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(MAVEN_MS) }).catch((error: Error) => {
      throw new Error(`${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
    });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    await writeFile(join(folder, fileOf(one)), Buffer.from(await answer.arrayBuffer()));
  }
}

function fileOf({ artifact, version }: Coordinate): string {
  return `${artifact}-${version}.jar`;
}

function coordinate(name: string): Coordinate {
  const [group, artifact, version, ...rest] = name.split(':');
  if (!group || !artifact || !version || rest.length > 0)
    throw new Error(`${name} is no "group:artifact:version"`);
  return { group, artifact, version };
}
