// /v1/accounts/:id/periods/:period: what one period of an account has to spend, edited while the cell runs.
// Invariant: a budget below what is committed takes nothing back; nothing more is granted on it until it is under it again. Which accounts and
// periods there are stands in the organisation's files.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { AccountId } from '../../scheduler/index.ts';
import { type BudgetPart, budgetPart, type Configuration } from '../../scheduler/index.ts';
import { accessOf, notFound } from './access.ts';
import { oneOf, periodJson, periodKey, usesByPeriod } from './accounts.ts';
import { callKeyHooks } from './callKeys.ts';
import { answerEdit } from './editAnswers.ts';
import { etagOf, preconditionOf } from './etags.ts';
import { currentPeriod } from './forecast.ts';
import type { ServerOptions } from './options.ts';
import { PreviewJson, PreviewQuery } from './schemas/organisation.ts';
import { BudgetBody, BudgetJson, BudgetParams } from './schemas/reports.ts';
import { typed } from './typed.ts';

export function addBudgets(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const params = BudgetParams;
  app.get(
    '/accounts/:id/periods/:period',
    { config: { action: 'readAccounts' }, schema: { params, response: { 200: BudgetJson } } },
    async (request, reply) => {
      const { id, period } = request.params;
      const { account } = oneOf(options, request, id);
      const part = budgetPart(options.configuration(), account.id, period);
      if (part === null) throw notFound('period');
      reply.header('etag', etagOf(part, options.digest));
      return showBudget(options, request, { configuration: options.configuration(), part });
    },
  );
  app.put(
    '/accounts/:id/periods/:period',
    {
      config: { action: 'editBudgets' },
      schema: {
        params,
        querystring: PreviewQuery,
        body: BudgetBody,
        response: { 200: Type.Union([BudgetJson, PreviewJson]) },
      },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { id, period } = request.params;
      const { budget, overcommit = 0 } = request.body;
      const part: BudgetPart = { account: id as AccountId, period, budget, overcommit };
      return answerEdit(options, reply, {
        principal: accessOf(request).principal,
        what: 'period of the account',
        precondition: preconditionOf(request),
        dryRun: request.query.dryRun === 'true',
        editOn: () => ({ type: 'putBudget', budget: part }),
        useOf: async () => ({ used: await committedOf(options, request, part), most: budget + overcommit }),
        location: `/v1/accounts/${id}/periods/${period}`,
        show: ({ to }) => showBudget(options, request, { configuration: to, part }),
      });
    },
  );
}

async function useOf(options: ServerOptions, request: FastifyRequest, { account, period }: BudgetPart) {
  const { reach } = oneOf(options, request, account);
  return usesByPeriod(await options.accounts.accountUse(reach)).get(periodKey(account, period));
}

/** Reserved and spent, in the account's measure. */
async function committedOf(
  options: ServerOptions,
  request: FastifyRequest,
  part: BudgetPart,
): Promise<number> {
  const { reserved = 0, spent = 0 } = (await useOf(options, request, part)) ?? {};
  return reserved + spent;
}

async function showBudget(
  options: ServerOptions,
  request: FastifyRequest,
  { configuration, part }: { readonly configuration: Configuration; readonly part: BudgetPart },
) {
  const account = configuration.accounts.find(({ id }) => id === part.account);
  const period = account?.periods.find(({ id }) => id === part.period);
  if (account === undefined || period === undefined) throw notFound('period');
  const use = await useOf(options, request, part);
  const isCurrent = currentPeriod(account.periods, options.system.now()) === period;
  return { account: account.id, ...periodJson(period, { use, isCurrent }) };
}
