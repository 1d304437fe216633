// The headers of the contract, and which calls and answers carry them.
// Invariant: a rule holds for every route of a kind; what is particular to one route stands in words.ts.
// Called by operation.ts and openapi.ts.

import { type ContractRoute, changesSomething, type JsonSchema } from './routes.ts';
import { wordsOf } from './words.ts';

const text = (description: string, schema: JsonSchema = {}) => ({
  description,
  schema: { type: 'string', ...schema },
});

export const ANSWER_HEADERS: Readonly<Record<string, JsonSchema>> = {
  'X-Request-Id': text('The id of the call: the one that was sent, or one made for it.'),
  Location: text('Where to look for what was accepted.'),
  ETag: text('The revision of what is shown; send it as If-Match to change exactly that.'),
  'Retry-After': text('Seconds until the call is worth repeating.', { pattern: '^[0-9]+$' }),
  'WWW-Authenticate': text('The scheme, and what is wrong with the token.'),
  'Idempotent-Replayed': text('`true` where the answer is that of an earlier, equal call.'),
  'Preference-Applied': text('The wait that was applied.'),
  RateLimit: text('What is left of the limits that RateLimit-Policy names.'),
  'RateLimit-Policy': text('The limits that hold for the caller.'),
};

const VISIBLE = '^[!-~]{1,200}$';

export const CALL_HEADERS: Readonly<Record<string, JsonSchema>> = {
  'X-Request-Id': {
    ...text('Becomes the id of the call if it is made of up to 128 visible characters.'),
    example: 'trace-77',
  },
  'Idempotency-Key': text('One key, one call, one answer for 24 hours.', { pattern: VISIBLE }),
  'If-Match': text('Changes what has this ETag, and nothing else.'),
  'If-None-Match': text('`*` creates, and refuses to change what is there.'),
  Prefer: { ...text('`wait=N`: wait up to N seconds (at most 30) for the outcome.'), example: 'wait=5' },
  'Annona-Reason': {
    ...text(
      'Why it is done, at most 500 characters, percent-encoded in UTF-8: kept with the act for the audit.',
    ),
    example: 'quarter%20end',
  },
  'Last-Event-ID': text('Where the stream goes on: the `id:` of the last message.'),
};

/** What a route with a PUT beside it shows has a revision. */
function isEdited(route: ContractRoute, routes: readonly ContractRoute[]): boolean {
  return routes.some(({ method, url }) => method === 'PUT' && url === route.url);
}

export function callHeaderNames(route: ContractRoute, routes: readonly ContractRoute[]): string[] {
  const edits = changesSomething(route) && isEdited(route, routes);
  return [
    'X-Request-Id',
    ...(route.keyed ? ['Idempotency-Key'] : []),
    ...(changesSomething(route) && route.action !== 'public' ? ['Annona-Reason'] : []),
    ...(edits ? ['If-Match'] : []),
    ...(edits && route.method === 'PUT' ? ['If-None-Match'] : []),
    ...(wordsOf(route).reads ?? []),
  ];
}

export function answerHeaderNames(
  route: ContractRoute,
  status: number,
  routes: readonly ContractRoute[],
): string[] {
  const { locates = [202] } = wordsOf(route);
  const reads = wordsOf(route).reads ?? [];
  const shows = isEdited(route, routes) && status < 300 && route.method !== 'DELETE';
  return [
    'X-Request-Id',
    ...(status === 201 || (changesSomething(route) && locates.includes(status)) ? ['Location'] : []),
    ...(shows ? ['ETag'] : []),
    ...(route.keyed && status < 300 ? ['Idempotent-Replayed'] : []),
    ...(reads.includes('Prefer') && status < 300 ? ['Preference-Applied'] : []),
  ];
}

export function problemHeaderNames(status: number): string[] {
  switch (status) {
    case 401:
      return ['X-Request-Id', 'WWW-Authenticate'];
    case 429:
      return ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'];
    case 409:
    case 503:
      return ['X-Request-Id', 'Retry-After'];
    default:
      return ['X-Request-Id'];
  }
}
