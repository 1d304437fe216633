// The published form in an empty folder: built, packed, unpacked, and used as whoever installs it would.
// Invariant: of our node_modules it sees what its manifest names and nothing else; no registry is asked.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran } from '../api/cli/recording.ts';

const ROOT = join(import.meta.dirname, '../..');
const LIMIT_MS = 90_000;
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

let home = '';
const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: home, encoding: 'utf8', env: { ...process.env, PATH } });
const annona = (...args: readonly string[]) =>
  run(join(home, 'node_modules/annona/api/cli/annona.js'), ...args);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-package-'));
  const told = { cwd: ROOT, encoding: 'utf8', env: { ...process.env, PATH } } as const;
  execFileSync(process.execPath, ['deploy/build.ts'], told);
  const packed = execFileSync(
    'npm',
    ['pack', './dist', '--json', '--offline', '--pack-destination', home],
    told,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  mkdirSync(join(home, 'node_modules/annona'), { recursive: true });
  run('tar', '-xzf', filename, '-C', 'node_modules/annona', '--strip-components', '1');
  writeFileSync(join(home, 'package.json'), '{"type": "module"}');
  const manifest = JSON.parse(readFileSync(join(home, 'node_modules/annona/package.json'), 'utf8'));
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    // Not there: an optional one of another platform.
    if (!existsSync(join(ROOT, 'node_modules', name))) continue;
    mkdirSync(dirname(join(home, 'node_modules', name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(home, 'node_modules', name));
  }
}, LIMIT_MS);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the package', () => {
  it('runs as a command that says its version and its commands', () => {
    expect(annona('--version').trim()).toBe(version);
    expect(annona('request', 'submit', '--help')).toContain(
      'annona request submit --gpu 2 --cpu 8 --for 30m --wait 10',
    );
  });

  it('decides a tick as the checkout does, to the digest', async () => {
    const file = join(ROOT, 'examples/ticks/contended.json');
    copyFileSync(file, join(home, 'contended.json'));
    expect(annona('tick', 'contended.json').trimEnd()).toBe((await ran('tick', file)).out);
  });

  it('solves a program in a process of its own', () => {
    copyFileSync(join(ROOT, 'examples/programs/blend.lp'), join(home, 'blend.lp'));
    expect(JSON.parse(annona('solve', 'blend.lp', '--json'))).toMatchObject({
      status: 'optimal',
      ended: 'complete',
    });
  });

  it.each(['client', 'scheduler', 'solver', 'solver/node', 'policies', 'policies/node'])(
    'opens the door annona/%s',
    (door) => {
      const script = `console.log(Object.keys(await import('annona/${door}')).length)`;
      expect(Number(run(process.execPath, '--input-type=module', '-e', script))).toBeGreaterThan(0);
    },
  );

  it('types what its client does', () => {
    const source = (seconds: string) => `import { createClient, createFence } from 'annona/client';
      const annona = createClient({ baseUrl: 'http://127.0.0.1:7400', token: 't' });
      export const fence: boolean = createFence().admits('disk', 1);
      export const wish = annona.extend({ id: 'lse_1', epoch: 1 }, { seconds: ${seconds} });\n`;
    const options = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2025', 'dom', 'dom.asynciterable'],
      types: [],
    };
    writeFileSync(
      join(home, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['uses.ts'] }),
    );
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    writeFileSync(join(home, 'uses.ts'), source('5'));
    run(tsc, '-p', '.');
    writeFileSync(join(home, 'uses.ts'), source("'5'"));
    expect(() => run(tsc, '-p', '.')).toThrow();
  });
});
