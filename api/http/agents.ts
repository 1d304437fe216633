// /v1/agents: who acts for which department; registered, edited and retired while the cell runs, and heard of by heartbeats of their own.
// Invariant: a department head acts on its own department alone, hands out no role above its agents, and opens no account to them that
// none of them pays with: what another department has is as if it were not there.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type AccountId,
  type AgentId,
  type AgentPart,
  agentPart,
  agentPoolId,
  type Configuration,
  capacityKey,
  type DepartmentId,
  type Edit,
  type EditProblem,
  type Instant,
} from '../../scheduler/index.ts';
import type { Principal, Scope } from '../ports.ts';
import { accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { answerEdit } from './editAnswers.ts';
import { type EditStep, refused, storeEdit } from './edits.ts';
import { etagOf, preconditionOf } from './etags.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { reachOf } from './permissions.ts';
import { IdParams, Name, NoBody, PageQueryFields } from './schemas/fields.ts';
import {
  AgentBeatJson,
  AgentBody,
  AgentJson,
  NewAgentBody,
  PreviewJson,
  PreviewQuery,
  RetiredJson,
} from './schemas/organisation.ts';
import { pageOf } from './schemas/views.ts';
import { formatInstant, formatNullable } from './time.ts';
import { typed } from './typed.ts';

const ListQuery = Type.Object(
  { ...PageQueryFields, department: Type.Optional(Name), skill: Type.Optional(Name) },
  { additionalProperties: false },
);
/** What a department head may make of its agents; other roles are given by operators. */
const HEAD_ROLES = ['agent', 'reviewer'];

export function addAgents(server: FastifyInstance, options: ServerOptions): void {
  addReading(server, options);
  addRegistration(server, options);
  addActs(server, options);
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/agents',
    {
      config: { action: 'readAgents' },
      schema: { querystring: ListQuery, response: { 200: pageOf(AgentJson) } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const { department, skill } = request.query;
      const configuration = options.configuration();
      const rest = configuration.agents
        .filter(({ id }) => after === null || id > after)
        .filter((agent) => department === undefined || agent.department === department)
        .filter((agent) => skill === undefined || agent.skills.includes(skill))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const heard = await heardIn(options, configuration.cell, accessOf(request).principal);
      const page = rest.slice(0, limit);
      const items = page.flatMap(({ id }) => {
        const part = agentPart(configuration, id);
        return part === null ? [] : [agentJson(part, heard)];
      });
      return { items, next: rest.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  );
  app.get(
    '/agents/:id',
    { config: { action: 'readAgents' }, schema: { params: IdParams, response: { 200: AgentJson } } },
    async (request, reply) => {
      const configuration = options.configuration();
      const part = agentPart(configuration, request.params.id);
      if (part === null) throw notFound('agent');
      reply.header('etag', etagOf(part, options.digest));
      const { principal } = accessOf(request);
      return agentJson(part, await heardIn(options, configuration.cell, principal));
    },
  );
}

function addRegistration(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const common = { config: { action: 'editAgents' as const }, ...callKeyHooks(options) };
  const answers = { 200: Type.Union([AgentJson, PreviewJson]), 201: AgentJson };
  app.post(
    '/agents',
    { ...common, schema: { querystring: PreviewQuery, body: NewAgentBody, response: answers } },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const { id, department, ...fields } = request.body;
      const agent = agentPartOf({ id, department }, fields);
      return answerEdit(options, reply, {
        principal,
        what: 'agent',
        precondition: { type: 'absent' },
        dryRun: request.query.dryRun === 'true',
        editOn: (configuration) => registration(configuration, scope, agent),
        ...effectsOf(options, principal, id),
      });
    },
  );
  app.put(
    '/agents/:id',
    {
      ...common,
      schema: { params: IdParams, querystring: PreviewQuery, body: AgentBody, response: answers },
    },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const { id } = request.params;
      const precondition = preconditionOf(request);
      // Registering names the department, and is a POST.
      if (precondition.type === 'absent') throw notFound('agent');
      return answerEdit(options, reply, {
        principal,
        what: 'agent',
        precondition,
        dryRun: request.query.dryRun === 'true',
        editOn(configuration) {
          const { department } = agentIn(configuration, scope, id);
          return registration(configuration, scope, agentPartOf({ id, department }, request.body));
        },
        ...effectsOf(options, principal, id),
      });
    },
  );
}

function addActs(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.post(
    '/agents/:id/heartbeat',
    {
      config: { action: 'heartbeatAgent' },
      schema: { params: IdParams, body: NoBody, response: { 200: AgentBeatJson } },
    },
    async (request) => {
      const { principal } = accessOf(request);
      const { agent: id, department } = principal;
      if (id === null || id !== request.params.id) throw notFound('agent');
      const at = await options.agentHeartbeats.beat(options.configuration().cell, { id, department });
      return { id, heartbeatAt: formatInstant(at) };
    },
  );
  app.post(
    '/agents/:id/retire',
    {
      config: { action: 'editAgents' },
      schema: {
        params: IdParams,
        querystring: PreviewQuery,
        body: NoBody,
        response: { 200: Type.Union([RetiredJson, PreviewJson]) },
      },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const { id } = request.params;
      const call = {
        principal,
        what: 'agent',
        precondition: { type: 'present' },
        editOn: (configuration: Configuration): Edit => {
          return { type: 'retireAgent', agent: agentIn(configuration, scope, id).id };
        },
      } as const;
      if (request.query.dryRun === 'true')
        return answerEdit(options, reply, { ...call, dryRun: true, ...effectsOf(options, principal, id) });
      await storeEdit(options, call);
      return { id, state: 'retired' as const };
    },
  );
}

/** The agent as this caller may act on it: of another department, as if there were none. */
function agentIn(configuration: Configuration, scope: Scope, id: string): AgentPart {
  const agent = agentPart(configuration, id);
  if (agent === null || (scope.type !== 'all' && agent.department !== scope.department))
    throw notFound('agent');
  return agent;
}

function registration(configuration: Configuration, scope: Scope, agent: AgentPart): Edit {
  const problems = scope.type === 'all' ? [] : beyondDepartment(configuration, scope.department, agent);
  if (problems.length > 0) throw refused(problems);
  return { type: 'putAgent', agent };
}

function beyondDepartment(
  configuration: Configuration,
  department: DepartmentId,
  agent: AgentPart,
): EditProblem[] {
  const problems: EditProblem[] = [];
  if (agent.department !== department)
    problems.push({
      pointer: '/department',
      code: 'unknown',
      message: `there is no department ${agent.department}`,
      allowed: [department],
    });
  for (const [index, role] of agent.roles.entries()) {
    if (HEAD_ROLES.includes(role)) continue;
    const message = `a department head gives no role ${role}`;
    problems.push({ pointer: `/roles/${index}`, code: 'conflict', message, allowed: HEAD_ROLES });
  }
  const colleagues = configuration.agents.filter((each) => each.department === department);
  const allowed = [...new Set(colleagues.flatMap(({ accounts }) => accounts))].sort();
  for (const [index, account] of agent.accounts.entries()) {
    if (allowed.includes(account)) continue;
    const message = `no agent of ${department} pays with ${account}`;
    problems.push({ pointer: `/accounts/${index}`, code: 'unknown', message, allowed });
  }
  return problems;
}

function agentPartOf(of: { id: string; department: string }, body: Static<typeof AgentBody>): AgentPart {
  const { roles = ['agent'], skills = [], clearance, accounts, concurrency = null, priceMinor = 0 } = body;
  return {
    id: of.id as AgentId,
    department: of.department as DepartmentId,
    roles,
    skills,
    clearance,
    accounts: accounts as AccountId[],
    concurrency,
    // Without a pool there is nothing that could have a price.
    priceMinor: concurrency === null ? 0 : priceMinor,
  };
}

function effectsOf(options: ServerOptions, principal: Principal, id: string) {
  return {
    location: `/v1/agents/${id}`,
    async useOf({ from, after }: EditStep) {
      const use = await options.poolUse.poolUse(from.cell);
      const most = after !== null && 'concurrency' in after ? (after.concurrency ?? 0) : 0;
      return { used: use.get(capacityKey(agentPoolId(id))) ?? 0, most };
    },
    async show({ to }: { readonly to: Configuration }) {
      const part = agentPart(to, id);
      if (part === null) throw new Error(`agent ${id} was put and is not there`);
      return agentJson(part, await heardIn(options, to.cell, principal));
    },
  };
}

interface Heard {
  readonly beats: ReadonlyMap<string, Instant>;
  readonly seen: ReadonlyMap<string, Instant>;
  /** When somebody last called is the business of their own department, and of who oversees all. */
  readonly watched: DepartmentId | 'all';
}

async function heardIn(
  { agentHeartbeats, presence }: ServerOptions,
  cell: string,
  { role, department }: Principal,
): Promise<Heard> {
  const [beats, seen] = await Promise.all([agentHeartbeats.heard(cell), presence.lastSeen(cell)]);
  return { beats, seen, watched: reachOf(role, 'readRequests') === 'all' ? 'all' : department };
}

function agentJson(part: AgentPart, { beats, seen, watched }: Heard) {
  const {
    id,
    department,
    roles,
    skills,
    clearance,
    classes = null,
    accounts,
    concurrency,
    priceMinor,
  } = part;
  const pool = concurrency === null ? null : agentPoolId(id);
  const heartbeatAt = formatNullable(beats.get(id) ?? null);
  const isWatched = watched === 'all' || watched === department;
  const lastSeenAt = formatNullable((isWatched ? seen.get(id) : null) ?? null);
  const said = { id, department, roles, skills, clearance, classes, accounts, concurrency, priceMinor };
  return { ...said, pool, heartbeatAt, lastSeenAt };
}
