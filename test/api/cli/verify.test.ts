// `annona verify`: a decided tick by path or through a pipe, what is wrong by name, and a tick of a server against its record.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TickFile } from '../../../scheduler/index.ts';
import { json, problem, stubServer } from '../../support/stubServer.ts';
import { ran } from './recording.ts';

const GOLDEN = join(import.meta.dirname, '../../golden/cohort-lends-nothing.tick.json');

let home = '';
let answer = '';
let file = '';
let decided: TickFile;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annona-verify-'));
  answer = join(home, 'answer.json');
  file = join(home, 'tick.json');
  const { out } = await ran('tick', GOLDEN, '--json');
  writeFileSync(answer, out);
  decided = JSON.parse(out).file;
  writeFileSync(file, JSON.stringify(decided));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The decided tick with a part of what was decided replaced. */
function changed(change: (of: NonNullable<TickFile['decided']>) => object): string {
  const path = join(home, 'changed.json');
  writeFileSync(
    path,
    JSON.stringify({ ...decided, decided: { ...decided.decided, ...change(decided.decided!) } }),
  );
  return path;
}

describe('annona verify FILE', () => {
  it('says of a true one what it checked, from what `annona tick --json` printed or from the file alone', async () => {
    for (const path of [answer, file]) {
      const { exitCode, out, err } = await ran('verify', path);
      expect([exitCode, err]).toEqual([0, '']);
      expect(out).toMatch(
        /^tick of cell main at 2026-11-23T09:00:00.000Z: 3 of 7 requests granted, 1 pools$/m,
      );
      expect(out).toMatch(/^ok +class standard +37516 of at most 37516, gap 0\.000 %$/m);
      expect(out.split('\n').at(-1)).toBe('verified: every check holds');
    }
  });

  it('says the same as JSON', async () => {
    const { exitCode, out } = await ran('verify', file, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, wrong: null, open: [], cell: 'main' });
  });

  it('names the first thing that is wrong, with both sides and what to do, and leaves with 7', async () => {
    const path = changed(({ stages }) => ({
      stages: stages.map((stage) => ({ ...stage, bound: stage.bound - 1 })),
    }));
    const { exitCode, out, err } = await ran('verify', path);
    expect(exitCode).toBe(7);
    expect(out).toMatch(/^WRONG +certificate +digest [0-9a-f]{16}, recorded [0-9a-f]{16}: the claims/m);
    expect(err).toMatch(/^annona: not verified: certificate: .*\. The file was changed after the tick/);
    const asJson = await ran('verify', path, '--json');
    expect([asJson.exitCode, JSON.parse(asJson.out)]).toEqual([
      7,
      expect.objectContaining({
        ok: false,
        wrong: expect.objectContaining({ what: 'certificate', ok: false }),
      }),
    ]);
  });

  it('asks for the decision of a tick that has none, and tells every mistake of a broken file', async () => {
    const undecided = await ran('verify', GOLDEN);
    expect([undecided.exitCode, undecided.err]).toEqual([
      2,
      expect.stringContaining(`annona tick ${GOLDEN} --json | annona verify -`),
    ]);
    const broken = await ran(
      'verify',
      changed(() => ({ fault: 'bored', stages: [{}] })),
    );
    expect(broken.exitCode).toBe(2);
    expect(broken.err).toContain('/decided/fault: ');
    expect(broken.err).toContain('/decided/stages/0/bound: is missing');
    expect((await ran('verify', join(home, 'none.json'))).err).toContain('no such file');
  });

  it('reads standard input', async () => {
    const cli = join(import.meta.dirname, '../../../api/cli/annona.js');
    const out = await new Promise<string>((resolve, reject) => {
      const child = execFile(process.execPath, [cli, 'verify', '-'], (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
      child.stdin!.end(readFileSync(answer));
    });
    expect(out).toContain('verified: every check holds');
  });
});

describe('annona verify TICK', () => {
  const record = () => {
    const { stages, digests, fault } = decided.decided!;
    return { tick: 12, digest: 'abc', stages, digests, fault };
  };
  const verifying = async (answers: { file: unknown; record: unknown }) => {
    const stub = await stubServer();
    stub.on('GET /v1/ticks/12/file', json(200, answers.file));
    stub.on('GET /v1/ticks/12', json(200, answers.record));
    const result = await ran('verify', '12', '--url', stub.url, '--token', 't');
    stub.close();
    return result;
  };

  it('takes the file from the server, and holds it against the record', async () => {
    const { exitCode, out } = await verifying({ file: decided, record: record() });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ok +record +is what tick 12 committed, digest abc$/m);
  });

  it('does not take a file for another that the record does not name', async () => {
    const other = { ...record(), digests: { ...record().digests, plan: 'f' } };
    const { exitCode, err } = await verifying({ file: decided, record: other });
    expect([exitCode, err]).toEqual([7, expect.stringContaining('not verified: record: the digests')]);
  });

  it('says when the server keeps it no more, or never said what was decided', async () => {
    const { decided: _, ...undecided } = decided;
    const old = await verifying({ file: undecided, record: record() });
    expect([old.exitCode, old.err]).toEqual([2, expect.stringContaining('its server is too old to say')]);
    const stub = await stubServer();
    stub.on('GET /v1/ticks/12/file', problem(404, 'NOT_FOUND', 'the oldest is tick 2000'));
    stub.on('GET /v1/ticks/12', json(200, record()));
    const gone = await ran('verify', '12', '--url', stub.url, '--token', 't');
    stub.close();
    expect([gone.exitCode, gone.err]).toEqual([1, expect.stringContaining('the oldest is tick 2000')]);
  });
});
