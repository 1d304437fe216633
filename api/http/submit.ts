// Writes read submissions to the intake in one go and says for each what became of it. Used for one and for a batch.
// Invariant: one answer per submission, in order; a refused one is not written and does not touch its neighbours.

import type { Instant, RequestId } from '../../scheduler/index.ts';
import type { Problem } from '../errors.ts';
import type { IntakeItem, IntakeOutcome } from '../ports.ts';
import { queueFull } from './intake.ts';
import type { ServerOptions } from './options.ts';
import type { Submission } from './submission.ts';

export type Submitted =
  | { readonly ok: true; readonly id: RequestId; readonly receivedAt: Instant; readonly replayed: boolean }
  | { readonly ok: false; readonly problem: Problem };

export async function submitItems(
  options: ServerOptions,
  submissions: readonly Submission[],
): Promise<Submitted[]> {
  const items = submissions.flatMap((submission) => (submission.ok ? [submission.item] : []));
  const outcomes = items.length > 0 ? await options.intake.write(items) : [];
  if (outcomes.length !== items.length)
    throw new Error(`intake answered ${outcomes.length} of ${items.length} items`);
  const answers = outcomes.map((outcome, index) => answerOf(outcome, items[index] as IntakeItem)).values();
  return submissions.map((submission) => {
    if (!submission.ok) return submission;
    return answers.next().value as Submitted;
  });
}

function answerOf(outcome: IntakeOutcome, item: IntakeItem): Submitted {
  if (item.command.type !== 'submit') throw new Error(`a submission became a ${item.command.type}`);
  switch (outcome.type) {
    case 'accepted':
      return { ok: true, id: item.command.request.id, receivedAt: outcome.receivedAt, replayed: false };
    case 'replayed':
      return { ok: true, id: outcome.request, receivedAt: outcome.receivedAt, replayed: true };
    case 'mismatch': {
      const detail = `clientRequestId ${item.idempotency?.key} belongs to request ${outcome.request} with another body`;
      const errors = [{ pointer: '/clientRequestId', code: 'conflict', message: detail }] as const;
      return { ok: false, problem: { code: 'KEY_REUSED', detail, errors } };
    }
    case 'busy':
      return { ok: false, problem: queueFull(outcome).problem };
    default: {
      const never: never = outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}
