// `npm test`: types, lint, then every test; arguments after `--` go to vitest.
// Invariant: it ends with 0 only if every step did, and no step is left out because an earlier one failed. With CI set,
// the services come first, and a missing one is a failure instead of a line.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { missingServices } from './support/services.ts';

const ROOT = join(import.meta.dirname, '..');
const TOOLS = join(ROOT, 'node_modules/.bin');

type Step = { name: string; command: string; args: string[] };

const STEPS: Step[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit', '-p', '.'] },
  { name: 'types of the console', command: 'tsc', args: ['--noEmit', '-p', 'api/console'] },
  { name: 'lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
  {
    name: 'tests',
    command: 'vitest',
    args: ['run', '--config', 'test/vitest.config.ts', ...process.argv.slice(2)],
  },
];

function passes({ name, command, args }: Step): boolean {
  // The tools' folder comes first, as under npm: the pinned runtime stands there, also for `node test/run.ts`.
  const env = { ...process.env, PATH: `${TOOLS}${delimiter}${process.env.PATH ?? ''}` };
  const { status, signal, error } = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (status === 0) return true;
  console.error(`${name}: ${error?.message ?? signal ?? `exit code ${status}`}`);
  return false;
}

function main(): number {
  const strict = !['', '0', 'false'].includes(process.env.CI ?? '');
  if (strict && !passes({ name: 'services', command: 'node', args: ['deploy/services.ts'] })) return 1;

  const missing = missingServices({ root: ROOT, env: process.env });
  for (const service of missing)
    console.log(`missing: ${service.name} (${service.purpose}). To unpack it: npm run services`);
  if (strict && missing.length > 0) return 1;

  const failed = STEPS.filter((step) => !passes(step)).map((step) => step.name);
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = main();
