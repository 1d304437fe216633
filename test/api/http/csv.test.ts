// CSV: quotes by RFC 4180, and no text that a spreadsheet would run.

import { expect, it } from 'vitest';
import { csv } from '../../../api/http/csv.ts';

it('has a header row, CRLF, and quotes where they are needed', () => {
  expect(
    csv(
      ['a', 'b,c'],
      [
        ['x', 1],
        ['say "hi"', null],
        ['two\nlines', 0],
      ],
    ),
  ).toBe('a,"b,c"\r\nx,1\r\n"say ""hi""",\r\n"two\nlines",0\r\n');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])('makes text of %j', (text) => {
  const [, row] = csv(['a'], [[text]]).split(/\r\n(?!=)/, 2);
  expect(row?.replace(/^"/, '').startsWith("'")).toBe(true);
});

it('leaves numbers as numbers, below nothing too', () => {
  expect(csv(['a'], [[-5]])).toBe('a\r\n-5\r\n');
});
