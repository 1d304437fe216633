// /v1/approvals: what reviewers are asked, and their Rulings. Invariant: a Ruling is about the digest that its reviewer read, in the slot's
// window, by somebody of another department that reviews the skill; the fold checks all of it again.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  APPROVAL_ID,
  APPROVAL_STATES,
  type Approval,
  type ApprovalId,
  type Configuration,
  type Ruling,
  type RulingRefusal,
  refusalOfRuling,
} from '../../scheduler/index.ts';
import { type Problem, ProblemError } from '../errors.ts';
import type { ApprovalSight } from '../ports.ts';
import { accept, accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { holds, preconditionOf } from './etags.ts';
import { actorOf, writeAct } from './intake.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { ApprovalJson, RuledView, RulingBody } from './schemas/approvals.ts';
import { FilterText, IdParams, PageQueryFields } from './schemas/fields.ts';
import { pageOf } from './schemas/views.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';
import { optionJson, pageJson } from './views.ts';

const ListQuery = Type.Object(
  {
    ...PageQueryFields,
    state: Type.Optional(Type.Enum([...APPROVAL_STATES])),
    skill: Type.Optional(FilterText),
    request: Type.Optional(FilterText),
  },
  { additionalProperties: false },
);

export function addApprovals(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/approvals',
    {
      config: { action: 'readApprovals' },
      schema: { querystring: ListQuery, response: { 200: pageOf(ApprovalJson) } },
    },
    async (request) => {
      const { limit: _, after: __, ...filter } = request.query;
      const sight = sightOf(options.configuration(), request);
      const page = await options.approvals.approvals(sight, { ...filter, ...pageQuery(request.query) });
      return pageJson(page, approvalJson);
    },
  );

  app.get(
    '/approvals/:id',
    {
      config: { action: 'readApprovals' },
      schema: { params: IdParams, response: { 200: ApprovalJson } },
    },
    async (request, reply) => {
      const approval = await find(options, request, request.params.id);
      reply.header('etag', etagOf(approval));
      return approvalJson(approval);
    },
  );

  app.post(
    '/approvals/:id/ruling',
    {
      config: { action: 'rule' },
      schema: { params: IdParams, body: RulingBody, response: { 202: RuledView } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const { verdict, reason, digest } = request.body;
      const approval = await find(options, request, request.params.id);
      const { id, state } = approval;
      const actor = actorOf(principal);
      const refusal = refusalOfRuling(options.configuration(), actor, approval);
      if (refusal !== null) throw new ProblemError(problemOf(refusal, approval));
      refuseOther(request, approval);
      if (digest !== approval.digest) throw new ProblemError(changed(approval));
      // Ruled so already: the same answer again, so that a repeated call is safe.
      if (!isRuledSo(approval, { verdict, by: principal.subject })) {
        refuseLate(approval, options.system.now());
        await writeAct(options, actor, { type: 'rule', approval: id, digest, verdict, reason });
      }
      return accept(reply, `/v1/approvals/${id}`).send({ id, state, verdict });
    },
  );
}

/** Reviewers see what their department reviews, whoever asked; for all others the scope says it. */
function sightOf(configuration: Configuration, request: FastifyRequest): ApprovalSight {
  const { principal, scope } = accessOf(request);
  if (principal.role !== 'reviewer') return { scope, skills: null };
  const skills = configuration.agents.flatMap(({ department, roles, skills }) =>
    department === principal.department && roles.includes('reviewer') ? skills : [],
  );
  return { scope, skills: [...new Set(skills)].sort() };
}

async function find(options: ServerOptions, request: FastifyRequest, id: string): Promise<Approval> {
  const sight = sightOf(options.configuration(), request);
  const found = APPROVAL_ID.test(id) ? await options.approvals.approval(sight, id as ApprovalId) : null;
  if (found === null) throw notFound('approval');
  return found;
}

function isRuledSo({ ruling }: Approval, { verdict, by }: Pick<Ruling, 'verdict' | 'by'>): boolean {
  return ruling?.verdict === verdict && ruling.by === by;
}

function refuseLate({ state, slot }: Approval, now: number): void {
  if (state === 'seeking')
    throw new ProblemError({
      code: 'APPROVAL_NOT_SCHEDULED',
      detail: 'its review has no slot yet',
    });
  if (state !== 'scheduled')
    throw new ProblemError({ code: 'APPROVAL_ENDED', detail: `the approval is ${state}` });
  if (slot !== null && now >= slot.endsAt)
    throw new ProblemError({
      code: 'APPROVAL_ENDED',
      detail: `its window ended at ${formatInstant(slot.endsAt)}`,
    });
}

/** The digest in the body is what counts; a client that works with ETags may say it there too. */
function refuseOther(request: FastifyRequest, approval: Approval): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (holds(preconditionOf(request), etagOf(approval))) return;
  throw new ProblemError({
    code: 'PRECONDITION_FAILED',
    detail: 'the approval is about other claims or another purpose than If-Match names: read it again',
    headers: { etag: etagOf(approval) },
  });
}

function changed({ digest }: Approval): Problem {
  const detail = `the approval is about digest ${digest}`;
  const errors = [{ pointer: '/digest', code: 'conflict', message: detail }] as const;
  return { code: 'APPROVAL_CHANGED', detail, errors };
}

function problemOf(refusal: RulingRefusal, { skill, department }: Approval): Problem {
  switch (refusal) {
    case 'ownDepartment':
      return { code: 'FOUR_EYES', detail: `the request is of your own department, ${department}` };
    case 'ownRequest':
      return { code: 'FOUR_EYES', detail: 'you submitted the request yourself, or act as an agent' };
    case 'skill':
      return {
        code: 'ROLE_NOT_ALLOWED',
        detail: `your department has no reviewer registered with the skill ${skill}`,
      };
    default: {
      const never: never = refusal;
      throw new Error(`unknown refusal ${never}`);
    }
  }
}

function etagOf({ digest }: Approval): string {
  return `"${digest}"`;
}

function approvalJson({ asked, code, submittedBy: _, slot, ruling, openedAt, ...rest }: Approval) {
  const { options, ...terms } = asked;
  return {
    ...rest,
    rule: code,
    options: options.map(optionJson),
    ...terms,
    slot: slot && {
      ...slot,
      startsAt: formatInstant(slot.startsAt),
      endsAt: formatInstant(slot.endsAt),
    },
    ruling: ruling && { ...ruling, at: formatInstant(ruling.at) },
    openedAt: formatInstant(openedAt),
  };
}
