// The operations of a served contract, with references followed: what the fuzz and the isolation matrix go through.
// Invariant: read from the server's own /openapi.json, so that a route is in as soon as it is registered.

import type { RouteAction } from '../../../../api/http/permissions.ts';
import type { Edge } from '../support.ts';

export type Schema = { readonly [keyword: string]: unknown };

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  /** With its parameters in braces. */
  readonly path: string;
  readonly action: RouteAction;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  /** By status: the schema of a JSON answer, and the codes of a problem. */
  readonly answers: ReadonlyMap<number, Answer>;
}

export interface Answer {
  readonly types: readonly string[];
  readonly schema: Schema | null;
  readonly codes: readonly string[];
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<string, RawAnswer>;
}
interface RawAnswer {
  readonly content?: Record<string, { readonly schema: Schema; readonly examples?: object }>;
}

export async function operationsOf(edge: Edge): Promise<Operation[]> {
  const { body } = await edge.app.inject({ method: 'GET', url: '/openapi.json' });
  const document = JSON.parse(body) as Schema;
  const { paths } = followed(document, document) as { paths: Record<string, Record<string, RawOperation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) =>
      operation({ path, method, action: actionOf(edge, method, path) }, raw),
    ),
  );
}

function actionOf({ routes }: Edge, method: string, path: string): RouteAction {
  const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
  const route = routes.find((each) => each.url === url && each.method === method.toUpperCase());
  return route?.config?.action ?? 'public';
}

function operation(
  at: Pick<Operation, 'path' | 'action'> & { readonly method: string },
  raw: RawOperation,
): Operation {
  return {
    ...at,
    id: raw.operationId,
    method: at.method.toUpperCase() as Operation['method'],
    parameters: raw.parameters,
    body: raw.requestBody?.content['application/json']?.schema ?? null,
    answers: new Map(
      Object.entries(raw.responses).map(([status, answer]) => [Number(status), answerOf(answer)]),
    ),
  };
}

function answerOf({ content = {} }: RawAnswer): Answer {
  const problem = content['application/problem+json'];
  return {
    types: Object.keys(content),
    schema: content['application/json']?.schema ?? null,
    codes: Object.keys(problem?.examples ?? {}),
  };
}

function followed(value: unknown, document: Schema): unknown {
  if (Array.isArray(value)) return value.map((each) => followed(each, document));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: ref } = value as Schema;
  if (typeof ref === 'string') return followed(placeOf(ref, document), document);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, followed(inner, document)]));
}

function placeOf(ref: string, document: Schema): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((place, part) => (place as Schema)[part], document);
}
