// Apache Kafka as its jars and one script: a broker in KRaft mode needs no more than Java and its main class.
// Invariant: the script takes what the distribution's takes (a properties file, `--version`, KAFKA_HEAP_OPTS, KAFKA_OPTS), so that
// either serves. Called by a row of table.ts.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import jars from './kafkaJars.json' with { type: 'json' };
import { jarsFromMaven } from './maven.ts';
import type { InstallTarget } from './provide.ts';

const run = promisify(execFile);
/** Kafka 4's brokers are compiled for it. */
const JAVA_OLDEST = 17;

const SCRIPT = `#!/bin/sh
# Starts one broker: kafka-server-start.sh FILE.properties. Ends with it: the script becomes Java.
exec java \${KAFKA_HEAP_OPTS:--Xmx1g} \${KAFKA_OPTS:-} -cp "$(dirname "$0")/../libs/*" kafka.Kafka "$@"
`;

export async function unpackKafka(target: InstallTarget): Promise<void> {
  await requireJava(target.env);
  const { folder } = target;
  await jarsFromMaven(jars, join(folder, 'libs'), target);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin/kafka-server-start.sh'), SCRIPT, { mode: 0o755 });
}

async function requireJava(env: NodeJS.ProcessEnv): Promise<void> {
  const said = await run('java', ['-version'], { env }).catch(() => {
    throw new Error('there is no java here');
  });
  const major = Number(/version "(\d+)/.exec(said.stderr)?.[1] ?? 0);
  if (major < JAVA_OLDEST) throw new Error(`java is ${major}, and Kafka needs ${JAVA_OLDEST}`);
}
