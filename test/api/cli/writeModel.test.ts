// `annona tick --write-model`: the integer program of each class, which says the same as the tick when it is solved as any other file.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran } from './recording.ts';

const ROOT = join(import.meta.dirname, '../../..');
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-model-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Stage {
  readonly class: string;
  readonly value: number;
  readonly bound: number;
}

describe('annona tick --write-model', () => {
  it.each([
    ['examples/ticks/contended.json', 'mps'],
    ['examples/ticks/lending.json', 'lp'],
    ['test/golden/everything-together.tick.json', 'json'],
    ['test/golden/cohort-lends-nothing.tick.json', 'mps'],
  ])(
    'writes the programs of %s as %s, whose optima lie between value and bound of their classes',
    async (tick, form) => {
      const out = join(home, `${tick.replaceAll(/[/.]/g, '-')}.${form}`);
      const decided = await ran('tick', join(ROOT, tick), '--json', '--write-model', out);
      expect(decided.exitCode).toBe(0);
      const stages = JSON.parse(decided.out).stages as Stage[];
      const files = stages.map(({ class: name }) =>
        stages.length === 1 ? out : out.replace(`.${form}`, `.${name}.${form}`),
      );
      expect(decided.err.split('\n')).toEqual(
        stages.map(({ class: name }, at) => `${files[at]}: the program of class ${name}`),
      );
      for (const [at, { class: name, value, bound }] of stages.entries()) {
        const { out: json } = await ran('solve', files[at]!, '--engine', 'highs', '--json');
        const answer = JSON.parse(json) as { status: string; objective: number };
        expect({ name, status: answer.status }).toEqual({ name, status: 'optimal' });
        expect(answer.objective).toBeGreaterThanOrEqual(value);
        expect(answer.objective).toBeLessThanOrEqual(bound);
      }
    },
  );

  it('prints what the tick prints without it', async () => {
    const tick = join(ROOT, 'examples/ticks/contended.json');
    const plain = await ran('tick', tick, '--json');
    expect((await ran('tick', tick, '--json', '--write-model', join(home, 'same.mps'))).out).toBe(plain.out);
  });

  it('names rows as the tick does', async () => {
    await ran('tick', join(ROOT, 'examples/ticks/contended.json'), '--write-model', join(home, 'rows.mps'));
    const texts = readdirSync(home)
      .filter((name) => name.startsWith('rows.'))
      .map((name) => readFileSync(join(home, name), 'utf8'));
    expect(texts.join('\n')).toMatch(/^ L {2}capacity\//m);
  });

  it('refuses a form that it cannot write before it decides anything', async () => {
    const { exitCode, out, err } = await ran(
      'tick',
      join(ROOT, 'examples/ticks/contended.json'),
      '--write-model',
      'model.xls',
    );
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('programs are written as .mps, .lp or .json');
    expect(existsSync('model.xls')).toBe(false);
  });
});
