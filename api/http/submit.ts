// Writes read submissions to the intake in one go and says for each what became of it. Used for one, for a batch, and for a Kafka record.
// Invariant: one answer per submission, in order; a refused one is not written and does not touch its neighbours; what was
// acknowledged once is answered the same again, also when it could not be admitted any more.

import type { Instant, RequestId } from '../../scheduler/index.ts';
import type { Problem } from '../errors.ts';
import type { IntakeItem, IntakeOutcome, TraceParent } from '../ports.ts';
import { queueFull } from './intake.ts';
import type { ServerOptions } from './options.ts';
import type { Submission } from './submission.ts';

export type Submitted =
  | {
      readonly ok: true;
      readonly id: RequestId;
      readonly clientRequestId: string;
      readonly receivedAt: Instant;
      readonly replayed: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

export async function submitItems(
  options: Pick<ServerOptions, 'intake'>,
  submissions: readonly Submission[],
  traceParent: TraceParent | null,
): Promise<Submitted[]> {
  // Before the write: what this call itself writes under a key is not its first answer.
  const refused = await Promise.all(submissions.map((each) => refusedOrKnown(options, each)));
  const items = submissions.flatMap((submission) =>
    submission.ok ? [traced(submission.item, traceParent)] : [],
  );
  const outcomes = items.length > 0 ? await options.intake.write(items) : [];
  if (outcomes.length !== items.length)
    throw new Error(`intake answered ${outcomes.length} of ${items.length} items`);
  const answers = outcomes.map((outcome, index) => answerOf(outcome, items[index] as IntakeItem)).values();
  return refused.map((answer) => answer ?? (answers.next().value as Submitted));
}

function traced(item: IntakeItem, traceParent: TraceParent | null): IntakeItem {
  return traceParent === null ? item : { ...item, traceParent };
}

/** Null for what is to be written. A start that was in the future when it was first asked for may have passed meanwhile: its retry gets the first answer all the same. */
async function refusedOrKnown(
  options: Pick<ServerOptions, 'intake'>,
  submission: Submission,
): Promise<Submitted | null> {
  if (submission.ok) return null;
  const { problem, key } = submission;
  const refused = { ok: false, problem } as const;
  if (key === undefined) return refused;
  const { cell, agent, clientRequestId, digest } = key;
  const known = await options.intake.known(cell, agent, clientRequestId);
  if (known === null) return refused;
  if (known.digest !== digest) return keyReused(clientRequestId, known.request);
  return { ok: true, id: known.request, clientRequestId, receivedAt: known.receivedAt, replayed: true };
}

function keyReused(clientRequestId: string, request: RequestId): Submitted {
  const detail = `clientRequestId ${clientRequestId} belongs to request ${request} with another body`;
  const errors = [{ pointer: '/clientRequestId', code: 'conflict', message: detail }] as const;
  return { ok: false, problem: { code: 'KEY_REUSED', detail, errors } };
}

function answerOf(outcome: IntakeOutcome, { command, idempotency }: IntakeItem): Submitted {
  if (command.type !== 'submit') throw new Error(`a submission became a ${command.type}`);
  if (idempotency === null) throw new Error(`${command.request.id} was submitted without a key`);
  const clientRequestId = idempotency.key;
  switch (outcome.type) {
    case 'accepted': {
      const { receivedAt } = outcome;
      return { ok: true, id: command.request.id, clientRequestId, receivedAt, replayed: false };
    }
    case 'replayed': {
      const { request: id, receivedAt } = outcome;
      return { ok: true, id, clientRequestId, receivedAt, replayed: true };
    }
    case 'mismatch':
      return keyReused(clientRequestId, outcome.request);
    case 'busy':
      return { ok: false, problem: queueFull(outcome).problem };
    default: {
      const never: never = outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}
