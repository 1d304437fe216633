// POST /v1/requests/batch: many submissions in one call, each with its own answer (207).
// Invariant: items are independent; a batch is no transaction, and its order is the order of its answers.

import type { FastifyInstance } from 'fastify';
import { problemDocument } from '../errors.ts';
import { accessOf } from './access.ts';
import { instanceOf } from './answers.ts';
import { callKeyHooks } from './callKeys.ts';
import type { ServerOptions } from './options.ts';
import { countItems, refuseBeyondOpen } from './rateLimits.ts';
import { submissionContext } from './requests.ts';
import { BatchBody } from './schemas/submission.ts';
import { BatchView } from './schemas/views.ts';
import { readSubmission, type Submission } from './submission.ts';
import { submitItems } from './submit.ts';
import { typed } from './typed.ts';
import { acceptedJson } from './views.ts';

const BATCH_BYTES_MAX = 2 * 1024 * 1024;

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
      const submissions = refuseDuplicates(
        request.body.items.map((item) => readSubmission(item, submissionContext(options, principal))),
      );
      const submitted = await submitItems(options, refuseBeyondOpen(options, principal, submissions));
      const items = submitted.map((answer, index) => {
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
