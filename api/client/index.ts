// A small typed client over fetch: submit, read, hold and follow. What sample agents, the trace replay and an agent's own code use.
// Invariant: every call is idempotent (submits by their clientRequestId, the rest by what they name), so one whose connection broke is sent
// again; one that the server refused throws a `ProblemError` with the server's problem document.

import { parseServerSentEvents, type ServerSentEvent } from './sse.ts';

export { parseServerSentEvents, type ServerSentEvent } from './sse.ts';

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
}

export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;
  /** Seconds to wait, when the server said so. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null) {
    super(`${problem.status} ${problem.code}: ${problem.detail ?? problem.title}`);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface ClientOptions {
  /** "http://127.0.0.1:7400". */
  readonly baseUrl: string;
  readonly token: string;
}

export interface ClaimBody {
  readonly kind: string;
  readonly quantity: number;
  readonly selector?: Readonly<Record<string, string | readonly string[]>>;
  readonly prefer?: readonly Readonly<Record<string, string | readonly string[]>>[];
  readonly window?: { readonly from?: string; readonly to?: string };
}

export interface SubmitBody {
  readonly clientRequestId: string;
  readonly options: readonly { readonly claims: readonly ClaimBody[] }[];
  readonly terms: {
    readonly class: string;
    readonly durationSeconds: number;
    readonly purpose?: string;
    readonly summary?: string;
    readonly classification?: string;
    readonly preemptible?: boolean;
    readonly startBefore?: string;
    readonly deadline?: string;
  };
}

export interface Submitted {
  readonly id: string;
  readonly state: string;
}

export interface AnnonaClient {
  submit(body: SubmitBody): Promise<Submitted>;
  request(id: string): Promise<Record<string, unknown>>;
  cancel(id: string): Promise<void>;
  heartbeat(lease: string, epoch: number): Promise<void>;
  release(lease: string, epoch: number): Promise<void>;
  get(path: string): Promise<Record<string, unknown>>;
  /** Follows the events that the token may see, from `after` (an event id of this stream) or from now. Ends with the signal. */
  events(options?: {
    readonly after?: string;
    readonly signal?: AbortSignal;
  }): AsyncIterable<ServerSentEvent>;
}

export function createClient({ baseUrl, token }: ClientOptions): AnnonaClient {
  const authorization = `Bearer ${token}`;
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const headers: Record<string, string> = { authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await send(new URL(path, baseUrl), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await problemOf(response);
    const answer = await response.text();
    return answer === '' ? {} : JSON.parse(answer);
  };
  return {
    submit: async (body) => (await call('POST', '/v1/requests', body)) as unknown as Submitted,
    request: (id) => call('GET', `/v1/requests/${id}`),
    cancel: async (id) => void (await call('POST', `/v1/requests/${id}/cancel`)),
    heartbeat: async (lease, epoch) => void (await call('POST', `/v1/leases/${lease}/heartbeat`, { epoch })),
    release: async (lease, epoch) => void (await call('POST', `/v1/leases/${lease}/release`, { epoch })),
    get: (path) => call('GET', path),
    events: (options = {}) => follow({ baseUrl, authorization }, options),
  };
}

/** A kept connection may be closed by the server just as it is used: fetch cannot tell, and a new one works. */
const TRIES = 4;
const PAUSE_MS = 50;

async function send(url: URL, init: RequestInit): Promise<Response> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (tried === TRIES)
        throw new Error(`${url.origin} does not answer: ${causeOf(error)}`, { cause: error });
      await new Promise((done) => setTimeout(done, PAUSE_MS * tried));
    }
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function* follow(
  server: { readonly baseUrl: string; readonly authorization: string },
  options: { readonly after?: string; readonly signal?: AbortSignal },
): AsyncGenerator<ServerSentEvent> {
  const headers: Record<string, string> = {
    authorization: server.authorization,
    accept: 'text/event-stream',
  };
  if (options.after !== undefined) headers['last-event-id'] = options.after;
  try {
    const response = await fetch(new URL('/v1/events', server.baseUrl), {
      headers,
      signal: options.signal ?? null,
    });
    if (!response.ok || response.body === null) throw await problemOf(response);
    yield* parseServerSentEvents(response.body);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  const retry = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(retry) ? retry : null;
  try {
    const problem: Problem = JSON.parse(text);
    if (typeof problem.code === 'string') return new ProblemError(problem, retryAfterSeconds);
  } catch {
    // Not a problem document: a proxy answered, or something that is no Annona.
  }
  const title = `the server answered ${response.status} without a problem document`;
  return new ProblemError(
    { status: response.status, code: 'NOT_A_PROBLEM_DOCUMENT', title, detail: text.slice(0, 200) },
    retryAfterSeconds,
  );
}
