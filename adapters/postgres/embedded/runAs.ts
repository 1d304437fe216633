// As whom PostgreSQL runs, which refuses root. Invariant: the choice is made by trying (a child that must enter the
// folder and reach the program), and data that exists keeps its owner. Called by bringUp.ts before every start.
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { CHILD_ENVIRONMENT } from './processes.ts';

/**
 * `self`: an ordinary user. `namespace`: root outside, `uid` inside a user namespace, so that PostgreSQL sees an
 * ordinary user while files in a private folder of root stay its own. `service`: root steps down to this user.
 */
export type RunAs =
  | { kind: 'self' }
  | { kind: 'namespace'; uid: number; gid: number }
  | { kind: 'service'; uid: number; gid: number; name: string };

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export interface ChooseRunAsOptions {
  /** The folder given by the caller; the data is inside it unless a service user may not enter. */
  directory: string;
  /** Existing data, if any. */
  dataDirectory: string | undefined;
  binaries: Binaries;
  userNamespaces: 'probe' | 'never';
}

export async function chooseRunAs(options: ChooseRunAsOptions): Promise<RunAs> {
  const { directory, dataDirectory, binaries, userNamespaces } = options;
  const owner = dataDirectory === undefined ? undefined : statSync(dataDirectory);
  const euid = process.geteuid?.() ?? 0;
  if (euid !== 0) {
    if (dataDirectory !== undefined && owner?.uid !== euid) throw wrongOwner(dataDirectory);
    return { kind: 'self' };
  }
  const accounts = readAccounts();
  if (owner !== undefined && owner.uid !== 0) {
    const name = accounts.find((account) => account.uid === owner.uid)?.name ?? String(owner.uid);
    return { kind: 'service', uid: owner.uid, gid: owner.gid, name };
  }
  const inside = accountInside(accounts);
  if (userNamespaces === 'probe' && inside !== undefined) {
    const namespace: RunAs = { kind: 'namespace', uid: inside.uid, gid: inside.gid };
    if ((await mayEnter(namespace, directory)) && (await mayRun(namespace, binaries))) return namespace;
  }
  return { kind: 'service', ...serviceAccount(accounts) };
}

/** A folder that this process, an ordinary user, may not use. */
export function wrongOwner(path: string, cause?: unknown): EmbeddedPostgresError {
  const euid = process.geteuid?.();
  return new EmbeddedPostgresError(
    'WRONG_OWNER',
    `${path} belongs to another user than this process (${euid}). ` +
      `Start Annona as its owner, or hand it over: \`sudo chown -R ${euid} '${path}'\`.`,
    { cause },
  );
}

/** Starts a program as `runAs`. The pid is the program's own in all three cases: `unshare` replaces itself. */
export function spawnAs(runAs: RunAs, command: string[], options: SpawnOptions): ChildProcess {
  const [program, ...args] = command as [string, ...string[]];
  switch (runAs.kind) {
    case 'self':
      return spawn(program, args, options);
    case 'namespace': {
      const map = ['--user', `--map-user=${runAs.uid}`, `--map-group=${runAs.gid}`];
      return spawn('unshare', [...map, '--', program, ...args], options);
    }
    case 'service':
      return spawn(program, args, { ...options, uid: runAs.uid, gid: runAs.gid });
    default:
      return runAs satisfies never;
  }
}

/** Whether files can be made in this folder. */
export function mayEnter(runAs: RunAs, directory: string): Promise<boolean> {
  return tries(runAs, { script: 'test -w "$1" && test -x "$1"', path: directory });
}

/** Whether this folder can be passed through. */
export function mayPass(runAs: RunAs, directory: string): Promise<boolean> {
  return tries(runAs, { script: 'test -x "$1"', path: directory });
}

/** Whether this user reaches the program and every library it loads. */
export function mayRun(runAs: RunAs, binaries: Binaries): Promise<boolean> {
  const program = join(binaries.native, 'bin', 'postgres');
  return tries(runAs, { script: '"$1" --version', path: program, env: binaries.environment });
}

/** Gives a file, or a folder with all in it, to the user the server runs as. */
export async function handOver(runAs: RunAs, path: string): Promise<void> {
  if (runAs.kind !== 'service') return;
  await chown(path, runAs.uid, runAs.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) await handOver(runAs, join(path, name));
}

/**
 * Before a launch: data that root made in a user namespace goes to the service user, if this system has lost its
 * namespaces since.
 */
export async function claimData(runAs: RunAs, dataDirectory: string): Promise<void> {
  if (runAs.kind !== 'service' || statSync(dataDirectory).uid === runAs.uid) return;
  const parent = dirname(dataDirectory);
  if (!(await mayPass(runAs, parent))) {
    throw new EmbeddedPostgresError(
      'WRONG_OWNER',
      `The data in ${dataDirectory} belongs to root, for whom PostgreSQL does not run, and user ${runAs.name} may ` +
        `not enter ${parent}. Let it pass: \`chmod o+x '${parent}'\` (and the folders above).`,
    );
  }
  await handOver(runAs, dataDirectory);
}

interface Trial {
  /** What must succeed for `$1`. */
  script: string;
  path: string;
  env?: Record<string, string>;
}

function tries(runAs: RunAs, { script, path, env = CHILD_ENVIRONMENT }: Trial): Promise<boolean> {
  return new Promise((resolve) => {
    const command = ['/bin/sh', '-c', `test "$(id -u)" != 0 && ${script}`, 'probe', path];
    const child = spawnAs(runAs, command, { cwd: '/', env, stdio: 'ignore' });
    child.on('error', () => resolve(false)); // no `unshare` on this system
    child.on('exit', (code) => resolve(code === 0));
  });
}

function readAccounts(): Account[] {
  if (!existsSync('/etc/passwd')) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map((fields) => ({ name: fields[0]!, uid: Number(fields[2]), gid: Number(fields[3]) }));
}

/** initdb looks its user up by number, so the number inside the namespace must have a name. */
function accountInside(accounts: Account[]): Account | undefined {
  const named = accounts.find((account) => account.name === 'postgres');
  return named ?? accounts.find((account) => account.uid > 0);
}

function serviceAccount(accounts: Account[]): Account {
  for (const name of ['annona', 'postgres', 'nobody']) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid > 0);
    if (account !== undefined) return account;
  }
  throw new EmbeddedPostgresError(
    'SERVICE_USER_MISSING',
    'PostgreSQL refuses to run as root, this system allows no user namespace, and it has no user `annona`, ' +
      '`postgres` or `nobody` to step down to. Run `useradd --system annona`, or start Annona as an ordinary user.',
  );
}
