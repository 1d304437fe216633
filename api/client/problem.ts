// What a server refuses with: its problem document as an error that can be thrown. Used by the client and by who calls it.
// Invariant: an answer that is no problem document (a proxy's page) becomes one that says so, never a parse error.

export interface ProblemDetail {
  /** JSON pointer into the body, or the name of a parameter or header. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  readonly allowed?: readonly string[];
  readonly largest?: { readonly quantity: number; readonly pool: string };
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly remedy?: string;
  /** Id of the call, for whoever looks into the server's log. */
  readonly requestId?: string;
  readonly errors?: readonly ProblemDetail[];
  /** What could be sent instead, where the server knows it. */
  readonly suggestion?: unknown;
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

  get code(): string {
    return this.problem.code;
  }

  get errors(): readonly ProblemDetail[] {
    return this.problem.errors ?? [];
  }

  get suggestion(): unknown {
    return this.problem.suggestion;
  }
}

/** No answer came: nobody listens, or the connection broke each time. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

export async function problemOf(response: Response): Promise<ProblemError> {
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
