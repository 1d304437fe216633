// One service: named by a variable, in PATH, unpacked before, or unpacked now; in this order, and it must say its version.
// Invariant: what is under `.annona/services/<name>` is whole: it is unpacked beside it and renamed. Called by run.ts.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { promisify } from 'node:util';

export interface Service {
  readonly name: string;
  /** What the tests use it for. */
  readonly purpose: string;
  /** The program that starts one. */
  readonly binary: string;
  /** The variable that names a running one; absent of a program that is called, and does not run. */
  readonly url?: string;
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** Unpacks it with all that it needs. Throws an error whose message is one line. */
  readonly install: (target: InstallTarget) => Promise<void>;
  /** What a person does when that fails. */
  readonly byHand: string;
}

export interface InstallTarget {
  /** Empty; becomes the service's folder. */
  readonly folder: string;
  /** Kept between runs, for downloads and lists. */
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Place {
  /** The checkout. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

export type Provided =
  | { readonly name: string; readonly state: 'named'; readonly where: string }
  | {
      readonly name: string;
      readonly state: 'present' | 'unpacked';
      readonly where: string;
      readonly version: string;
    }
  | { readonly name: string; readonly state: 'missing'; readonly detail: string; readonly byHand: string };

const run = promisify(execFile);
/** Java takes a second to say its version, and more on busy cores. */
const PROBE_MS = 30_000;

export async function provide(service: Service, place: Place): Promise<Provided> {
  const { name, binary, url, byHand } = service;
  if (url !== undefined && place.env[url]) return { name, state: 'named', where: `${url}=${place.env[url]}` };
  const inPath = inPathOf(binary, place.env);
  if (inPath !== undefined) {
    const version = await versionOf(service, inPath, place.env);
    if (version !== null) return { name, state: 'present', where: inPath, version };
  }
  const folder = join(place.root, '.annona/services', name);
  const kept = await unpackedVersion(service, folder, place);
  if (kept !== null) return { name, state: 'present', ...kept };
  try {
    await install(service, folder, place);
  } catch (error) {
    return { name, state: 'missing', detail: (error as Error).message, byHand };
  }
  const unpacked = await unpackedVersion(service, folder, place);
  if (unpacked !== null) return { name, state: 'unpacked', ...unpacked };
  return {
    name,
    state: 'missing',
    detail: `unpacked in ${folder}, but ${binary} does not run there`,
    byHand,
  };
}

async function install(service: Service, folder: string, place: Place): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`;
  const cache = join(place.root, '.annona/services/cache');
  await mkdir(partial, { recursive: true });
  await mkdir(cache, { recursive: true });
  try {
    await service.install({ folder: partial, cache, env: place.env });
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function unpackedVersion(
  service: Service,
  folder: string,
  { root, env }: Place,
): Promise<{ where: string; version: string } | null> {
  const program = filesBelow(folder).find((path) => path.endsWith(`/bin/${service.binary}`));
  if (program === undefined) return null;
  const version = await versionOf(service, program, { ...env, LD_LIBRARY_PATH: libraryPath(folder) });
  return version === null ? null : { where: relative(root, program), version };
}

/** Null: it does not run, or says something else. */
async function versionOf(
  { version }: Service,
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const said = await run(program, [...version.args], { env, timeout: PROBE_MS }).catch(() => null);
  return version.pattern.exec(`${said?.stdout ?? ''}${said?.stderr ?? ''}`)?.[1] ?? null;
}

/** For `LD_LIBRARY_PATH` of a program that was unpacked in `folder`: every folder there that holds shared libraries. */
export function libraryPath(folder: string): string {
  const libraries = filesBelow(folder).filter((path) => /\.so(\.|$)/.test(path));
  return [...new Set(libraries.map((path) => join(path, '..')))].sort().join(delimiter);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return below.map((path) => join(folder, path)).filter((path) => isFile(path));
}

function inPathOf(binary: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  const candidates = PATH.split(delimiter).map((folder) => join(folder, binary));
  return candidates.find((path) => isFile(path) && mayRun(path));
}

/** Follows links: a library is often a link to its version. False too in folders of PATH that this user may not enter. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
