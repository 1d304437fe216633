// One route as one operation of OpenAPI: what it takes, what it answers, and every problem that it can meet.
// Invariant: from the route's own schemas; nothing is said that the server does not check or send. Called by openapi.ts.

import { PROBLEMS } from '../../errors.ts';
import { ProblemView } from '../schemas/views.ts';
import { answerHeaderNames, CALL_HEADERS, callHeaderNames, problemHeaderNames } from './headers.ts';
import { type ProblemAnswer, problemAnswers } from './reach.ts';
import { type ContractRoute, deedOf, type JsonSchema } from './routes.ts';
import type { Components } from './schemas.ts';
import { capital, propertiesOf, tagOf, wordsOf } from './words.ts';

export interface OperationContext {
  readonly routes: readonly ContractRoute[];
  readonly components: Components;
  /** Answers that several operations have in common, by name. */
  readonly problems: Map<string, JsonSchema>;
  readonly headers: Set<string>;
  readonly parameters: Set<string>;
  readonly examples: Set<string>;
}

export function operationOf(route: ContractRoute, context: OperationContext): JsonSchema {
  const { operationId, summary, description, example, consumes } = wordsOf(route);
  const { body } = route;
  return {
    operationId,
    summary,
    description: [description, `Permission: ${deedOf(route)}.`].filter(Boolean).join('\n\n'),
    tags: [tagOf(route)],
    security: route.action === 'public' ? [] : [{ bearer: [] }],
    parameters: parametersOf(route, context),
    ...(body === null ? {} : { requestBody: bodyOf(body, { example, consumes }, context) }),
    responses: { ...answersOf(route, context), ...problemsOf(route, context) },
  };
}

function bodyOf(
  body: JsonSchema,
  {
    example,
    consumes = 'application/json',
  }: { readonly example: unknown; readonly consumes?: string | undefined },
  { components }: OperationContext,
): JsonSchema {
  const media = { schema: components.refer(body), ...(example === undefined ? {} : { example }) };
  return { required: !takesNone(body), content: { [consumes]: media } };
}

/** `NoBody`: a call without one is as good as one with an empty object. */
function takesNone(body: JsonSchema): boolean {
  return JSON.stringify(body).includes('{"type":"null"}');
}

function parametersOf(route: ContractRoute, context: OperationContext): JsonSchema[] {
  const named = [...route.url.matchAll(/:([A-Za-z]+)/g)].map(([, name = '']) => name);
  const shapes = new Map(propertiesOf(route.params));
  const inPath = named.map((name) => ({
    name,
    in: 'path',
    required: true,
    // An empty part of a path is no part: it would be another route.
    schema: { type: 'string', minLength: 1, ...shapes.get(name) },
  }));
  const required = (route.query?.required as string[] | undefined) ?? [];
  const inQuery = propertiesOf(route.query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: context.components.refer(schema),
  }));
  const headers = callHeaderNames(route, context.routes).map((name) => {
    context.parameters.add(name);
    return { $ref: `#/components/parameters/${name}` };
  });
  return [...inPath, ...inQuery, ...headers];
}

/** As parameters of a call, by the name that operations refer to. */
export function headerParameter(name: string): JsonSchema {
  return { name, in: 'header', required: false, ...CALL_HEADERS[name] };
}

function answersOf(route: ContractRoute, context: OperationContext): JsonSchema {
  const schemas: [string, JsonSchema | null][] = Object.entries(route.answers);
  if (schemas.length === 0) schemas.push(['200', null]);
  return Object.fromEntries(
    schemas.map(([status, schema]) => {
      const names = answerHeaderNames(route, Number(status), context.routes);
      const content = contentOf(route, schema, context);
      return [
        status,
        {
          description: SUCCESS[status] ?? 'Done.',
          headers: headerRefs(names, context),
          // An answer without content has no media type to show.
          ...(status === '204' ? {} : { content }),
        },
      ];
    }),
  );
}

function contentOf(
  route: ContractRoute,
  schema: JsonSchema | null,
  { components }: OperationContext,
): JsonSchema {
  const { produces } = wordsOf(route);
  const json = schema === null ? {} : { 'application/json': { schema: components.refer(schema) } };
  const other = produces ?? (schema === null ? 'application/json' : null);
  return other === null ? json : { ...json, [other]: textMedia(other) };
}

function textMedia(produces: string): JsonSchema {
  return produces.endsWith('json') ? { schema: { type: 'object' } } : { schema: { type: 'string' } };
}

const SUCCESS: Readonly<Record<string, string>> = {
  200: 'As asked.',
  201: 'Created.',
  202: 'Accepted: durable, and decided by a tick to come.',
  204: 'Done; there is nothing to show.',
  207: 'Each item with its own status.',
  503: 'Not ready; what fails is listed.',
};

function headerRefs(names: readonly string[], { headers }: OperationContext): JsonSchema {
  return Object.fromEntries(
    names.map((name) => {
      headers.add(name);
      return [name, { $ref: `#/components/headers/${name}` }];
    }),
  );
}

function problemsOf(route: ContractRoute, context: OperationContext): JsonSchema {
  const answered = problemAnswers(route).filter(({ status }) => !Object.hasOwn(route.answers, status));
  return Object.fromEntries(
    answered.map((answer) => {
      const name = `Problem${answer.status}${answer.traits.map(capital).join('')}`;
      if (!context.problems.has(name)) context.problems.set(name, problemAnswer(answer, context));
      return [String(answer.status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function problemAnswer({ status, codes }: ProblemAnswer, context: OperationContext): JsonSchema {
  for (const code of codes) context.examples.add(code);
  const listed = codes.map((code) => `- \`${code}\`: ${PROBLEMS[code].title}. ${PROBLEMS[code].remedy}`);
  return {
    description: listed.join('\n'),
    headers: headerRefs(problemHeaderNames(status), context),
    content: {
      'application/problem+json': {
        schema: context.components.refer(ProblemView),
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}
