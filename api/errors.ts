// Errors on their way to a caller: thrown as a problem of the catalogue, answered as its document (RFC 9457).
// Invariant: no edge answers an error that is not in problemCatalogue.ts. Read by api/http and api/cli.

import { PROBLEMS, type ProblemCode } from './problemCatalogue.ts';

export { PROBLEMS, type ProblemCode, type ProblemKind } from './problemCatalogue.ts';

/** One wrong place. `pointer` is a JSON pointer into the body (RFC 6901), or the name of a parameter or header. */
export interface ProblemDetail {
  readonly pointer: string;
  readonly code: DetailCode;
  readonly message: string;
  /** The closed list, where there is one. */
  readonly allowed?: readonly string[];
  /** With NEVER_FITS: the most that one pool could hold. */
  readonly largest?: { readonly quantity: number; readonly pool: string };
  /** A whole body to send instead, as it is: it was admissible when the problem was written. */
  readonly suggestion?: unknown;
}

export const DETAIL_CODES = [
  'missing',
  'unknown',
  'type',
  'range',
  'length',
  'format',
  'choice',
  'duplicate',
  'forbidden',
  'conflict',
] as const;
export type DetailCode = (typeof DETAIL_CODES)[number];

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly ProblemDetail[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown on the way to an answer; the one error handler of an edge turns it into a document. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly remedy: string;
  readonly errors: readonly ProblemDetail[];
}

/** RFC 9457 body. `instance` is the path that was called, without its query: a query may hold what logs must not. */
export function problemDocument(
  problem: Problem,
  call: { readonly instance: string; readonly requestId: string },
): ProblemDocument {
  const { status, title, remedy } = PROBLEMS[problem.code];
  return {
    type: `/problems#${problem.code}`,
    title,
    status,
    detail: problem.detail,
    instance: call.instance,
    code: problem.code,
    requestId: call.requestId,
    remedy,
    errors: problem.errors ?? [],
  };
}

/** docs/problems.md and GET /problems, from the catalogue. */
export function renderProblems(): string {
  const lines = [
    '# Problems',
    '',
    'Every error of the HTTP API is an `application/problem+json` document (RFC 9457) with one of these codes.',
    'This page is written from `api/problemCatalogue.ts`; a test compares them.',
    '',
  ];
  for (const [code, { status, title, remedy }] of Object.entries(PROBLEMS)) {
    lines.push(`## ${code}`, '', `${status}. ${title}.`, '', remedy, '');
  }
  return lines.join('\n');
}
