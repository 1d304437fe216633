// Which outside services the tests can have here: named by a variable, in PATH, or unpacked by `npm run services`.
// Called by test/run.ts for its lines, and by tests that need the service itself.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { libraryPath, type Service } from '../../deploy/services/provide.ts';
import { SERVICES } from '../../deploy/services/table.ts';

type Place = { root: string; env: NodeJS.ProcessEnv };

const HERE: Place = { root: join(import.meta.dirname, '../..'), env: process.env };

/** Where the program `binary` stands: in PATH, else under `.annona/services`; undefined if nowhere. */
export function findBinary(binary: string, { root, env }: Place): string | undefined {
  const inPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, binary));
  const unpacked = foldersOf(join(root, '.annona/services')).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => join('/', path).endsWith(`/bin/${binary}`))
      .map((path) => join(folder, path)),
  );
  const candidates = [...inPath, ...unpacked];
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && isExecutable(path));
}

/** One a service. What was downloaded for them lies in `cache`, and is none. */
function foldersOf(services: string): string[] {
  if (!existsSync(services)) return [];
  const entries = readdirSync(services, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== 'cache')
    .map(({ name }) => join(services, name));
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}

/** The services that the tests would have to do without. */
export function missingServices(place: Place = HERE): Service[] {
  return SERVICES.filter(
    ({ binary, url }) => !(url !== undefined && place.env[url]) && !findBinary(binary, place),
  );
}

export interface Program {
  readonly path: string;
  /** With the libraries that were unpacked beside it. */
  readonly env: NodeJS.ProcessEnv;
}

/** The program of the service `name`, in PATH or unpacked; undefined where there is none. */
export function programOf(name: string, place: Place = HERE): Program | undefined {
  const path = findBinary(service(name).binary, place);
  if (path === undefined) return undefined;
  const libraries = libraryPath(join(place.root, '.annona/services', name));
  return { path, env: libraries === '' ? place.env : { ...place.env, LD_LIBRARY_PATH: libraries } };
}

/** @throws Error that says how to get it. */
export function requireProgram(name: string): Program {
  const program = programOf(name);
  if (program === undefined) throw new Error(howToGet(name));
  return program;
}

/**
 * Null where a test can have the service, named or started by itself; else the reason for its skip. `own`: a named one is not enough,
 * the test kills it. With CI set an absent service is a failure.
 */
export function absenceOf(name: string, { own = false } = {}): string | null {
  const { url } = service(name);
  const named = !own && url !== undefined && Boolean(process.env[url]);
  if (named || programOf(name) !== undefined) return null;
  if (!['', '0', 'false'].includes(process.env.CI ?? '')) throw new Error(howToGet(name));
  return howToGet(name);
}

function howToGet(name: string): string {
  return `${name} is absent: run \`npm run services\``;
}

function service(name: string): Service {
  const found = SERVICES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no service called ${name}`);
  return found;
}
