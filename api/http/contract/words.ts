// What is said of a route beyond its schemas: a summary, an example of its body, what it answers where that is no JSON.
// Invariant: a route without an entry gets words made from its method and path, so that none is left out of the contract.
// Called by operation.ts.

import type { ContractRoute, JsonSchema } from './routes.ts';
import { nameOf } from './routes.ts';
import { ROUTE_WORDS, type RouteWords } from './routeWords.ts';

export function wordsOf(route: ContractRoute): RouteWords {
  return ROUTE_WORDS[nameOf(route)] ?? derivedWords(route);
}

/** `GET /v1/agents/:id` is `readAgent`, `POST /v1/agents/:id/retire` is `retireAgent`, `GET /v1/accounts/:id/ledger` is `readAccountLedger`. */
function derivedWords(route: ContractRoute): RouteWords {
  const parts = pathParts(route.url);
  const nouns = parts.filter((part) => !part.startsWith(':'));
  const ofOne = parts.at(-1)?.startsWith(':') ?? false;
  const acts = route.method === 'POST' && parts.at(-2)?.startsWith(':') === true;
  const isPage = Object.hasOwn((route.answers[200]?.properties as object | undefined) ?? {}, 'next');
  const owners = nouns.slice(0, -1).map(singular);
  const last = nouns.at(-1) ?? 'root';
  if (acts) return words(last, owners, ['one']);
  const verb = isPage && route.method === 'GET' ? 'list' : (VERBS[route.method] ?? 'call');
  const noun = ofOne || route.method === 'POST' ? singular(last) : last;
  return words(verb, [...owners, noun], ofOne ? ['one'] : []);
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'read',
  POST: 'create',
  PUT: 'write',
  DELETE: 'delete',
};

function words(verb: string, nouns: readonly string[], counted: readonly string[] = []): RouteWords {
  const spoken = nouns.map((noun) => noun.replaceAll(/[-.]/g, ' '));
  return {
    operationId: camel([verb, ...nouns]),
    summary: [capital(verb), ...counted, ...spoken].join(' '),
  };
}

export function pathParts(url: string): string[] {
  return url.split('/').filter((part) => part !== '' && part !== 'v1');
}

/** The first noun of the path gathers what belongs together. */
export function tagOf({ url }: ContractRoute): string {
  return url.startsWith('/v1/') ? (pathParts(url)[0] ?? 'service') : 'service';
}

function singular(noun: string): string {
  if (noun.endsWith('ies')) return `${noun.slice(0, -3)}y`;
  return noun.endsWith('s') && !noun.endsWith('ss') ? noun.slice(0, -1) : noun;
}

function camel(parts: readonly string[]): string {
  const [first = '', ...rest] = parts.join('-').split(/[-.]/);
  return [first, ...rest.map(capital)].join('');
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A schema's properties in the order that they were written. */
export function propertiesOf(schema: JsonSchema | null): [string, JsonSchema][] {
  return Object.entries((schema?.properties as Record<string, JsonSchema> | undefined) ?? {});
}
