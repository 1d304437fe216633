// The embedded PostgreSQL: starts it, adopts it, stops it. Invariant: one server a data directory, which lives while
// a process that started or adopted it lives, and a grace longer. Called by api/roles when there is no DATABASE_URL.
import { mkdirSync, realpathSync } from 'node:fs';
import { findNativeFolder } from './binaries.ts';
import type { Running } from './bringUp.ts';
import { bringUp } from './bringUp.ts';
import type { Layout } from './cluster.ts';
import { layoutOf } from './cluster.ts';
import { readHolder } from './lockFile.ts';
import type { Owner } from './owners.ts';
import { beginLeaving, forgetOwner, joinOwners } from './owners.ts';
import { wrongOwner } from './runAs.ts';
import { databaseUrl, findFreePort, stopServer } from './server.ts';
import { dismissWatchdog, findWatchdog } from './watchdog.ts';

export type { EmbeddedPostgresErrorCode } from './errors.ts';
export { EmbeddedPostgresError } from './errors.ts';

export interface EmbeddedPostgresOptions {
  /** Folder of this server: data, password, log. Made with mode 700 if it is not there. */
  directory: string;
  /** Receives one line a notable step. */
  log: (line: string) => void;
  /** The binaries' `native` folder. Default: the npm package of this platform. */
  nativeFolder?: string;
  /** Default: a port that is free. Asked again when the port was taken before the server had it. */
  choosePort?: () => Promise<number>;
  /** How long a start may take, crash recovery included. */
  startTimeoutMs?: number;
  /** How long an orderly stop may take before a ruder one. */
  stopPatienceMs?: number;
  /** How long the server outlives its last owner, when that one was killed and could not stop it. */
  ownerlessGraceSeconds?: number;
  /** Server settings beside ours, by name. */
  settings?: Record<string, string>;
  /** As root: whether a user namespace is tried before a service user. */
  userNamespaces?: 'probe' | 'never';
  /** As root without user namespaces: where data goes whose folder the service user may not enter. */
  serviceDirectory?: string;
}

export interface EmbeddedPostgres {
  /** With the password: never to be logged. */
  url: string;
  port: number;
  dataDirectory: string;
  /** `created`: a new database; `started`: on data that was there; `adopted`: the server was already running. */
  outcome: 'created' | 'started' | 'adopted';
  pid: number;
  /** Leaves the server, and stops it if no other process uses it. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** @throws EmbeddedPostgresError with a stable `code` and a message that says what to do. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, stopPatienceMs = 30_000 } = options;
  const nativeFolder = options.nativeFolder ?? findNativeFolder();
  const { layout, owner } = enter(options.directory);
  let running: Running;
  try {
    running = await bringUp({
      layout,
      owner,
      log,
      nativeFolder,
      choosePort: options.choosePort ?? findFreePort,
      startTimeoutMs: options.startTimeoutMs ?? 120_000,
      ownerlessGraceSeconds: options.ownerlessGraceSeconds ?? 30,
      settings: options.settings ?? {},
      userNamespaces: options.userNamespaces ?? 'probe',
      serviceDirectory: options.serviceDirectory ?? '/var/lib/annona',
    });
  } catch (error) {
    forgetOwner(owner);
    throw error;
  }
  const { postmaster, port, password, dataDirectory, outcome } = running;
  log(`PostgreSQL ${OUTCOME_TEXT[outcome]} ${dataDirectory} (port ${port}, process ${postmaster.pid})`);
  let stopping: Promise<void> | undefined;
  return {
    url: databaseUrl(port, password),
    port,
    dataDirectory,
    outcome,
    pid: postmaster.pid,
    stop() {
      stopping ??= leave({ running, layout, owner, log, stopPatienceMs });
      return stopping;
    },
  };
}

function enter(directory: string): { layout: Layout; owner: Owner } {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // PostgreSQL knows its data directory with every link resolved: so must we, to recognise it.
    const layout = layoutOf(realpathSync(directory));
    return { layout, owner: joinOwners(layout.owners) };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EACCES' ? wrongOwner(directory, error) : error;
  }
}

const OUTCOME_TEXT: Record<EmbeddedPostgres['outcome'], string> = {
  created: 'started on new data in',
  started: 'started on the existing data in',
  adopted: 'was already running and is adopted, data in',
};

async function leave(options: {
  running: Running;
  layout: Layout;
  owner: Owner;
  log: (line: string) => void;
  stopPatienceMs: number;
}): Promise<void> {
  const { running, layout, owner, log, stopPatienceMs } = options;
  const staying = beginLeaving(owner);
  try {
    if (staying.length > 0) {
      log(`PostgreSQL keeps running for process ${staying.map((ref) => ref.pid).join(', ')}`);
      return;
    }
    // Another owner may have had to start it anew since: what counts is who holds the data now.
    const holder = readHolder(running.dataDirectory);
    const postmaster = holder.kind === 'live' ? holder.postmaster : running.postmaster;
    const watchdog = findWatchdog(layout.watchdog, postmaster);
    await stopServer({ postmaster, patienceMs: stopPatienceMs, log });
    if (watchdog !== undefined) dismissWatchdog(watchdog);
    log(`PostgreSQL stopped, data in ${running.dataDirectory}`);
  } finally {
    forgetOwner(owner);
  }
}
