// A whole edge on fakes, and the builders that its tests share. Every answer of `call` is checked against its route's schema.

import { Ajv } from 'ajv';
import type { FastifyInstance, LightMyRequestResponse, RouteOptions } from 'fastify';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../../adapters/memory/store.ts';
import { refusalOfUrl } from '../../../adapters/notify/guardedPost.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import { createEdgeSystem } from '../../../adapters/system/ids.ts';
import { LocalPresence } from '../../../adapters/system/presence.ts';
import { BucketRateLimiter } from '../../../adapters/system/rateLimiter.ts';
import { PROBLEMS, type ProblemCode, type ProblemDocument } from '../../../api/errors.ts';
import { EventHub, type EventHubOptions } from '../../../api/http/hub.ts';
import { ProblemView } from '../../../api/http/schemas/views.ts';
import { buildServer, type ServerOptions } from '../../../api/http/server.ts';
import { parseInstant } from '../../../api/http/time.ts';
import { DecisionLog } from '../../../policies/index.ts';
import {
  type AgentId,
  type Configuration,
  type DepartmentId,
  type DomainEvent,
  type EventId,
  type EventType,
  eventId,
  type Lease,
  leaseId,
  type PoolId,
  type RequestId,
} from '../../../scheduler/index.ts';
import { FakePolicies } from './fakePolicies.ts';
import { FakeCalls, FakeLog, FakeStore, fakeIdentity, InterruptedConfigurations } from './fakes.ts';
import { FakeHistory } from './history.ts';
import { FORGE, NOW, ORGANISATION, RESEARCH } from './organisation.ts';

export const AS_FORGE = 'agent:research:forge-01';
export const AS_ANVIL = 'agent:research:anvil-01';
export const AS_SCOUT = 'agent:sales:scout-01';
export const AS_OPERATOR = 'operator:research';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly url: string;
  readonly as?: string | null;
  readonly body?: unknown;
  /** Sent as it stands, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Edge {
  readonly app: FastifyInstance;
  readonly store: FakeStore;
  /** The organisation and what is said of it. */
  readonly memory: MemoryStore;
  readonly configurations: InterruptedConfigurations;
  readonly calls: FakeCalls;
  readonly log: FakeLog;
  readonly history: FakeHistory;
  readonly hub: EventHub;
  readonly routes: readonly RouteOptions[];
  call(call: Call): Promise<LightMyRequestResponse>;
}

export interface EdgeOptions {
  readonly server?: Partial<ServerOptions>;
  readonly hub?: Partial<EventHubOptions>;
}

export async function anEdge({ server = {}, hub: hubOptions = {} }: EdgeOptions = {}): Promise<Edge> {
  const store = new FakeStore();
  const calls = new FakeCalls();
  const log = new FakeLog();
  const history = new FakeHistory();
  const hub = aHub(log, hubOptions);
  // Holds the organisation and nothing else, unless a test gives a reader that holds something.
  const memory = createMemoryStore({ now: () => NOW });
  await memory.configuration.store(ORGANISATION);
  let held: Configuration = ORGANISATION;
  const configurations = new InterruptedConfigurations(memory.configuration);
  const app = buildServer({
    configuration: () => held,
    configurations,
    adopt: (configuration) => {
      held = configuration;
    },
    impossibleUnder: () => null,
    agentHeartbeats: memory.agentHeartbeats,
    heldUnits: store.heldUnits,
    identity: fakeIdentity,
    intake: store.intake,
    heartbeats: store.heartbeats,
    requests: store.readers,
    leases: store.readers,
    extensions: store.readers,
    poolUse: store.poolUse,
    ticks: store.tickReader,
    accounts: memory.accounts,
    usage: memory.usage,
    queue: memory.readers,
    approvals: memory.approvals,
    eventPages: memory.readers,
    ...history.ports(),
    calls,
    system: createEdgeSystem({ now: () => NOW }),
    digest: sha256,
    readiness: { failing: async () => [], degraded: () => [] },
    metrics: new Registry(),
    hub,
    explainWaiting: () => null,
    explanation: () => null,
    estimate: () => null,
    tickFiles: { ticksMax: 2, file: () => null, oldest: () => null },
    limits: { agentPerSecond: 100_000, departmentPerSecond: 100_000, openPerAgent: 100_000 },
    rateLimiter: new BucketRateLimiter(() => NOW),
    ...besides(memory),
    openRequests: () => null,
    dryRuns: { ask: async () => ({ type: 'notLeading' }) },
    offering: NO_OFFERS,
    ...thePolicies(),
    ...server,
  });
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  await app.ready();
  return {
    app,
    store,
    memory,
    configurations,
    calls,
    log,
    history,
    hub,
    routes,
    call: (call) => inject(app, routes, call),
  };
}

function besides({ sideJobs, webhooks }: MemoryStore) {
  return {
    presence: new LocalPresence(),
    liveLease: () => null,
    lagMs: () => 0,
    sideJobs,
    jobAdded: () => {},
    webhooks,
    sealWebhookSecret: (webhook: string, secret: string) => `sealed for ${webhook}: ${secret.length}`,
    refusalOfWebhook: (url: string) => refusalOfUrl(url, { allowLoopback: false }),
  };
}

const NO_OFFERS: ServerOptions['offering'] = {
  offers: async () => ({ type: 'notLeading' }),
  whatItTakes: async () => ({ type: 'notLeading' }),
  lack: () => null,
};

function thePolicies(): Pick<ServerOptions, 'policies' | 'decisions'> {
  return { policies: new FakePolicies(), decisions: new DecisionLog({ mask: [], sampleEvery: 1 }) };
}

function aHub(log: FakeLog, options: Partial<EventHubOptions>): EventHub {
  return new EventHub({
    cell: ORGANISATION.cell,
    log,
    now: () => NOW,
    onError: (error) => {
      if (error !== log.fault) throw error;
    },
    ...options,
  });
}

async function inject(
  app: FastifyInstance,
  routes: readonly RouteOptions[],
  call: Call,
): Promise<LightMyRequestResponse> {
  const { method, url, as = AS_FORGE, body, raw, headers = {} } = call;
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await app.inject({
    method,
    url,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${as}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { payload: sent }),
  });
  expectToFitSchema(routes, call, response);
  return response;
}

const ajv = new Ajv({ strict: false, formats: { instant: (text: string) => parseInstant(text) !== null } });

/** The answer's schema, or that of a problem. A route without schemas answers no JSON. */
function expectToFitSchema(
  routes: readonly RouteOptions[],
  call: Call,
  response: LightMyRequestResponse,
): void {
  if (response.statusCode >= 400 && response.statusCode !== 503) {
    expectProblemShape(response);
    return;
  }
  if (response.statusCode === 204) {
    expect(response.body).toBe('');
    return;
  }
  // A report as CSV: the schemas are of JSON.
  if (response.headers['content-type']?.toString().startsWith('text/csv')) return;
  const path = call.url.split('?', 1)[0] ?? '';
  const route = routes.find(({ method, url }) => method === call.method && matches(url, path));
  const schemas = route?.schema?.response as Record<number, object> | undefined;
  const schema = schemas?.[response.statusCode];
  if (!schema) return;
  const validate = ajv.compile(schema);
  expect([validate(response.json()), validate.errors]).toEqual([true, null]);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  );
}

const validateProblem = ajv.compile(ProblemView);

function expectProblemShape(response: LightMyRequestResponse): void {
  expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = response.json<ProblemDocument>();
  expect([validateProblem(problem), validateProblem.errors]).toEqual([true, null]);
  expect(problem.status).toBe(response.statusCode);
  expect(problem.requestId).toBe(response.headers['x-request-id']);
}

/** Checks the problem and answers it, for a closer look. */
export function expectProblem(response: LightMyRequestResponse, wantCode: ProblemCode): ProblemDocument {
  const problem = response.json<ProblemDocument>();
  expect({ code: problem.code, status: response.statusCode }).toEqual({
    code: wantCode,
    status: PROBLEMS[wantCode].status,
  });
  expectProblemShape(response);
  return problem;
}

export function aSubmission(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    clientRequestId: 'train-7',
    options: [{ claims: [{ kind: 'gpu', quantity: 2, selector: { model: 'a100' } }] }],
    terms: { class: 'standard', durationSeconds: 600, purpose: 'training', summary: 'nightly training' },
    ...fields,
  };
}

export function aLease(fields: Partial<Lease> = {}): Lease {
  return {
    id: leaseId(1, 0),
    request: 'req_01m8445h5p9kntj5ba86d4hccy' as RequestId,
    department: RESEARCH,
    agent: FORGE,
    epoch: 3,
    option: 0,
    allocations: [
      {
        claim: 0,
        pool: 'gpu-a100' as PoolId,
        kind: 'gpu',
        quantity: 2,
        startsAt: NOW,
        endsAt: NOW + 600_000,
      },
    ],
    reservations: [],
    state: 'active',
    grantedAt: NOW,
    startLimitAt: NOW + 60_000,
    endsAt: NOW + 600_000,
    activatedAt: NOW + 1000,
    ...fields,
  };
}

export interface EventFields {
  readonly type?: EventType;
  readonly department?: string;
  readonly agent?: string;
  readonly request?: string;
  readonly data?: Record<string, unknown>;
}

export function anEvent(sequence: number, fields: EventFields = {}): DomainEvent {
  const { type = 'annona.request.granted.v1', department = RESEARCH, agent = FORGE, data = {} } = fields;
  return {
    id: eventId('main', sequence) as EventId,
    sequence,
    tick: sequence,
    epoch: 1,
    type,
    at: NOW,
    department: department as DepartmentId,
    agent: agent as AgentId,
    request: (fields.request ?? 'req_01m8445h5p9kntj5ba86d4hccy') as RequestId,
    lease: null,
    policyRevision: 'pol_1',
    data,
  };
}
