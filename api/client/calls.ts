// One call over fetch: headers, tries, the answer with its ETag. Everything else of the client stands on it.
// Invariant: a call whose connection broke is sent again only if it is safe to come twice (it says so, or carries an Idempotency-Key);
// one that the server refused is sent again only when `retry` asks for it, and never before `Retry-After`.

import { type ProblemError, problemOf, UnreachableError } from './problem.ts';
import { pause } from './timing.ts';

export interface RetryOptions {
  /** How often a call is sent in all when the server answers 429 or 503. */
  readonly tries: number;
  /** A server that asks for more patience than this is not waited for. By default 30. */
  readonly waitSecondsMax?: number;
  /** A number from 0 to 1, drawn anew for each wait, so that many clients do not come back at once. By default always 0. */
  readonly jitter?: () => number;
}

export interface ClientOptions {
  /** "http://127.0.0.1:7400", or with a path: "https://example.org/annona". */
  readonly baseUrl: string;
  /** A bearer token, or what makes a fresh one: asked before every call. */
  readonly token: string | (() => string | Promise<string>);
  readonly retry?: RetryOptions;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** A body that is no JSON, as it stands; instead of `body`. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** It may come twice without harm: it names what it wants, not a step towards it. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | null;
  readonly headers: Headers;
}

export interface Calls {
  readonly origin: string;
  readonly options: ClientOptions;
  /** The answer to a call that succeeded. @throws ProblemError, UnreachableError */
  call(call: Call): Promise<Answer>;
  /** The response as it comes, for streams: one try. */
  open(call: Call): Promise<Response>;
}

/** A kept connection may be closed by the server just as it is used: fetch cannot tell, and a new one works. */
const BROKEN_TRIES = 4;
const BROKEN_PAUSE_MS = 50;
const WAIT_SECONDS_MAX = 30;

export function createCalls(options: ClientOptions): Calls {
  const { origin } = new URL(options.baseUrl);
  const open = async (call: Call): Promise<Response> => {
    const { token } = options;
    const bearer = typeof token === 'string' ? token : await token();
    const init = {
      method: call.method,
      headers: headersOf(call, bearer),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.text === undefined ? {} : { body: call.text.content }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
    return fetch(urlOf(options.baseUrl, call), init);
  };
  return {
    origin,
    options,
    open,
    async call(call) {
      for (let refused = 1; ; refused += 1) {
        const response = await sent(call, { open, origin });
        if (response.ok) return answerOf(response);
        const problem = await problemOf(response);
        const waitMs = patienceMs(problem, refused, options.retry);
        if (waitMs === null) throw problem;
        await pause(waitMs, call.signal);
      }
    },
  };
}

async function sent(
  call: Call,
  { open, origin }: { readonly open: (call: Call) => Promise<Response>; readonly origin: string },
): Promise<Response> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await open(call);
    } catch (error) {
      if (call.signal?.aborted) throw error;
      if (tried === BROKEN_TRIES || !mayComeTwice(call)) throw unreachable(origin, error);
      await pause(BROKEN_PAUSE_MS * tried, call.signal);
    }
  }
}

function mayComeTwice({ repeatable, headers }: Call): boolean {
  return repeatable || headers?.['idempotency-key'] !== undefined;
}

export function unreachable(origin: string, error: unknown): UnreachableError {
  return new UnreachableError(`${origin} does not answer: ${causeOf(error)}`, { cause: error });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // Several addresses of one name were tried: the message is empty, the code says it.
  return cause.message || String((cause as { code?: unknown }).code ?? cause.name);
}

/** Milliseconds until the next try; null when there is none. */
function patienceMs({ problem, retryAfterSeconds }: ProblemError, refused: number, retry?: RetryOptions) {
  const busy = problem.status === 429 || problem.status === 503;
  if (retry === undefined || !busy || refused >= retry.tries) return null;
  const seconds = retryAfterSeconds ?? 1;
  if (seconds > (retry.waitSecondsMax ?? WAIT_SECONDS_MAX)) return null;
  return seconds * 1000 * (1 + (retry.jitter?.() ?? 0));
}

function headersOf(call: Call, bearer: string): Record<string, string> {
  const headers: Record<string, string> = { ...call.headers, authorization: `Bearer ${bearer}` };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.text !== undefined) headers['content-type'] = call.text.type;
  return headers;
}

function urlOf(baseUrl: string, { path, query = {} }: Call): URL {
  // Below the base, not beside it: a server may stand behind a path of its proxy.
  const url = new URL(path.replace(/^\//, ''), baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    url.searchParams.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return url;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /^application\/(?:[\w.+-]*\+)?json\b/.test(response.headers.get('content-type') ?? '');
  const { status, headers } = response;
  return {
    status,
    headers,
    etag: headers.get('etag'),
    body: text === '' ? {} : isJson ? JSON.parse(text) : text,
  };
}
