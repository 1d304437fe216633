// Unpacks a Debian package and what it lacks on this machine, by apt-get and dpkg-deb, as any user and beside the system.
// Invariant: apt writes to the cache it is given and to nothing else; nothing is installed. Called by rows of table.ts.
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstallTarget } from './provide.ts';

const run = promisify(execFile);
/** Lists of a distribution are 20 MB; a mirror that gives less in this time is down. */
const APT_MS = 180_000;

/** `alone`: without what the package depends on, for a program that is linked statically. */
export function fromDebian(name: string, { alone = false } = {}): (target: InstallTarget) => Promise<void> {
  return async ({ folder, cache, env }) => {
    const downloads = join(folder, 'downloads');
    const fetchArchives = (apt: Apt) => (alone ? apt(['download', name]) : download(name, apt));
    const apt = await aptIn(join(cache, 'apt'), { downloads, env });
    // The system's lists are usually there, and as usual may be empty (an image) or name files that the mirror no longer has.
    const withSystemLists = await attempt(() => fetchArchives(apt.withSystemLists));
    if (withSystemLists !== null) {
      await apt.withOwnLists(['update']);
      await fetchArchives(apt.withOwnLists);
    }
    const archives = (await readdir(downloads)).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) {
      await tool('dpkg-deb', ['-x', join(downloads, archive), folder], { cwd: downloads, env });
    }
    await rm(downloads, { recursive: true });
  };
}

type Apt = (args: readonly string[]) => Promise<string>;

/** What apt would install is what is missing here: the package, and those of its libraries that the system has not. */
async function download(name: string, apt: Apt): Promise<void> {
  const plan = await apt(['install', '--simulate', '--no-install-recommends', name]);
  const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, wanted]) => wanted!);
  if (packages.length === 0)
    throw new Error(`apt-get would install nothing for ${name}: it is installed, and does not run`);
  await apt(['download', ...packages]);
}

async function aptIn(
  cache: string,
  { downloads, env }: { downloads: string; env: NodeJS.ProcessEnv },
): Promise<{ withSystemLists: Apt; withOwnLists: Apt }> {
  const lists = join(cache, 'lists');
  for (const path of [join(lists, 'partial'), join(cache, 'archives/partial'), downloads]) {
    await mkdir(path, { recursive: true });
  }
  const settings = [
    `Dir::Cache=${cache}`,
    // Locks are the system's, and an ordinary user may not take them.
    'Debug::NoLocking=1',
    // As root apt would become `_apt`, who may not enter a private checkout.
    'APT::Sandbox::User=root',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ];
  const options = (more: readonly string[]) => [...settings, ...more].flatMap((setting) => ['-o', setting]);
  const call = (more: readonly string[]): Apt => {
    return (args) => tool('apt-get', ['-qq', ...options(more), ...args], { cwd: downloads, env });
  };
  return { withSystemLists: call([]), withOwnLists: call([`Dir::State::lists=${lists}`]) };
}

async function attempt(work: () => Promise<unknown>): Promise<Error | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof MissingToolError) throw error;
    return error as Error;
  }
}

class MissingToolError extends Error {
  override name = 'MissingToolError';
}

async function tool(
  name: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    // English: the plan is read.
    const { stdout } = await run(name, [...args], { cwd, env: { ...env, LC_ALL: 'C' }, timeout: APT_MS });
    return stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new MissingToolError(`there is no ${name} here`);
    const lines = (stderr ?? '')
      .split('\n')
      .filter((line) => line.startsWith('E: ') || line.startsWith('dpkg-deb: error'));
    throw new Error(`${name}: ${lines[0] ?? (error as Error).message.split('\n')[0]}`);
  }
}
