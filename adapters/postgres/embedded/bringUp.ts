// From a folder to a server that answers, whatever state the folder is in. Invariant: every turn of the loop looks
// again at what is there, so that racing starts, killed ones and leavers all end in one server. Called by index.ts.
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { locateBinaries } from './binaries.ts';
import type { Layout } from './cluster.ts';
import {
  checkVersion,
  createData,
  findData,
  reachableBinaries,
  readPassword,
  writeSettings,
} from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import type { Holder } from './lockFile.ts';
import { disownRecycledPid, readHolder } from './lockFile.ts';
import type { Owner } from './owners.ts';
import { awaitLeavers } from './owners.ts';
import type { ProcessRef } from './processes.ts';
import type { RunAs } from './runAs.ts';
import { chooseRunAs, claimData } from './runAs.ts';
import { ask, launch, logTail } from './server.ts';
import { dismissWatchdog, findWatchdog, recordWatchdog, startWatchdog } from './watchdog.ts';

export interface BringUpOptions {
  layout: Layout;
  owner: Owner;
  log: (line: string) => void;
  nativeFolder: string;
  choosePort: () => Promise<number>;
  startTimeoutMs: number;
  ownerlessGraceSeconds: number;
  settings: Record<string, string>;
  userNamespaces: 'probe' | 'never';
  serviceDirectory: string;
}

export interface Running {
  postmaster: ProcessRef;
  port: number;
  password: string;
  dataDirectory: string;
  outcome: 'created' | 'started' | 'adopted';
}

/** A server, or why there is none yet. */
type Attempt = { running: Running } | { reason: string };

const POLL_MS = 20;

/**
 * 1. Wait for whoever is stopping the server. 2. A live server: adopt it once it answers. 3. No data: make it.
 * 4. No server: launch one. Again from 1 when another process was faster, or the port was taken.
 */
export async function bringUp(options: BringUpOptions): Promise<Running> {
  const { layout, owner, startTimeoutMs, userNamespaces, serviceDirectory } = options;
  const signal = AbortSignal.timeout(startTimeoutMs);
  const carried = await locateBinaries(options.nativeFolder, layout.libraryLinks);
  let created = false;
  let reason = 'another process is stopping it';
  while (await awaitLeavers(layout.owners, signal)) {
    const data = findData(layout.directory);
    if (data !== undefined) checkVersion(data, carried);
    const holder: Holder = data === undefined ? { kind: 'none' } : readHolder(data);
    if (data !== undefined && holder.kind === 'live') {
      const attempt = await adopt({ ...options, data, holder });
      if ('running' in attempt) return attempt.running;
      reason = attempt.reason;
    } else {
      const runAs = await chooseRunAs({
        directory: layout.directory,
        dataDirectory: data,
        binaries: carried,
        userNamespaces,
      });
      const binaries = await reachableBinaries({ binaries: carried, runAs, serviceDirectory });
      if (data === undefined) {
        created = await createData({ layout, binaries, runAs, serviceDirectory, token: owner.token });
        continue;
      }
      const attempt = await launchOn({ ...options, data, holder, binaries, runAs, created, signal });
      if ('running' in attempt) return attempt.running;
      reason = attempt.reason;
    }
    if (signal.aborted) break;
    await delay(POLL_MS);
  }
  throw new EmbeddedPostgresError(
    'START_TIMEOUT',
    `PostgreSQL did not accept connections within ${startTimeoutMs} ms: ${reason}. Start again to wait on; its log, ` +
      `${layout.log}, ends:\n${logTail(layout.log)}`,
  );
}

interface AdoptOptions extends BringUpOptions {
  data: string;
  holder: Extract<Holder, { kind: 'live' }>;
}

async function adopt(options: AdoptOptions): Promise<Attempt> {
  const { data, layout, owner, ownerlessGraceSeconds } = options;
  const { postmaster, port, ready } = options.holder;
  const password = readPassword(layout, data);
  if (!ready) return { reason: `process ${postmaster.pid} is starting or stopping` };
  const answer = await ask({ port, password, dataDirectory: data });
  if (answer.kind === 'refused') throw refusal({ postmaster, layout, cause: answer.error });
  if (answer.kind === 'silent') return { reason: `process ${postmaster.pid} says ${answer.error.message}` };
  if (findWatchdog(layout.watchdog, postmaster) === undefined) {
    const { log } = layout;
    const watchdog = startWatchdog({
      postmaster,
      owners: owner.directory,
      graceSeconds: ownerlessGraceSeconds,
      log,
    });
    recordWatchdog({ record: layout.watchdog, watchdog, postmaster });
  }
  return { running: { postmaster, port, password, dataDirectory: data, outcome: 'adopted' } };
}

interface LaunchOnOptions extends BringUpOptions {
  data: string;
  holder: Holder;
  binaries: Binaries;
  runAs: RunAs;
  created: boolean;
  signal: AbortSignal;
}

async function launchOn(options: LaunchOnOptions): Promise<Attempt> {
  const { data, holder, binaries, runAs, layout, signal, log } = options;
  const password = readPassword(layout, data);
  if (holder.kind === 'recycled') disownRecycledPid(data);
  await claimData(runAs, data);
  await writeSettings({ dataDirectory: data, settings: options.settings, runAs });
  const port = await options.choosePort();
  let watchdog: ProcessRef | undefined;
  const onSpawn = (postmaster: ProcessRef) => {
    const graceSeconds = options.ownerlessGraceSeconds;
    watchdog = startWatchdog({ postmaster, owners: options.owner.directory, graceSeconds, log: layout.log });
  };
  const launched = await launch({
    binaries,
    runAs,
    dataDirectory: data,
    port,
    log: layout.log,
    onSpawn,
    signal,
  });
  switch (launched.kind) {
    case 'port-taken':
    case 'data-taken':
      if (watchdog !== undefined) dismissWatchdog(watchdog);
      return {
        reason: launched.kind === 'port-taken' ? `port ${port} was taken` : 'another server has the data',
      };
    case 'out-of-time':
      return { reason: 'it is still recovering' };
    case 'ready':
      break;
    default:
      return launched satisfies never;
  }
  const { postmaster } = launched;
  if (watchdog !== undefined) recordWatchdog({ record: layout.watchdog, watchdog, postmaster });
  const answer = await ask({ port, password, dataDirectory: data });
  if (answer.kind === 'refused') throw refusal({ postmaster, layout, cause: answer.error });
  if (answer.kind === 'silent') return { reason: `it says ${answer.error.message}` };
  if (holder.kind !== 'none')
    log('PostgreSQL was not stopped in order last time: recovered all that was committed');
  const outcome = options.created ? 'created' : 'started';
  return { running: { postmaster, port, password, dataDirectory: data, outcome } };
}

function refusal(found: { postmaster: ProcessRef; layout: Layout; cause: Error }): EmbeddedPostgresError {
  const { postmaster, layout, cause } = found;
  return new EmbeddedPostgresError(
    'PASSWORD_REFUSED',
    `The PostgreSQL of ${layout.directory}, process ${postmaster.pid}, does not take the password in ` +
      `${layout.password} (${cause.message}). Put the right one there, or stop that server if it is not ours: ` +
      `\`kill -INT ${postmaster.pid}\`.`,
    { cause },
  );
}
