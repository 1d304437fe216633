// POST /v1/requests/batch: many submissions in one call, each with its own answer (207).
// Invariant: items are independent; a batch is no transaction, and its order is the order of its answers.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problemDocument } from '../errors.ts';
import { accessOf } from './access.ts';
import { instanceOf } from './answers.ts';
import { auditRefusal } from './caller.ts';
import { callKeyHooks } from './callKeys.ts';
import type { ServerOptions } from './options.ts';
import { countItems, refuseBeyondOpen } from './rateLimits.ts';
import { submissionContext } from './requests.ts';
import { BatchBody, type SubmissionBody } from './schemas/submission.ts';
import { BatchView } from './schemas/views.ts';
import { readSubmission, type Submission, type SubmissionContext } from './submission.ts';
import { type Submitted, submitItems } from './submit.ts';
import { withSuggestion } from './suggest.ts';
import { typed } from './typed.ts';
import { acceptedJson } from './views.ts';

const BATCH_BYTES_MAX = 2 * 1024 * 1024;
/** Each costs up to sixteen admissions; a batch that is wrong throughout shows its fault in the first few. */
const SUGGESTIONS_MAX = 20;

export function addBatch(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.post(
    '/requests/batch',
    {
      config: { action: 'submit' },
      bodyLimit: BATCH_BYTES_MAX,
      schema: { body: BatchBody, response: { 207: BatchView } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      await countItems(options, { request, reply, principal }, request.body.items.length);
      const read = request.body.items.map((body): ReadItem => {
        const context = submissionContext(options, principal);
        return { body, context, submission: readSubmission(body, context) };
      });
      const submissions = refuseDuplicates(read.map((item) => item.submission));
      const asked = refuseBeyondOpen(options, principal, submissions);
      const submitted = await submitItems(options, asked, request.traceParent);
      await auditItems(options, request, submitted);
      const items = withSuggestions(submitted, read).map((answer, index) => {
        if (answer.ok) {
          const { id, clientRequestId, receivedAt } = answer;
          return { status: 202, request: acceptedJson({ id, clientRequestId }, receivedAt) };
        }
        const call = { instance: `${instanceOf(request)}#/items/${index}`, requestId: request.id };
        const document = problemDocument(answer.problem, call);
        return { status: document.status, problem: document };
      });
      return reply.code(207).send({ items });
    },
  );
}

/** As single calls are: an item that could never fit is in the audit with its place in the batch. */
async function auditItems(
  options: ServerOptions,
  request: FastifyRequest,
  submitted: readonly Submitted[],
): Promise<void> {
  const { principal: by } = accessOf(request);
  const route = `${request.method} ${request.routeOptions.url}`;
  const writes = submitted.map(async (answer, index) => {
    if (answer.ok) return;
    await auditRefusal(options, { by, problem: answer.problem, object: `${route}#/items/${index}` });
  });
  await Promise.all(writes).catch((fault: unknown) =>
    request.log.error(fault, 'a refusal is not in the audit'),
  );
}

interface ReadItem {
  readonly body: unknown;
  readonly context: SubmissionContext;
  readonly submission: Submission;
}

/** For the first of those that were refused. A body that was not even read has a problem without a repair. */
function withSuggestions(submitted: readonly Submitted[], read: readonly ReadItem[]): Submitted[] {
  const taken = new Set(submitted.flatMap((answer) => (answer.ok ? [answer.clientRequestId] : [])));
  let suggested = 0;
  return submitted.map((answer, index) => {
    const item = read[index];
    if (answer.ok || item === undefined || suggested >= SUGGESTIONS_MAX) return answer;
    suggested += 1;
    const { body, context } = item;
    const problem = withSuggestion({ problem: answer.problem, body: body as SubmissionBody, context, taken });
    const suggestion = problem.errors?.[0]?.suggestion as SubmissionBody | undefined;
    if (suggestion !== undefined) taken.add(suggestion.clientRequestId);
    return { ok: false, problem };
  });
}

/** The first of a key is taken, the others are told so: which of them was meant cannot be known. */
function refuseDuplicates(submissions: readonly Submission[]): Submission[] {
  const taken = new Set<string>();
  return submissions.map((submission) => {
    if (!submission.ok) return submission;
    const { clientRequestId } = submission;
    if (!taken.has(clientRequestId)) {
      taken.add(clientRequestId);
      return submission;
    }
    const detail = `clientRequestId ${clientRequestId} stands twice in this batch`;
    const errors = [{ pointer: '/clientRequestId', code: 'duplicate', message: detail }] as const;
    return { ok: false, problem: { code: 'DUPLICATE_IN_BATCH', detail, errors } };
  });
}
