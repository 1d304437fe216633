// Which outside services the tests can have here: named by a variable, in PATH, or unpacked by `npm run services`.
// Called by test/run.ts for its lines, and by tests that need the service itself.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One service; `url` is the variable that names a running one, `binary` the program that starts one. */
type Service = { name: string; for: string; binary: string; url: string };

const SERVICES: readonly Service[] = [
  { name: 'kcat', for: 'a Kafka broker for the relay tests', binary: 'kcat', url: 'KAFKA_BROKERS' },
];

type Place = { root: string; env: NodeJS.ProcessEnv };

/** Where the program `binary` stands: in PATH, else anywhere under `.annona/services`; undefined if nowhere. */
export function findBinary(binary: string, { root, env }: Place): string | undefined {
  const inPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, binary));
  const unpacked = join(root, '.annona/services');
  const below = existsSync(unpacked) ? readdirSync(unpacked, { recursive: true, encoding: 'utf8' }) : [];
  const candidates = [
    ...inPath,
    ...below.filter((path) => path.split('/').at(-1) === binary).map((path) => join(unpacked, path)),
  ];
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && isExecutable(path));
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}

/** The services that the tests would have to do without. */
export function missingServices(place: Place): Service[] {
  return SERVICES.filter(({ binary, url }) => !place.env[url] && !findBinary(binary, place));
}
