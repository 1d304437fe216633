// The command line as a user meets it first: help, mistakes, and failures in one line with an exit code.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran } from './recording.ts';

const ROOT = join(import.meta.dirname, '../../..');
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-cli-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('annona', () => {
  it('lists its commands, and explains one with an example', async () => {
    const help = await ran('--help');
    expect(help.exitCode).toBe(0);
    for (const command of [
      'start',
      'serve',
      'token',
      'tick',
      'replay-trace',
      'request',
      'lease',
      'pool',
      'top',
    ])
      expect(help.out).toContain(`  ${command} `);
    const explained = await ran('help', 'tick');
    expect(explained.exitCode).toBe(0);
    expect(explained.out).toContain('annona tick examples/');
  });

  it('says its version, which is the package’s', async () => {
    const { version } = (await import('../../../package.json', { with: { type: 'json' } })).default;
    expect(await ran('--version')).toMatchObject({ exitCode: 0, out: version });
  });

  it('loads no server code for --help', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { run } = await import(${JSON.stringify(join(ROOT, 'api/cli/main.ts'))});
      await run(['--help'], { out() {}, err() {}, progress() {} });
      console.log(JSON.stringify(loaded));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const loaded = (JSON.parse(said) as string[]).filter((url) => url.startsWith('file:'));
    expect(loaded.length).toBeGreaterThan(3);
    expect(
      loaded.filter((url) =>
        /\/(adapters|scheduler|solver|policies|http)\/|node_modules\/(pg|fastify)\//.test(url),
      ),
    ).toEqual([]);
  });

  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['start', '--no-such'], "unknown option '--no-such'"],
    [['replay-trace', '--format', 'openb'], "required option '--nodes <file>'"],
    [['start', '--port', 'x'], '--port x is not a whole number up to 65535'],
    [['start', '--port', '70000'], '--port 70000 is not a whole number up to 65535'],
    [['start', '--sample-seconds', '-1'], '--sample-seconds -1 is not a whole number'],
    [['start', '--sample-seconds', '1.5'], '--sample-seconds 1.5 is not a whole number'],
    [['start', '--organisation', '/nowhere'], '/nowhere: one problem'],
  ])('%j is a mistake: exit code 2 and a line that names it', async (argv, wantLine) => {
    const { exitCode, err, out } = await ran(...argv);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantLine);
    expect(err).not.toMatch(/^ {4}at /m);
    expect(out).toBe('');
  });

  it('names a directory that cannot be one', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    const { exitCode, err } = await ran('start', '--directory', join(file, 'data'));
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^annona: --directory: ENOTDIR/m);
  });
});

describe('annona serve', () => {
  const environment = { ...process.env };
  afterAll(() => {
    process.env = environment;
  });

  it('asks for a database', async () => {
    delete process.env.DATABASE_URL;
    const { exitCode, err } = await ran('serve');
    expect(exitCode).toBe(2);
    expect(err).toContain('DATABASE_URL is not set');
  });

  it('names a setting that does not exist', async () => {
    process.env.ANNONA_PROT = '1';
    const { exitCode, err } = await ran('serve');
    delete process.env.ANNONA_PROT;
    expect(exitCode).toBe(2);
    expect(err).toContain('ANNONA_PROT');
  });

  it('says in one line that the database does not answer', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    process.env.DATABASE_URL = `postgres://nobody@127.0.0.1:${port}/annona`;
    const { exitCode, err } = await ran('serve', '--port', '0');
    delete process.env.DATABASE_URL;
    expect(exitCode).toBe(6);
    expect(err).toMatch(/^annona: the database that DATABASE_URL names does not take us: .*ECONNREFUSED/);
    expect(err.split('\n')).toHaveLength(1);
  });
});
