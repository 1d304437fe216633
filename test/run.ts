// `npm test`: types, lint, then every test; arguments after `--` go to vitest.
// Invariant: it ends with 0 only if every step did, and no step is left out because an earlier one failed. With CI set, the services are unpacked
// beside types and lint, and a missing one is a failure, before any test, instead of a line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { missingServices } from './support/services.ts';

const ROOT = join(import.meta.dirname, '..');
const TOOLS = join(ROOT, 'node_modules/.bin');

type Step = { name: string; command: string; args: string[] };

const SERVICES: Step = { name: 'services', command: 'node', args: ['deploy/services.ts'] };

/** They read the tree alone, so that they run at the same time. */
const CHECKS: Step[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit', '-p', '.'] },
  { name: 'types of the console', command: 'tsc', args: ['--noEmit', '-p', 'api/console'] },
  { name: 'lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
];

const TESTS: Step = {
  name: 'tests',
  command: 'vitest',
  args: ['run', '--config', 'test/vitest.config.ts', ...process.argv.slice(2)],
};

/** The name of the step if it failed, after a line on how; else null. */
async function failureOf({ name, command, args }: Step): Promise<string | null> {
  // The tools' folder comes first, as under npm: the pinned runtime stands there, also for `node test/run.ts`.
  const env = { ...process.env, PATH: `${TOOLS}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  const how = await once(child, 'exit').then(
    ([status, signal]) => (status === 0 ? null : (signal ?? `exit code ${status}`)),
    (error: Error) => error.message,
  );
  if (how === null) return null;
  console.error(`${name}: ${how}`);
  return name;
}

async function main(): Promise<number> {
  const strict = !['', '0', 'false'].includes(process.env.CI ?? '');
  const first = await Promise.all([...(strict ? [SERVICES] : []), ...CHECKS].map(failureOf));

  const missing = missingServices({ root: ROOT, env: process.env });
  for (const service of missing)
    console.log(`missing: ${service.name} (${service.purpose}). To unpack it: npm run services`);
  if (strict && (missing.length > 0 || first.includes(SERVICES.name))) return 1;

  const failed = [...first, await failureOf(TESTS)].filter((name) => name !== null);
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

// Ctrl-C reaches the steps by themselves: what they leave in order is waited for.
process.on('SIGINT', () => {});
process.exitCode = await main();
