// The HTTP API as an OpenAPI 3.1 document, written from the routes that the server has.
// Invariant: a function of the routes and the catalogues alone, in one order, so that two builds write the same bytes.
// Served as /openapi.json and committed as docs/openapi.json (`npm run contract`). Our own generator and not @fastify/swagger: that
// one takes over what a route's schema may hold, and does not know the problems, headers and keys that follow from what a route is.

import { type ProblemCode, problemDocument } from '../../errors.ts';
import { ANSWER_HEADERS } from './headers.ts';
import { headerParameter, type OperationContext, operationOf } from './operation.ts';
import type { ContractRoute, JsonSchema } from './routes.ts';
import { TAG_WORDS } from './routeWords.ts';
import { createComponents, sorted } from './schemas.ts';
import { capital, tagOf } from './words.ts';

export interface ContractSource {
  readonly routes: readonly ContractRoute[];
  readonly version: string;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> } & JsonSchema;
}

const DESCRIPTION = `Annona decides who gets scarce things, and can prove why. Agents submit requests; every tick the pending batch is solved as one
integer program; what is granted is a lease, and what waits says why.

Bodies are JSON in UTF-8. Unknown fields and parameters are refused and nothing is coerced; in answers, ignore what you do not know. Every
error is a problem document with a stable \`code\` and a \`remedy\`; where one is known, \`errors[].suggestion\` is a body to send instead.`;

export function openApiDocument({ routes, version }: ContractSource): OpenApiDocument {
  const shown = routes.filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS');
  const context: OperationContext = {
    routes: shown,
    components: createComponents(),
    problems: new Map(),
    headers: new Set(),
    parameters: new Set(),
    examples: new Set(),
  };
  const paths = pathsOf(shown, context);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Annona',
      version,
      summary: 'A policy-driven scheduler with a proven gap on every tick',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to where the document is read, so that a path in front of the service needs no setting.
    servers: [{ url: '.' }],
    tags: tagsOf(shown),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the issuer; in development one of `annona token`.',
        },
      },
      parameters: sorted(
        Object.fromEntries([...context.parameters].map((name) => [name, headerParameter(name)])),
      ),
      headers: sorted(
        Object.fromEntries([...context.headers].map((name) => [name, ANSWER_HEADERS[name] ?? {}])),
      ),
      responses: sorted(Object.fromEntries(context.problems)),
      examples: sorted(Object.fromEntries([...context.examples].map((code) => [code, exampleOf(code)]))),
      schemas: context.components.used(),
    },
  } as OpenApiDocument;
}

function pathsOf(routes: readonly ContractRoute[], context: OperationContext): OpenApiDocument['paths'] {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    const operations = paths[path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route, context);
    paths[path] = operations;
  }
  return paths;
}

function tagsOf(routes: readonly ContractRoute[]): JsonSchema[] {
  const names = [...new Set(routes.map(tagOf))].sort();
  return names.map((name) => ({ name, description: TAG_WORDS[name] ?? `${capital(name)}.` }));
}

function exampleOf(code: string): JsonSchema {
  const call = { instance: '/v1/requests', requestId: 'trace-77' };
  const problem = { code: code as ProblemCode, detail: 'what was wrong, in words' };
  return { summary: code, value: problemDocument(problem, call) };
}
