// The HTTP edge, put together: one fastify instance with every route, on the ports that it is given.
// Invariant: nothing is trusted before access.ts, nothing is parsed but by json.ts, nothing fails but as a problem document.
// Called by the composition roots and the tests; listening and closing are theirs.

import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { ProblemError } from '../errors.ts';
import { addAccess } from './access.ts';
import { addAccounts } from './accounts.ts';
import { addAgents } from './agents.ts';
import { addAnswers, answerBrokenCall, answerError, callHeaders } from './answers.ts';
import { addApprovals } from './approvals.ts';
import { addAudit } from './audit.ts';
import { addBatch } from './batch.ts';
import { addBudgets } from './budgets.ts';
import { callLogger } from './callLogger.ts';
import { addConsole } from './console.ts';
import { addContract } from './contract/contract.ts';
import { noteRoutes } from './contract/routes.ts';
import { addDepartments } from './departments.ts';
import { addEvents } from './events.ts';
import { addExplanation } from './explanation.ts';
import { addHealth } from './health.ts';
import { addHistory } from './history.ts';
import { addJobs } from './jobs.ts';
import { parseStrictJson } from './json.ts';
import { addInner, addLeader } from './leader.ts';
import { addLeases } from './leases.ts';
import { addMe } from './me.ts';
import { addMetrics } from './metrics.ts';
import { addOffers } from './offers.ts';
import type { ServerOptions } from './options.ts';
import { addPolicies } from './policies.ts';
import { addPolicyRows } from './policyRows.ts';
import { addPoolEdits } from './poolEdits.ts';
import { addPools } from './pools.ts';
import { addPoolUse } from './poolUse.ts';
import { addQueue } from './queue.ts';
import { addQuotas } from './quotas.ts';
import { addRequests } from './requests.ts';
import { NoQuery } from './schemas/fields.ts';
import { BODY_BYTES_MAX } from './schemas/submission.ts';
import { addShares } from './shares.ts';
import { addSimulations } from './simulations.ts';
import { addTickFiles } from './tickFile.ts';
import { addTicks } from './ticks.ts';
import { addTracing } from './tracing.ts';
import { addUsage } from './usage.ts';
import { validatorCompiler } from './validate.ts';
import { addWebhooks } from './webhooks.ts';

export type { ServerOptions } from './options.ts';

const HEADER_BYTES_MAX = 16 * 1024;
/** Headers, and the whole call with its body: slower is an attack or a dead peer. */
const SLOW_CALL_MS = 10_000;
/** Node looks for slow calls every 30 s by default, which would make the limit above mean up to 40 s. */
const SLOW_CHECK_MS = 1000;
const REQUEST_ID_HEADER = /^[!-~]{1,128}$/;

export function buildServer(options: ServerOptions): FastifyInstance {
  const { system, logger, hub } = options;
  const app: FastifyInstance = Fastify({
    ...(logger ? { loggerInstance: logger, childLoggerFactory: callLogger } : { logger: false }),
    // A line per call would be the largest cost of a call; metrics count them, problems of ours are logged.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: SLOW_CALL_MS,
    http: {
      headersTimeout: SLOW_CALL_MS,
      connectionsCheckingInterval: SLOW_CHECK_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    exposeHeadRoutes: false,
    // Answered by our own hook, as a problem document.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: (raw) => callIdOf(raw.headers['x-request-id']) ?? system.newCallId(),
    frameworkErrors: (error, request, reply) =>
      void answerError(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerBrokenCall(error, socket, system.newCallId()),
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are written by JSON.stringify: a serialiser from a schema would silently leave out what the schema forgot.
  app.setSerializerCompiler(() => JSON.stringify);
  app.decorateRequest('callKey', null);
  const routes = noteRoutes(app);
  addParser(app);
  addAnswers(app);
  addClosing(app);
  addMetrics(app, options);
  addInner(app, options);
  addTracing(app, options);
  addLeader(app, options);
  addAccess(app, options);
  addHealth(app, options);
  addContract(app, routes);
  addConsole(app, options);
  app.register(async (v1) => addNouns(v1, options), { prefix: '/v1' });
  app.addHook('onReady', () => hub.start());
  // Before the sockets are awaited: open streams would keep the server open for ever.
  app.addHook('preClose', async () => hub.stop());
  return app;
}

/** The nouns, a file each. */
function addNouns(v1: FastifyInstance, options: ServerOptions): void {
  refuseUnknownQueries(v1);
  addMe(v1, options);
  addRequests(v1, options);
  addBatch(v1, options);
  addExplanation(v1, options);
  addOffers(v1, options);
  addLeases(v1, options);
  addApprovals(v1, options);
  addPools(v1, options);
  addPoolUse(v1, options);
  addPoolEdits(v1, options);
  addAgents(v1, options);
  addDepartments(v1, options);
  addShares(v1, options);
  addQuotas(v1, options);
  addTicks(v1, options);
  addTickFiles(v1, options);
  addHistory(v1, options);
  addAudit(v1, options);
  addEvents(v1, options);
  addAccounts(v1, options);
  addBudgets(v1, options);
  addUsage(v1, options);
  addPolicyRows(v1, options);
  addQueue(v1, options);
  addPolicies(v1, options);
  addJobs(v1, options);
  addSimulations(v1, options);
  addWebhooks(v1, options);
}

function callIdOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && REQUEST_ID_HEADER.test(header) ? header : null;
}

function addParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
      done(new ProblemError({ code: 'MEDIA_TYPE', detail: `JSON is UTF-8, not ${charset.slice(0, 40)}` }));
      return;
    }
    try {
      // No body at all is for the schema of the route to judge.
      done(null, body.length === 0 ? null : parseStrictJson(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** A parameter that a route does not know is refused there too where the route knows none: a misspelt filter is no filter. */
function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.schema = { querystring: NoQuery, ...route.schema };
  });
}

function addClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(callHeaders(request.id));
    if (!closing) return;
    reply.header('connection', 'close');
    throw new ProblemError({
      code: 'STOPPING',
      detail: 'this process takes no more calls',
      headers: { 'retry-after': '1' },
    });
  });
}
