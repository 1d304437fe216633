// The masks: what is prose and what is code, in the cases that a naive scanner gets wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask } from './mask.ts';

const codeOf = (text: string) => mask(text).code.replace(/ +/g, ' ').trim();

describe('the code mask', () => {
  it.each([
    ['line comments', 'a; // Date.now()\nb;', 'a; \nb;'],
    ['block comments', 'a; /* Date.now() */ b;', 'a; b;'],
    ['strings', "f('Date.now()', \"it's\");", 'f(\' \', " ");'],
    ['a quote escaped in a string', "f('a\\'Date.now()');b", "f(' ');b"],
    ['what looks like a comment in a string', "f('http://x');b", "f(' ');b"],
    ['regexes', 'const x = /[/"]Date.now()/g;b', 'const x = / /g;b'],
    ['a shebang', '#!/usr/bin/env node\na', 'a'],
  ])('blanks %s', (_what, text, want) => {
    expect(codeOf(text)).toBe(want);
  });

  // '@{' stands for the opening of a template's code.
  it.each([
    ['a division', 'a / b / c', 'a / b / c'],
    ['tags', '{(a) => <A b={a} />}</C>;d', '{(a) => <A b={a} />}</C>;d'],
    ['the code inside a template', '`x @{Date.now()} y`;b', '` {Date.now()} `;b'],
    ['the code after a template with an object in it', '`@{f({ a: 1 })}`;b', '` {f({ a: 1 })}`;b'],
    ['the code inside a template in a template', '`@{`@{b}`}`;c', '` {` {b}`}`;c'],
  ])('keeps %s', (_what, text, want) => {
    expect(codeOf(text.replaceAll('@{', '${'))).toBe(want);
  });

  it('keeps offsets and lines, whatever the text', () => {
    const piece = fc.constantFrom('a', "'", '"', '`', '${', '{', '}', '/', '//', '/*', '*/', '\\', '\n', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const { code, bare } = mask(text);
        expect([code.length, bare.length]).toEqual([text.length, text.length]);
        expect(code.split('\n').length).toBe(text.split('\n').length);
        expect(bare.split('\n').length).toBe(text.split('\n').length);
      }),
    );
  });
});

describe('the bare mask', () => {
  it('keeps strings and loses comments', () => {
    expect(mask("f('x'); // y").bare).toBe("f('x');     ");
  });
});
