// Which form of an answer a caller would rather have.

import { expect, it } from 'vitest';
import { preferredForm } from '../../../api/http/accept.ts';

it.each<[string | undefined, string]>([
  [undefined, 'text/event-stream'],
  ['', 'text/event-stream'],
  ['*/*', 'text/event-stream'],
  ['text/event-stream', 'text/event-stream'],
  ['application/json', 'application/json'],
  ['Application/JSON; charset=utf-8', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json, text/event-stream', 'text/event-stream'],
  ['application/json, text/event-stream;q=0.5', 'application/json'],
  ['text/event-stream;q=0, */*', 'application/json'],
  ['application/json;q=nonsense', 'text/event-stream'],
  ['image/png', 'text/event-stream'],
])('of %j it is %s', (header, want) => {
  expect(preferredForm(header, ['text/event-stream', 'application/json'])).toBe(want);
});
