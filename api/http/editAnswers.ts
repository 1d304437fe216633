// How an edit is answered: stored, with the object's new ETag, or previewed with its effect. Used by agents.ts, budgets.ts, poolEdits.ts and quotas.ts.

import type { FastifyReply } from 'fastify';
import { type EditCall, type EditStep, planEdit, type StoredEdit, storeEdit } from './edits.ts';
import { etagOf } from './etags.ts';
import type { ServerOptions } from './options.ts';

export interface EffectOfUse {
  /** Units in use now; null where units are counted by window. */
  readonly used: number | null;
  /** Units that could be held afterwards; null where they are not counted. */
  readonly most: number | null;
}

export interface EditRoute extends EditCall {
  readonly dryRun: boolean;
  readonly useOf: (step: EditStep) => Promise<EffectOfUse>;
  /** Where the object is read, for what was created. */
  readonly location: string;
  /** The view of what was put; a removal shows nothing. */
  readonly show: (stored: StoredEdit) => Promise<unknown>;
}

export async function answerEdit(
  options: ServerOptions,
  reply: FastifyReply,
  route: EditRoute,
): Promise<unknown> {
  if (route.dryRun) return reply.code(200).send(await preview(options, route));
  const stored = await storeEdit(options, route);
  if (stored.after === null) return reply.code(204).send();
  reply.header('etag', etagOf(stored.after, options.digest));
  if (stored.before === null) reply.code(201).header('location', route.location);
  return reply.send(await route.show(stored));
}

async function preview(options: ServerOptions, route: EditRoute) {
  const step = await planEdit(options, route);
  const { to, problems: errors } = step;
  const { used, most } = await route.useOf(step);
  return {
    dryRun: true as const,
    before: step.before,
    after: step.after,
    used,
    belowUse: to === null || used === null || most === null ? null : most < used,
    impossibleRequests: to === null ? null : options.impossibleUnder(to),
    errors,
  };
}
