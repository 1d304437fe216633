// Writes one act to the intake and turns its outcome into an answer or a problem. Used by every route that changes something.

import type { IntakeActor, IntakeCommand } from '../../scheduler/index.ts';
import { ProblemError } from '../errors.ts';
import type { IntakeItem, IntakeOutcome, Principal } from '../ports.ts';
import type { ServerOptions } from './options.ts';

export function actorOf({ subject, department, agent, because = null }: Principal): IntakeActor {
  return { subject, department, agent, ...(because === null ? {} : { because }) };
}

/** For acts without an idempotency of their own: repeating them changes nothing that the first did not. */
export async function writeAct(
  options: ServerOptions,
  actor: IntakeActor,
  command: IntakeCommand,
): Promise<void> {
  const item: IntakeItem = { cell: options.configuration().cell, actor, command, idempotency: null };
  const [outcome] = await options.intake.write([item]);
  if (outcome?.type === 'accepted') return;
  if (outcome?.type === 'busy') throw queueFull(outcome);
  throw new Error(`intake answered ${outcome?.type} to a ${command.type}`);
}

export function queueFull({ retryAfterSeconds }: Extract<IntakeOutcome, { type: 'busy' }>): ProblemError {
  return new ProblemError({
    code: 'QUEUE_FULL',
    detail: 'the queue is full; nothing was written',
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) },
  });
}
