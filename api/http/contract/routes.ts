// Which routes there are: noted while they are registered, read when the contract is written.
// Invariant: every route of the server is in the list, whoever adds it; its schemas are the very ones that check its calls.
// Called by server.ts before the first route.

import type { FastifyInstance, RouteOptions } from 'fastify';
import { ACTIONS, type Action, type RouteAction } from '../permissions.ts';

/** A schema as data: what stands in the contract, not what a compiler knows of it. */
export type JsonSchema = Record<string, unknown>;

export interface ContractRoute {
  readonly method: string;
  /** As fastify spells it: `/v1/leases/:id`. */
  readonly url: string;
  readonly action: RouteAction;
  readonly body: JsonSchema | null;
  readonly query: JsonSchema | null;
  readonly params: JsonSchema | null;
  readonly answers: Readonly<Record<string, JsonSchema>>;
  /** It takes an `Idempotency-Key`: the hooks of callKeys.ts run before its handler. */
  readonly keyed: boolean;
}

export type RouteList = () => readonly ContractRoute[];

/** Read late: hooks of a prefix fill in a route's schema after it was noted. */
export function noteRoutes(app: FastifyInstance): RouteList {
  const noted: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void noted.push(route));
  return () => noted.flatMap(contractRoutes).sort(byAddress);
}

function contractRoutes(route: RouteOptions): ContractRoute[] {
  const { body, querystring, params, response } = (route.schema ?? {}) as Record<string, JsonSchema>;
  return [route.method].flat().map((method) => ({
    method,
    url: route.url,
    action: route.config?.action ?? 'public',
    body: body ?? null,
    query: querystring ?? null,
    params: params ?? null,
    answers: (response ?? {}) as ContractRoute['answers'],
    keyed: method !== 'GET' && route.preHandler !== undefined,
  }));
}

function byAddress(a: ContractRoute, b: ContractRoute): number {
  const [first, second] = [addressOf(a), addressOf(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function addressOf({ url, method }: ContractRoute): string {
  return `${url} ${method}`;
}

/** `GET /v1/leases/:id`: by what a route is named in the other tables of the contract and in the documentation. */
export function nameOf({ method, url }: Pick<ContractRoute, 'method' | 'url'>): string {
  return `${method} ${url}`;
}

export function changesSomething({ method }: Pick<ContractRoute, 'method'>): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** What the permission table says that the action is. */
export function deedOf({ action }: ContractRoute): string {
  return action === 'public' ? 'needs no token' : ACTIONS[action as Action];
}
