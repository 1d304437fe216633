// The files of one embedded server: where they lie, how they are made. Invariant: data and password appear whole or
// not at all (link and rename), so that two first starts agree and a killed one leaves nothing half made. Called by
// index.ts.
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { chmod, cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Binaries } from './binaries.ts';
import { ensureLibraryLinks } from './binaries.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { liveTokens } from './owners.ts';
import { CHILD_ENVIRONMENT } from './processes.ts';
import type { RunAs } from './runAs.ts';
import { handOver, mayPass, mayRun, spawnAs, wrongOwner } from './runAs.ts';
import { SETTINGS_FILE, settingsText } from './settings.ts';

export const SUPERUSER = 'annona';

export interface Layout {
  directory: string;
  password: string;
  owners: string;
  log: string;
  watchdog: string;
  libraryLinks: string;
}

export function layoutOf(directory: string): Layout {
  return {
    directory,
    password: join(directory, 'password'),
    owners: join(directory, 'owners'),
    log: join(directory, 'postgres.log'),
    watchdog: join(directory, 'watchdog'),
    libraryLinks: join(directory, 'lib'),
  };
}

/** The data directory if there is one, every link on the way to it resolved; PostgreSQL names itself by that path. */
export function findData(directory: string): string | undefined {
  const data = join(directory, 'data');
  if (!existsSync(data)) return undefined;
  try {
    return readdirSync(data).length === 0 ? undefined : realpathSync(data);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EACCES' ? wrongOwner(data, error) : error;
  }
}

export interface CreateDataOptions {
  layout: Layout;
  binaries: Binaries;
  runAs: RunAs;
  /** Parent of the data of folders that a service user may not enter. */
  serviceDirectory: string;
  /** Owner token of this start: marks its half-made files as in use. */
  token: string;
}

/** Runs initdb aside and moves the result into place. Returns false when another process was first. */
export async function createData(options: CreateDataOptions): Promise<boolean> {
  const { layout, binaries, runAs, serviceDirectory, token } = options;
  const home = (await mayPass(runAs, layout.directory))
    ? layout.directory
    : join(serviceDirectory, createHash('sha256').update(layout.directory).digest('hex').slice(0, 16));
  await mkdir(home, { recursive: true });
  const data = join(home, 'data');
  const draft = join(home, `creating-${token}`);
  await removeAbandonedDrafts(home, layout.owners);
  await mkdir(draft, { mode: 0o700 });
  try {
    const passwordFile = join(draft, 'password');
    await writeFile(passwordFile, readOrCreatePassword(layout.password), { mode: 0o600 });
    await handOver(runAs, draft);
    await runInitdb({ binaries, runAs, draft, passwordFile });
    await writeFile(join(draft, 'data', 'postgresql.conf'), `\ninclude '${SETTINGS_FILE}'\n`, { flag: 'a' });
    if (home !== layout.directory) await linkOnce(data, join(layout.directory, 'data'));
    return await renameIfFirst(join(draft, 'data'), data);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Writes the settings that the server reads at its next start. */
export async function writeSettings(options: {
  dataDirectory: string;
  settings: Record<string, string>;
  runAs: RunAs;
}): Promise<void> {
  const { dataDirectory, settings, runAs } = options;
  const path = join(dataDirectory, SETTINGS_FILE);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, settingsText(settings), { mode: 0o600 });
  await handOver(runAs, draft);
  await rename(draft, path);
}

/** Throws unless this data can be read by these binaries; a major version is a format of its own. */
export function checkVersion(dataDirectory: string, binaries: Binaries): void {
  const file = join(dataDirectory, 'PG_VERSION');
  if (!existsSync(file)) {
    throw new EmbeddedPostgresError(
      'DATA_DIRECTORY_FOREIGN',
      `${dataDirectory} is not empty and holds no PostgreSQL data. Move it away: \`mv '${dataDirectory}' '${dataDirectory}.old'\`.`,
    );
  }
  const found = Number(readFileSync(file, 'utf8'));
  if (found === binaries.major) return;
  const next = `${dataDirectory}.${binaries.major}`;
  const bin = (major: number) => `/usr/lib/postgresql/${major}/bin`;
  const initdb = `${bin(binaries.major)}/initdb --pgdata='${next}' --username=${SUPERUSER} --encoding=UTF8 --locale=C`;
  const upgrade =
    `${bin(binaries.major)}/pg_upgrade --old-bindir=${bin(found)} --new-bindir=${bin(binaries.major)} ` +
    `--old-datadir='${dataDirectory}' --new-datadir='${next}' --username=${SUPERUSER}`;
  throw new EmbeddedPostgresError(
    'OTHER_MAJOR_VERSION',
    `${dataDirectory} was written by PostgreSQL ${found}; this Annona carries PostgreSQL ${binaries.version} and ` +
      `touched nothing. To move the data, with both server packages installed, run: \`${initdb} && ${upgrade} && ` +
      `mv '${dataDirectory}' '${dataDirectory}.${found}' && mv '${next}' '${dataDirectory}'\`. ` +
      `To start empty instead, run: \`mv '${dataDirectory}' '${dataDirectory}.${found}'\`.`,
  );
}

/** The password of existing data. */
export function readPassword(layout: Layout, dataDirectory: string): string {
  if (existsSync(layout.password)) return readFileSync(layout.password, 'utf8').trim();
  throw new EmbeddedPostgresError(
    'PASSWORD_MISSING',
    `The database in ${dataDirectory} has a password that ${layout.password} held, and that file is gone. ` +
      `Put it back, or start empty: \`mv '${dataDirectory}' '${dataDirectory}.old'\`.`,
  );
}

/** A package that the service user cannot run (it lies below a private home, say) is copied to where it can. */
export async function reachableBinaries(options: {
  binaries: Binaries;
  runAs: RunAs;
  serviceDirectory: string;
}): Promise<Binaries> {
  const { binaries, runAs, serviceDirectory } = options;
  if (runAs.kind !== 'service' || (await mayRun(runAs, binaries))) return binaries;
  const home = join(serviceDirectory, `postgresql-${binaries.version}`);
  const native = join(home, 'native');
  if (!existsSync(native)) {
    await mkdir(home, { recursive: true, mode: 0o755 });
    const draft = join(home, `creating-${randomBytes(6).toString('hex')}`);
    await cp(binaries.native, draft, { recursive: true, verbatimSymlinks: true });
    await ensureLibraryLinks(draft, join(draft, 'lib'));
    await chmod(draft, 0o755);
    if (!(await renameIfFirst(draft, native))) await rm(draft, { recursive: true });
  }
  return { ...binaries, native, environment: CHILD_ENVIRONMENT };
}

function readOrCreatePassword(path: string): string {
  if (!existsSync(path)) {
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    try {
      linkSync(draft, path); // unlike rename, refuses to replace the password of a start that was faster
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }
  return readFileSync(path, 'utf8');
}

async function runInitdb(options: {
  binaries: Binaries;
  runAs: RunAs;
  draft: string;
  passwordFile: string;
}): Promise<void> {
  const { binaries, runAs, draft, passwordFile } = options;
  const command = [
    join(binaries.native, 'bin', 'initdb'),
    `--pgdata=${join(draft, 'data')}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Byte order: the same in every release of libc and ICU, so that an upgrade never breaks an index.
    '--locale=C',
  ];
  const child = spawnAs(runAs, command, {
    cwd: '/',
    env: binaries.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const code = await new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', settle);
  });
  if (code === 0) return;
  throw new EmbeddedPostgresError(
    'INIT_FAILED',
    `initdb could not create a database in ${draft} (exit ${code}): ${lines.join('').trim().slice(-1000)}`,
  );
}

async function renameIfFirst(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

async function removeAbandonedDrafts(home: string, owners: string): Promise<void> {
  const live = liveTokens(owners);
  for (const name of readdirSync(home)) {
    const token = /^creating-(.+)$/.exec(name)?.[1];
    if (token === undefined || live.has(token)) continue;
    // Tried again, because the initdb of a killed start may still be writing there; it ends when its folder is gone.
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 10 });
  }
}

async function linkOnce(target: string, link: string): Promise<void> {
  try {
    await symlink(target, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (resolve(dirname(link), readlinkSync(link)) !== target) throw error;
  }
}
