import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dumpTo } from '../../../api/roles/dump.ts';

describe('the dump of a refused tick', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'annona-dump-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is a readable file, and the log says where', async () => {
    const lines: string[] = [];
    const file = await dumpTo(join(directory, 'dumps'), (line) => lines.push(line)).write('case', {
      version: 1,
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1 });
    expect(lines).toEqual([expect.stringContaining(file)]);
  });

  it('keeps the first cases of many, and says so of the others', async () => {
    const lines: string[] = [];
    const dump = dumpTo(directory, (line) => lines.push(line));
    for (let n = 0; n < 25; n += 1) await dump.write(`case-${n}`, {});
    expect(await readdir(directory)).toHaveLength(20);
    expect(lines).toHaveLength(25);
  });

  it('that cannot be written is a line in the log, not the end of the tick', async () => {
    const lines: string[] = [];
    const blocked = join(directory, 'file');
    await writeFile(blocked, '');
    await dumpTo(blocked, (line) => lines.push(line)).write('case', {});
    expect(lines).toEqual([expect.stringContaining('could not be written')]);
  });
});
