// The programs that people are shown: each has the outcome that is told of it, and the page shows what the command prints.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ran } from '../api/cli/recording.ts';

const FOLDER = join(import.meta.dirname, '../../examples/programs');
const PAGE = readFileSync(join(FOLDER, '../README.md'), 'utf8');

const WANT: Readonly<
  Record<string, { readonly exitCode: number; readonly status: string; readonly objective: unknown }>
> = {
  'blend.lp': { exitCode: 0, status: 'optimal', objective: expect.closeTo(1743.448, 3) },
  'clash.lp': { exitCode: 4, status: 'infeasible', objective: null },
  'lab.json': { exitCode: 0, status: 'optimal', objective: 170 },
};

describe('examples/programs', () => {
  it('are all of these', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(Object.keys(WANT));
  });

  it.each(Object.entries(WANT))('%s', async (file, { exitCode, ...want }) => {
    const solved = await ran('solve', join(FOLDER, file), '--engine', 'highs', '--json');
    expect(solved.exitCode).toBe(exitCode);
    expect(JSON.parse(solved.out)).toMatchObject(want);
  });

  it('clash as the page shows', async () => {
    const { out } = await ran('solve', join(FOLDER, 'clash.lp'), '--explain');
    const shown = out.slice(out.indexOf('these clash'));
    expect(shown.split('\n')).toHaveLength(5);
    expect(PAGE).toContain(shown);
  });
});
