// Measuring functions in every form they are written, and not what only looks like one.
import { describe, expect, it } from 'vitest';
import { mask } from './mask.ts';
import { functionsOf, sizeBreaches } from './sizes.ts';
import { treeOf } from './tree.ts';

const measured = (text: string) =>
  functionsOf({ code: mask(text).code }).map(({ name, line, lines }) => [name, line, lines]);

describe('a function is measured', () => {
  it.each([
    ['declared', 'function f(a) {\n  b;\n}', ['f', 1, 3]],
    ['with a type', 'export async function f(\n  a: A,\n): Promise<B> {\n}', ['f', 1, 4]],
    ['with a type that has braces', 'function f(): { a: B } | { c: D } {\n}', ['f', 1, 2]],
    ['with a braced type in angles', 'function f(): Promise<{ a: B }> {\n}', ['f', 1, 2]],
    ['of type parameters', 'function f<T extends { a: B }>(a: T): a is T {\n}', ['f', 1, 2]],
    ['with braces in a parameter', 'function f({ a, b }: { a: A; b: B } = {}) {\n}', ['f', 1, 2]],
    ['in a class', 'class A {\n  async *f(a: A): AsyncIterable<B> {\n  }\n}', ['f', 2, 2]],
    ['in an object', 'const a = {\n  f() {\n    b;\n  },\n};', ['f', 2, 3]],
    ['as an arrow', 'const f = (a: A) => {\n  b;\n};', ['f', 1, 3]],
    ['as an arrow with a type', 'const f = async (a: A): Promise<B> => {\n  b;\n};', ['f', 1, 3]],
    ['without a name', 'list.map((a) => {\n  b;\n});', ['an arrow function', 1, 3]],
  ])('%s', (_what, text, want) => {
    expect(measured(text)).toEqual([want]);
  });

  it.each([
    ['control flow', 'if (a) {\n}\nfor (const a of b) {\n}\nswitch (a) {\n}\nwhile (a) {\n}'],
    ['a call before a block', 'a ? f(b) : { c: d };\nf(a);\n{\n}'],
    ['a signature', 'interface A {\n  f(a: A): B;\n  g(): { a: B };\n}'],
    ['a chapter of tests', "describe('a', () => {\n});\ndescribe.each(x)('a', () => {\n});"],
    ['a brace in a string', "const a = '=> {';"],
  ])('and %s is none', (_what, text) => {
    expect(measured(text)).toEqual([]);
  });
});

describe('the limits', () => {
  const lines = (count: number) => '\n'.repeat(count);

  it('stop a file of 401 lines and let one of 400 stand', () => {
    const tree = treeOf({ 'solver/a.ts': `${lines(400)}a\n`, 'solver/b.ts': `${lines(399)}a\n` });
    expect(sizeBreaches(tree)).toEqual(['solver/a.ts has 401 lines, at most 400: split it by idea']);
  });

  it('stop a function of 71 lines and let one of 70 stand', () => {
    const tree = treeOf({
      'solver/a.ts': `\nfunction f() {${lines(70)}}`,
      'solver/b.ts': `function g() {${lines(69)}}`,
    });
    expect(sizeBreaches(tree)).toEqual(['solver/a.ts:2 f has 71 lines, at most 70: name its steps']);
  });

  it('stop a long test in a chapter', () => {
    const tree = treeOf({ 'test/a.test.ts': `describe('a', () => {\n  it('b', () => {${lines(80)}});\n});` });
    expect(sizeBreaches(tree)).toEqual([
      'test/a.test.ts:2 an arrow function has 81 lines, at most 70: name its steps',
    ]);
  });
});
