// `annona tick`: a good file, a broken one and none at all.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeSnapshot, toTickFile } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../../support/builders.ts';
import { ran } from './recording.ts';

let home = '';
let file = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-tick-'));
  file = join(home, 'tick.json');
  const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
    .request(aRequest(1).gpu(5), aRequest(2).gpu(5), aRequest(3).gpu(3))
    .build();
  writeFileSync(file, JSON.stringify(toTickFile(takeSnapshot(state, NOW))));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('annona tick', () => {
  it('prints who got what, why the others wait, and a proven gap', async () => {
    const { exitCode, out, err } = await ran('tick', file);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/^✓ granted +req_0+1 .*5 of gpu-a$/m);
    expect(out).toMatch(/^◷ waiting +req_0+2 .*POOL_FULL gpu-a asks 5, left 0, held 8$/m);
    expect(out).toMatch(/^standard +\d+ +\d+ +0\.000 %/m);
    expect(out).toMatch(/^digests +snapshot [0-9a-f]{16}, plan [0-9a-f]{16}$/m);
  });

  it('prints the same as JSON, the same every time', async () => {
    const [first, again] = [await ran('tick', file, '--json'), await ran('tick', file, '--json')];
    expect(first.out).toBe(again.out);
    const answer = JSON.parse(first.out) as { decisions: { outcome: string }[]; stages: { gap: number }[] };
    expect(answer.decisions.map(({ outcome }) => outcome).toSorted()).toEqual([
      'granted',
      'granted',
      'waiting',
    ]);
    expect(answer.stages.map(({ gap }) => gap)).toEqual([0]);
  });

  it('offers those who wait what is left over', async () => {
    const lean = join(home, 'lean.json');
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .request(aRequest(1).gpu(5), aRequest(2).gpu(5))
      .build();
    writeFileSync(lean, JSON.stringify(toTickFile(takeSnapshot(state, NOW))));
    const { out } = await ran('tick', lean, '--offers');
    expect(out).toMatch(/^offer +req_0+2 +gpu 5 -> 3 +3 of gpu-a$/m);
    const { offers } = JSON.parse((await ran('tick', lean, '--offers', '--json')).out);
    expect(offers).toMatchObject([{ offers: [{ changes: [{ field: 'quantity', from: 5, to: 3 }] }] }]);
  });

  it('names each mistake of a file with its place, and leaves with 2', async () => {
    const document = JSON.parse(readFileSync(file, 'utf8'));
    document.configuration.pools[0].capacity = -8;
    document.surprise = true;
    const broken = join(home, 'broken.json');
    writeFileSync(broken, JSON.stringify(document));
    const { exitCode, out, err } = await ran('tick', broken);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(`${broken}/configuration/pools/0/capacity: `);
    expect(err).toContain('surprise');
    expect(err).toContain('docs/tick-file.md');
  });

  it.each([
    ['{"version": 1,', 'not JSON'],
    ['[]', 'is no tick file'],
  ])('says of %j what it is not', async (text, wantLine) => {
    const broken = join(home, 'other.json');
    writeFileSync(broken, text);
    const { exitCode, err } = await ran('tick', broken);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantLine);
  });

  it('says that there is no such file', async () => {
    const { exitCode, err } = await ran('tick', join(home, 'none.json'));
    expect([exitCode, err]).toEqual([2, `annona: ${join(home, 'none.json')}: no such file`]);
  });
});
