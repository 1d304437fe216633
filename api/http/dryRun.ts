// POST /v1/requests?dryRun=true: what the next tick would say to the submission, from the process that leads.
// Invariant: it is admitted like any other submission and then forgotten: no intake row, no key of either kind is taken.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { Principal } from '../ports.ts';
import { accessOf } from './access.ts';
import type { callKeyHooks } from './callKeys.ts';
import { queueFull } from './intake.ts';
import type { ServerOptions } from './options.ts';
import type { SubmissionBody } from './schemas/submission.ts';
import { type SubmissionContext, toIntake } from './submission.ts';
import { formatInstant, formatNullable } from './time.ts';
import { allocationJson, reasonJson } from './views.ts';

export const SubmitQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Enum(['true'], { description: 'Says what the next tick would decide; nothing is written.' }),
    ),
  },
  { additionalProperties: false },
);

export function isDryRun({ query }: FastifyRequest): boolean {
  return (query as { readonly dryRun?: 'true' }).dryRun === 'true';
}

/** A dry run changes nothing that could be repeated: its answer must be the one of now. */
export function unlessDryRun({ preHandler, onSend }: ReturnType<typeof callKeyHooks>) {
  return {
    preHandler: async (request: FastifyRequest, reply: FastifyReply) =>
      isDryRun(request) ? undefined : preHandler(request, reply),
    onSend,
  };
}

export async function answerDryRun(
  options: ServerOptions,
  request: FastifyRequest,
  submitted: {
    readonly body: SubmissionBody;
    readonly contextOf: (principal: Principal) => SubmissionContext;
  },
): Promise<object> {
  const submission = toIntake(submitted.body, submitted.contextOf(accessOf(request).principal));
  if (!submission.ok) throw new ProblemError(submission.problem);
  const { command } = submission.item;
  if (command.type !== 'submit') throw new Error(`a submission became a ${command.type}`);
  const outcome = await options.dryRuns.ask(command.request);
  switch (outcome.type) {
    case 'decided': {
      const { answer } = outcome;
      return {
        dryRun: true,
        ...answer,
        reasons: answer.reasons.map(reasonJson),
        allocations: answer.allocations.map(allocationJson),
        endsAt: formatNullable(answer.endsAt),
        at: formatInstant(answer.at),
      };
    }
    case 'notLeading':
      throw new ProblemError({
        code: 'NOT_LEADING',
        detail: 'only the process that leads the cell can say what the next tick would decide',
        headers: { 'retry-after': '1' },
      });
    case 'busy':
      throw queueFull(outcome);
    default: {
      const never: never = outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}
