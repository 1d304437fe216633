// Every method that Node knows, on routes and beside them: one that no route takes is a refusal of the caller, never a fault of ours.

import { METHODS } from 'node:http';
import { expect, it } from 'vitest';
import { PROBLEMS, type ProblemDocument } from '../../../api/errors.ts';
import { AS_FORGE, anEdge } from './support.ts';

// CONNECT opens a tunnel and never reaches a route; an open stream never ends.
const SENT = METHODS.filter((method) => method !== 'CONNECT');
const PATHS = ['/v1/pools', '/v1/pools/gpu-a100', '/v1/requests', '/livez', '/docs', '/nowhere'];
const CONTENT: readonly Record<string, string>[] = [
  {},
  { 'content-type': 'application/json' },
  { 'content-type': 'text/plain' },
];

it('no method is a fault, with or without declared content', async () => {
  const { app } = await anEdge();
  const wrong: string[] = [];
  for (const method of SENT) {
    for (const url of PATHS) {
      for (const content of CONTENT) {
        const headers = { authorization: `Bearer ${AS_FORGE}`, ...content };
        const {
          statusCode,
          headers: told,
          body,
        } = await app.inject({ method: method as 'GET', url, headers });
        if (statusCode < 400) continue;
        const isProblem = told['content-type'] === 'application/problem+json; charset=utf-8';
        // An answer to HEAD has no body to look into.
        const code = method === 'HEAD' ? 'ROUTE_NOT_FOUND' : (JSON.parse(body) as ProblemDocument).code;
        if (!isProblem || statusCode >= 500 || PROBLEMS[code].status !== statusCode)
          wrong.push(`${method} ${url} ${content['content-type'] ?? ''}: ${statusCode} ${code}`);
      }
    }
  }
  expect(SENT).toContain('QUERY');
  expect(wrong).toEqual([]);
});
