// How the edge answers what went wrong: every failure on any path becomes a problem document of the catalogue.
// Invariant: a fault of ours shows its requestId and nothing of its inside; an expected refusal is not logged as a fault.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, type Problem, type ProblemCode, ProblemError, problemDocument } from '../errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const FASTIFY_CODES: Readonly<Record<string, { readonly code: ProblemCode; readonly detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'BODY_TOO_LARGE', detail: 'the body is longer than this route takes' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'MEDIA_TYPE',
    detail: 'the body is not declared as application/json',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'BAD_REQUEST',
    detail: 'Content-Length is not the length of the body',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'MALFORMED_JSON', detail: 'the body is empty' },
  // Of the method QUERY alone, which must declare its content; no route takes it.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: { code: 'MEDIA_TYPE', detail: 'the content is not declared' },
  FST_ERR_BAD_URL: { code: 'URL_MALFORMED', detail: 'the path is not properly encoded' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'ROUTE_NOT_FOUND', detail: 'a part of the path is too long' },
  FST_ERR_ASYNC_CONSTRAINT: { code: 'BAD_REQUEST', detail: 'the call cannot be routed' },
};

export function addAnswers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const path = url.split('?', 1)[0]?.slice(0, 200);
    return sendProblem(request, reply, { code: 'ROUTE_NOT_FOUND', detail: `${method} ${path} is no route` });
  });
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.code === 'INTERNAL') request.log.error({ error }, 'a call failed');
  else if (problem.code === 'STORE_UNAVAILABLE') request.log.warn({ error }, 'the store does not answer');
  return sendProblem(request, reply, problem);
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const document = problemDocument(problem, { instance: instanceOf(request), requestId: request.id });
  // Again, because a call that no route took has met no hook.
  reply.headers({ ...callHeaders(request.id), ...problem.headers });
  return reply
    .code(document.status)
    .header('content-type', PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(document);
}

/** On every answer: which call it was, that no cache may keep it, and that it is nothing but what it says. */
export function callHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}

export function instanceOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, 200);
}

/**
 * An adapter's own errors, known by name or code because the edge may not import adapters: a cursor that is none,
 * and a database that is away. Any other unknown error is a bug.
 */
function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const known = FASTIFY_CODES[String(code)];
  if (known) return known;
  if (name === 'InvalidCursorError') {
    const errors = [
      { pointer: '/after', code: 'format', message: 'it is not the `next` of a page' },
    ] as const;
    return { code: 'QUERY_INVALID', detail: '/after: it is not the `next` of a page', errors };
  }
  if (isOutage(error)) {
    return {
      code: 'STORE_UNAVAILABLE',
      detail: 'the database does not answer now',
      headers: { 'retry-after': '1' },
    };
  }
  return { code: 'INTERNAL', detail: 'a fault inside the service; the requestId leads to its log line' };
}

/** SQL state 57014: the statement ran into its time limit, or an operator cancelled it. It was rolled back whole. */
export function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '57014';
}

/** SQL states 08 (connection), 53 (no resources), 57P (the server stops), a cancelled statement, the socket's codes, and the words of `pg`. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isCancelled(error)) return true;
  const { code } = error as { code?: unknown };
  if (
    typeof code === 'string' &&
    /^(?:08...|53...|57P..|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/.test(code)
  )
    return true;
  return /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect)/.test(
    error.message,
  );
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** What is no HTTP, or comes too slowly, never becomes a request: answered on the bare socket. */
export function answerBrokenCall(error: ConnectionError, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = CLIENT_ERRORS[error.code] ?? 'BAD_REQUEST';
  const { status, title } = PROBLEMS[code];
  const body = JSON.stringify(problemDocument({ code, detail: title }, { instance: '', requestId }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
