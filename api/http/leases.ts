// /v1/leases and /v1/extensions: see what is held, keep it alive, ask for longer, give it back.
// Invariant: every act carries the epoch of the lease; a heartbeat goes straight to its row, the others are intake.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  type ExtensionId,
  LEASE_ID,
  LEASE_STATES,
  type LeaseId,
  longestSeconds,
} from '../../scheduler/index.ts';
import { ProblemError } from '../errors.ts';
import type { LeaseView } from '../ports.ts';
import { accept, accessOf, notFound, reaches } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { actorOf, queueFull, writeAct } from './intake.ts';
import type { HeldLease, ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import {
  EpochNumber,
  FilterText,
  IdParams,
  InstantText,
  PageQueryFields,
  PositiveAmount,
} from './schemas/fields.ts';
import { ExtensionJson, HeartbeatView, LeaseJson, pageOf, ReleaseView } from './schemas/views.ts';
import { formatInstant, parseInstant } from './time.ts';
import { typed } from './typed.ts';
import { extensionJson, leaseJson, pageJson } from './views.ts';

const EXTENSION_ID = /^ext_[0-9a-z]{1,40}$/;
const EpochBody = Type.Object({ epoch: EpochNumber }, { additionalProperties: false });
const HeartbeatBody = Type.Object(
  { epoch: EpochNumber, checkpointAt: Type.Optional(InstantText) },
  { additionalProperties: false },
);
const ExtendBody = Type.Object(
  { epoch: EpochNumber, seconds: PositiveAmount },
  { additionalProperties: false },
);
const ListQuery = Type.Object(
  {
    ...PageQueryFields,
    state: Type.Optional(Type.Enum([...LEASE_STATES])),
    department: Type.Optional(FilterText),
    agent: Type.Optional(FilterText),
    kind: Type.Optional(FilterText),
    pool: Type.Optional(FilterText),
  },
  { additionalProperties: false },
);

export function addLeases(server: FastifyInstance, options: ServerOptions): void {
  addReading(server, options);
  addHeartbeat(server, options);
  addActs(server, options);
  addAcknowledgement(server, options);
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { leases, extensions } = options;
  app.get(
    '/leases',
    {
      config: { action: 'readLeases' },
      schema: { querystring: ListQuery, response: { 200: pageOf(LeaseJson) } },
    },
    async (request) => {
      const { scope } = accessOf(request);
      const { limit: _, after: __, ...filter } = request.query;
      const page = await leases.leases(scope, { ...filter, ...pageQuery(request.query) });
      return pageJson(page, leaseJson);
    },
  );
  app.get(
    '/leases/:id',
    { config: { action: 'readLeases' }, schema: { params: IdParams, response: { 200: LeaseJson } } },
    async (request) => leaseJson(await findLease(options, request, request.params.id)),
  );
  app.get(
    '/extensions/:id',
    { config: { action: 'readLeases' }, schema: { params: IdParams, response: { 200: ExtensionJson } } },
    async (request) => {
      const { scope } = accessOf(request);
      const { id } = request.params;
      const view = EXTENSION_ID.test(id) ? await extensions.extension(scope, id as ExtensionId) : null;
      if (view === null) throw notFound('extension');
      return extensionJson(view);
    },
  );
}

function addHeartbeat(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.post(
    '/leases/:id/heartbeat',
    {
      config: { action: 'heartbeat' },
      schema: { params: IdParams, body: HeartbeatBody, response: { 200: HeartbeatView } },
    },
    async (request) => {
      const { scope } = accessOf(request);
      const { id } = request.params;
      if (!LEASE_ID.test(id)) throw notFound('lease');
      const { epoch, checkpointAt } = request.body;
      const outcome = await options.heartbeats.heartbeat(
        scope,
        id as LeaseId,
        epoch,
        checkpointAt === undefined ? undefined : (parseInstant(checkpointAt) ?? undefined),
      );
      switch (outcome.type) {
        case 'recorded': {
          const { state, endsAt, at } = outcome;
          const { heartbeatTimeoutSeconds } = options.configuration().leaseTerms;
          const times = { endsAt: formatInstant(endsAt), heartbeatAt: formatInstant(at) };
          return { id, state, ...times, heartbeatTimeoutSeconds };
        }
        case 'ended':
          throw ended(outcome.state);
        case 'staleEpoch':
          throw staleEpoch(outcome.epoch);
        case 'absent':
          throw notFound('lease');
        case 'busy':
          throw queueFull(outcome);
        default: {
          const never: never = outcome;
          throw new Error(`unknown outcome ${JSON.stringify(never)}`);
        }
      }
    },
  );
}

function addActs(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.post(
    '/leases/:id/extend',
    {
      config: { action: 'extend' },
      schema: { params: IdParams, body: ExtendBody, response: { 202: ExtensionJson } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const { epoch, seconds } = request.body;
      const lease = fenced(await findHeld(options, request, request.params.id), epoch);
      if (hasEnded(lease.state)) throw ended(lease.state);
      const longest = longestSeconds(options.configuration());
      if (seconds > longest) throw tooLong(longest, epoch);
      const extension = options.system.newExtensionId();
      await writeAct(options, actorOf(principal), {
        type: 'extend',
        extension,
        lease: lease.id,
        epoch,
        seconds,
      });
      return accept(reply, `/v1/extensions/${extension}`).send(
        extensionJson({
          id: extension,
          lease: lease.id,
          seconds,
          outcome: 'pending',
          endsAt: null,
          reasons: [],
        }),
      );
    },
  );
  app.post(
    '/leases/:id/release',
    {
      config: { action: 'release' },
      schema: { params: IdParams, body: EpochBody, response: { 202: ReleaseView } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const { epoch } = request.body;
      const lease = fenced(await findHeld(options, request, request.params.id), epoch);
      const { id, state } = lease;
      if (state === 'expired' || state === 'revoked') throw ended(state);
      // Released already: the same answer again, so that a repeated call is safe.
      if (state !== 'released')
        await writeAct(options, actorOf(principal), { type: 'release', lease: id, epoch });
      return accept(reply, `/v1/leases/${id}`).send({ id, state });
    },
  );
}

/** For its holder, when the notice was read: sooner than the grace ends. Given back already by its revocation: the same answer again. */
function addAcknowledgement(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.post(
    '/leases/:id/acknowledge',
    {
      config: { action: 'acknowledge' },
      schema: { params: IdParams, body: EpochBody, response: { 202: ReleaseView } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const { epoch } = request.body;
      const lease = fenced(await findHeld(options, request, request.params.id), epoch);
      const { id, state, revocation } = lease;
      if (state === 'expired' || state === 'revoked') throw ended(state);
      if (revocation === undefined)
        throw state === 'released'
          ? ended(state)
          : new ProblemError({ code: 'NOT_REVOKING', detail: `the lease is ${state}` });
      if (state === 'revoking')
        await writeAct(options, actorOf(principal), { type: 'acknowledge', lease: id, epoch });
      return accept(reply, `/v1/leases/${id}`).send({ id, state });
    },
  );
}

async function findLease(options: ServerOptions, request: FastifyRequest, id: string): Promise<LeaseView> {
  const { scope } = accessOf(request);
  const view = LEASE_ID.test(id) ? await options.leases.lease(scope, id as LeaseId) : null;
  if (view === null) throw notFound('lease');
  return view;
}

/** Acts need neither heartbeats nor history: where this process leads, its memory answers without a query. */
async function findHeld(options: ServerOptions, request: FastifyRequest, id: string): Promise<HeldLease> {
  const live = LEASE_ID.test(id) ? options.liveLease(id as LeaseId) : null;
  if (live !== null && reaches(accessOf(request).scope, live)) return live;
  return (await findLease(options, request, id)).lease;
}

/** The fold checks the epoch again; here it is checked to answer a late holder at once. */
function fenced(lease: HeldLease, epoch: number): HeldLease {
  if (lease.epoch !== epoch) throw staleEpoch(lease.epoch);
  return lease;
}

function hasEnded(state: string): boolean {
  return state === 'released' || state === 'expired' || state === 'revoked';
}

function ended(state: string): ProblemError {
  return new ProblemError({ code: 'LEASE_ENDED', detail: `the lease is ${state}` });
}

function tooLong(longest: number, epoch: number): ProblemError {
  const message = `at most ${longest} seconds in any class`;
  return new ProblemError({
    code: 'TIME_RANGE',
    detail: `/seconds: ${message}`,
    errors: [{ pointer: '/seconds', code: 'range', message, suggestion: { epoch, seconds: longest } }],
  });
}

function staleEpoch(epoch: number): ProblemError {
  const detail = `the lease has epoch ${epoch}`;
  return new ProblemError({
    code: 'STALE_EPOCH',
    detail,
    errors: [{ pointer: '/epoch', code: 'conflict', message: detail }],
  });
}
