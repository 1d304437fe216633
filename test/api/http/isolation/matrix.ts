// Every route, by every principal, with what belongs to everybody else: as an id, a filter, a cursor, a header, an item of a batch.
// Invariant: the routes come from the contract and the principals from the roles; a new one of either is in by itself.
// Used by the isolation tests.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { reachOf } from '../../../../api/http/permissions.ts';
import { ROLES, type Role } from '../../../../scheduler/index.ts';
import { seededDraw } from '../../../support/syntheticTick.ts';
import type { Operation, Parameter } from '../fuzz/contract.ts';
import { fitting } from '../fuzz/values.ts';
import { createWords, nounOf, type Words } from '../fuzz/words.ts';
import { type Owner, SHARED_CALL_KEY, sharedSubmission, type World } from './world.ts';

export interface Principal {
  readonly role: Role;
  readonly department: string;
  /** Null for people. */
  readonly agent: string | null;
  readonly token: string;
}

export interface Probe {
  readonly method: Operation['method'];
  readonly url: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The id of somebody else's object that stands in the call, where one does. */
  readonly guessed: string | null;
}

/** Everybody who may not see everything. */
export function principalsOf({ owners, departments }: World): Principal[] {
  const people = ROLES.filter((role) => role !== 'agent' && reachOf(role, 'readRequests') !== 'all');
  return [
    ...owners.map(({ department, agent }) => ({
      role: 'agent' as const,
      department,
      agent,
      token: `agent:${department}:${agent}`,
    })),
    ...departments.flatMap((department) =>
      people.map((role) => ({ role, department, agent: null, token: `${role}:${department}` })),
    ),
  ];
}

/** Whose objects the principal may not see. */
export function strangersOf({ owners }: World, { role, department, agent }: Principal): Owner[] {
  return owners.filter((owner) =>
    reachOf(role, 'readRequests') === 'own' ? owner.agent !== agent : owner.department !== department,
  );
}

export interface ProbeSource {
  readonly world: World;
  readonly operation: Operation;
  readonly principal: Principal;
  /** Cursors that somebody who sees everything was given. */
  readonly cursors: readonly string[];
  readonly seed: number;
}

/** Beside what it was given, how a body of the route is drawn: made once, as it costs more than a hundred draws. */
interface Drawing extends ProbeSource {
  readonly bodies: fc.Arbitrary<unknown>;
}

/**
 * Of whom a principal names objects in its calls of one route: one stranger of its own department, where it has one, and one of another,
 * drawn by the seed. So every route, every principal and every kind of call meets both, and every stranger is met on many routes. What an
 * answer may not hold are the words of all of them.
 */
function namedIn({ operation, principal, seed }: ProbeSource, strangers: readonly Owner[]): Owner[] {
  const draw = seededDraw(hashed(`${seed} ${principal.token} ${operation.id}`));
  const [near, far] = [true, false].map((isNear) =>
    strangers.filter(({ department }) => (department === principal.department) === isNear),
  );
  return [near, far].flatMap((those = []) => those.slice(draw(0, those.length - 1)).slice(0, 1));
}

const hashed = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE();

export function probesOf(asked: ProbeSource): Probe[] {
  const all = strangersOf(asked.world, asked.principal);
  const strangers = namedIn(asked, all);
  const { operation } = asked;
  const source = { ...asked, bodies: fitting(operation.body ?? {}, wordsOf(asked.world, all)) };
  const inPath = operation.parameters.filter(({ in: place }) => place === 'path');
  const inQuery = operation.parameters.filter(({ in: place }) => place === 'query');
  const byId = inPath.length === 0 ? [] : guesses(source, strangers);
  const byQuery = inQuery.flatMap((parameter) => filters(source, parameter, strangers));
  const plain = inPath.length === 0 ? [probe(source, { path: operation.path, variant: 0 })] : [];
  const byBody = inPath.length === 0 && operation.body !== null ? items(source, strangers) : [];
  const probes = [...plain, ...byId, ...byQuery, ...byBody];
  const mayBeDry = inQuery.some(({ name }) => name === 'dryRun');
  const dry = [...plain, ...byId, ...byBody].map((each) => ({ ...each, url: `${each.url}?dryRun=true` }));
  return mayBeDry ? [...probes, ...dry] : probes;
}

function wordsOf({ owners }: World, strangers: readonly Owner[]): Words {
  const words = createWords();
  words.learn({
    kind: ['gpu', 'license', 'review'],
    class: 'standard',
    epoch: [1, 2],
    department: strangers.map(({ department }) => department),
    agent: strangers.map(({ agent }) => agent),
    seconds: [5],
    accounts: strangers.map(({ account }) => account),
  });
  for (const noun of ['requests', 'leases', 'extensions'] as const)
    words.learn({ id: owners.flatMap(({ ids }) => ids[noun]) }, noun);
  return words;
}

function probe(
  { operation, seed, bodies }: Drawing,
  made: {
    readonly path: string;
    readonly variant: number;
    readonly guessed?: string;
    readonly body?: unknown;
  },
): Probe {
  const drawn = () => fc.sample(bodies, { numRuns: 1, seed: seed + made.variant })[0];
  const body = operation.body === null ? null : JSON.stringify(made.body ?? drawn());
  return {
    method: operation.method,
    url: made.path,
    body,
    // Where a route has a page and a stream, the page is the one that ends.
    headers: {
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...(operation.parameters.some(({ name }) => name === 'If-Match') ? { 'if-match': '*' } : {}),
    },
    guessed: made.guessed ?? null,
  };
}

/** Ids of the route's own noun, and of the others: a lease's id may open a request. */
function guesses(source: Drawing, strangers: readonly Owner[]): Probe[] {
  const noun = nounOf(source.operation.path);
  return strangers.flatMap(({ ids, department, agent, account }) => {
    const own = ids[noun as keyof Owner['ids']] ?? [];
    const others = Object.values(ids).flatMap((each) => each.slice(0, 1));
    return [...new Set([...own, ...others, department, agent, account])].map((id, variant) =>
      probe(source, { path: filled(source.operation.path, id), variant, guessed: id }),
    );
  });
}

export function filled(path: string, value: string): string {
  return path.replaceAll(/\{\w+\}/g, encodeURIComponent(value));
}

function filters(
  { operation, cursors }: ProbeSource,
  { name }: Parameter,
  strangers: readonly Owner[],
): Probe[] {
  const path = filled(operation.path, 'none');
  const values = [
    ...(name === 'after' ? cursors : []),
    ...(name === 'by' ? ['agent', 'department', 'class,agent'] : []),
    ...(name === 'format' ? ['csv'] : []),
    ...strangers
      .slice(0, 4)
      .flatMap(({ department, agent, canary, ids }) => [
        department,
        agent,
        canary,
        ids.requests[0],
        ids.leases[0],
      ]),
  ].filter((value) => value !== undefined);
  return values.map((value) => ({
    method: operation.method,
    url: `${path}?${name}=${encodeURIComponent(value)}`,
    body: operation.body === null ? null : '{}',
    headers: {
      accept: 'application/json',
      ...(operation.body === null ? {} : { 'content-type': 'application/json' }),
    },
    guessed: null,
  }));
}

/** A submission under somebody else's key, alone and as an item: their request must not answer it. */
function items(source: Drawing, strangers: readonly Owner[]): Probe[] {
  return strangers.flatMap(({ canary, ids }, variant) => {
    const [request = ''] = ids.requests;
    const body = {
      clientRequestId: `${canary}-${request.slice(-6)}`,
      options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
      terms: { class: 'standard', durationSeconds: 10 },
    };
    const properties = Object.keys((source.operation.body?.properties as object | undefined) ?? {});
    const sent = properties.includes('items')
      ? { items: [body, { ...body, clientRequestId: request }] }
      : body;
    return [
      probe(source, { path: source.operation.path, variant, body: sent }),
      probe(source, { path: source.operation.path, variant: variant + 1000 }),
      repeated(source, canary),
    ];
  });
}

/** Their call, word for word and under its Idempotency-Key: the answer that was kept for them is not for others. */
function repeated(source: Drawing, canary: string): Probe {
  const body = sharedSubmission({ canary });
  const again = probe(source, { path: source.operation.path, variant: 0, body });
  return { ...again, headers: { ...again.headers, 'idempotency-key': SHARED_CALL_KEY } };
}

/** An id of the same form that nobody has. */
export function missingOf(id: string, taken: ReadonlySet<string>): string {
  for (let salt = 0; ; salt += 1) {
    const digits = createHash('sha256')
      .update(`${id} ${salt}`)
      .digest('hex')
      .replaceAll(/[^0-9]/g, '');
    const missing = id.slice(0, -3) + digits.slice(0, 3);
    if (!taken.has(missing)) return missing;
  }
}

/** The organisation itself, which has no secrets from its members (docs/permissions.md). */
const READ_BY_ALL = ['agents', 'departments', 'pools', 'quotas'];

/** What of others stands in the answer, and was not sent by the caller itself. */
export function leaksIn(
  response: LightMyRequestResponse,
  call: Probe,
  strangers: readonly Owner[],
): string[] {
  const told = `${JSON.stringify(response.headers)}\n${response.body}`;
  const sent = `${decodeURIComponent(call.url)}\n${call.body}`;
  const namesAgents = READ_BY_ALL.includes(nounOf(call.url.split('?', 1)[0] ?? ''));
  return strangers
    .flatMap(({ canary, ids, agent }) => [
      canary,
      ...Object.values(ids).flat(),
      ...(namesAgents ? [] : [agent]),
    ])
    .filter((secret) => told.includes(secret) && !sent.includes(secret));
}

/** Status, headers and body without what names the call itself, or counts it. Both ids are of one length, so that lengths compare. */
export function comparable(response: LightMyRequestResponse, id: string): string {
  const { date: _date, ratelimit: _left, ...headers } = response.headers;
  return JSON.stringify([response.statusCode, headers, response.body]).replaceAll(id, '{id}');
}
