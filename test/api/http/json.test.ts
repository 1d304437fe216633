// The strict reader of bodies: what it refuses and where, and that it reads everything else like JSON.parse.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../api/errors.ts';
import { parseStrictJson } from '../../../api/http/json.ts';

/** Code and pointer of the refusal, or null. */
function refusalOf(body: string | Buffer): { code: string; pointer: string | undefined } | null {
  try {
    parseStrictJson(Buffer.from(body));
    return null;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.problem.code, pointer: error.problem.errors?.[0]?.pointer };
  }
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('the strict reader', () => {
  it.each([
    ['{"a":1,"a":1}', 'DUPLICATE_KEY', '/a'],
    ['{"a":{"b":1,"\\u0062":2}}', 'DUPLICATE_KEY', '/a/b'],
    ['[{"x/y":[{}, {"~":0,"~":0}]}]', 'DUPLICATE_KEY', '/0/x~1y/1/~0'],
    ['{"__proto__":{"admin":true}}', 'FORBIDDEN_KEY', '/__proto__'],
    ['{"a":{"\\u005f_proto__":1}}', 'FORBIDDEN_KEY', '/a/__proto__'],
    ['{"a":[{"constructor":{}}]}', 'FORBIDDEN_KEY', '/a/0/constructor'],
    ['{"quantity":1.5}', 'NUMBER_INVALID', '/quantity'],
    ['{"quantity":1.0}', 'NUMBER_INVALID', '/quantity'],
    ['[0,1e3]', 'NUMBER_INVALID', '/1'],
    ['[1e400]', 'NUMBER_INVALID', '/0'],
    ['[-1]', 'NUMBER_INVALID', '/0'],
    ['[-0]', 'NUMBER_INVALID', '/0'],
    ['[01]', 'NUMBER_INVALID', '/0'],
    ['[NaN]', 'NUMBER_INVALID', '/0'],
    ['[Infinity]', 'NUMBER_INVALID', '/0'],
    ['[-Infinity]', 'NUMBER_INVALID', '/0'],
    ['[+1]', 'NUMBER_INVALID', '/0'],
    ['["\\u0000"]', 'TEXT_INVALID', '/0'],
    ['["\\ud800"]', 'TEXT_INVALID', '/0'],
    ['["\\udc00\\ud800"]', 'TEXT_INVALID', '/0'],
    [`["${'a'.repeat(4097)}"]`, 'TEXT_TOO_LONG', '/0'],
    [`["${'é'.repeat(2049)}"]`, 'TEXT_TOO_LONG', '/0'],
    [`{"${'k'.repeat(4097)}":1}`, 'TEXT_TOO_LONG', ''],
    [nested(21), 'TOO_DEEP', '/0'.repeat(20)],
    [`[${'0,'.repeat(1000)}0]`, 'TOO_MANY_ELEMENTS', ''],
    [`{"o":{${[...Array(101).keys()].map((key) => `"k${key}":0`).join(',')}}}`, 'TOO_MANY_ELEMENTS', '/o'],
  ])('refuses %s with %s', (body, wantCode, wantPointer) => {
    expect(refusalOf(body)).toEqual({ code: wantCode, pointer: wantPointer });
  });

  it.each([
    '',
    ' ',
    '{',
    '[',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{a:1}',
    "{'a':1}",
    '"\\x41"',
    '"\\u12g4"',
    '"open',
    '"line\nbreak"',
    '[1]]',
    '{}{}',
    'tru',
    'nulls',
    '[1}',
    '{"a":1]',
    '// comment\n{}',
    '\ufeff{}',
    '\u00a0{}',
    '\u000b{}',
  ])('calls %j malformed', (body) => {
    expect(refusalOf(body)?.code).toBe('MALFORMED_JSON');
  });

  it('calls bytes that are not UTF-8 malformed', () => {
    expect(refusalOf(Buffer.from([0x22, 0xc3, 0x28, 0x22]))?.code).toBe('MALFORMED_JSON');
    expect(refusalOf(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))?.code).toBe('MALFORMED_JSON');
  });

  it('takes what stands exactly at the limits', () => {
    const keys = [...Array(100).keys()].map((key) => `"k${key}":0`).join(',');
    const most = [
      nested(20),
      `["${'a'.repeat(4096)}"]`,
      `[${'0,'.repeat(999)}0]`,
      `{${keys}}`,
      '[9007199254740993]',
    ];
    expect(most.map(refusalOf)).toEqual([null, null, null, null, null]);
  });

  it('reads every other document as JSON.parse does', () => {
    const key = fc
      .string()
      .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text) && !text.includes('\0'));
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', maxDepth: 12 },
        text,
        fc.maxSafeNat(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('tree'), { maxLength: 6 }),
      object: fc.dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom('', ' ', '\t', '\n'), (document, indent) => {
        const body = JSON.stringify(document, null, indent);
        expect(parseStrictJson(Buffer.from(body))).toEqual(JSON.parse(body));
      }),
      { numRuns: 500 },
    );
  });

  it('lets nothing through that JSON.parse would refuse', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"b"',
      '1',
      '0',
      '-',
      '.',
      'true',
      'null',
      ' ',
      '\\u',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const body = pieces.join('');
        if (refusalOf(body) === null) expect(() => JSON.parse(body)).not.toThrow();
      }),
      { numRuns: 5000 },
    );
  });
});
