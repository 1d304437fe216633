// /v1/accounts: budgets and what is left of them, the lines of the ledger, when a budget runs out.
// Invariant: an account is seen by those for whom it pays; sums are of everybody, lines of the reader's own leases.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  type Account,
  type AccountId,
  type AccountPeriod,
  accountChain,
  type Configuration,
  type Instant,
} from '../../scheduler/index.ts';
import type { AccountReach, PeriodUse, Scope } from '../ports.ts';
import { accessOf, notFound } from './access.ts';
import { currentPeriod, type ForecastInput, forecastOf, lastDayFrom } from './forecast.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { FilterText, IdParams, PageQueryFields } from './schemas/fields.ts';
import { AccountJson, ForecastJson, LedgerLineJson } from './schemas/reports.ts';
import { pageOf } from './schemas/views.ts';
import { formatInstant, formatNullable } from './time.ts';
import { typed } from './typed.ts';
import { pageJson } from './views.ts';

const ListQuery = Type.Object(PageQueryFields, { additionalProperties: false });
const LedgerQuery = Type.Object(
  { ...PageQueryFields, period: Type.Optional(FilterText) },
  { additionalProperties: false },
);

export function addAccounts(server: FastifyInstance, options: ServerOptions): void {
  addReading(server, options);
  addLedger(server, options);
  addForecast(server, options);
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const action = 'readAccounts';
  app.get(
    '/accounts',
    { config: { action }, schema: { querystring: ListQuery, response: { 200: pageOf(AccountJson) } } },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const { shown, reach } = reachOf(options, request);
      const rest = shown.filter(({ id }) => after === null || id > after);
      const page = rest.slice(0, limit);
      const use = usesByPeriod(await options.accounts.accountUse(reach));
      const at = options.system.now();
      const next = rest.length > limit ? (page.at(-1)?.id ?? null) : null;
      return { items: page.map((account) => accountJson(account, use, at)), next };
    },
  );
  app.get(
    '/accounts/:id',
    { config: { action }, schema: { params: IdParams, response: { 200: AccountJson } } },
    async (request) => {
      const { account, reach } = oneOf(options, request, request.params.id);
      const use = usesByPeriod(await options.accounts.accountUse(reach));
      return accountJson(account, use, options.system.now());
    },
  );
}

function addLedger(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/accounts/:id/ledger',
    {
      config: { action: 'readAccounts' },
      schema: { params: IdParams, querystring: LedgerQuery, response: { 200: pageOf(LedgerLineJson) } },
    },
    async (request) => {
      const { account, reach } = oneOf(options, request, request.params.id);
      const { period } = request.query;
      const page = await options.accounts.ledger(reach, {
        ...pageQuery(request.query),
        account: account.id,
        ...(period === undefined ? {} : { period }),
      });
      return pageJson(page, (line) => line);
    },
  );
}

function addForecast(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/accounts/:id/forecast',
    { config: { action: 'readAccounts' }, schema: { params: IdParams, response: { 200: ForecastJson } } },
    async (request) => {
      const { account, reach } = oneOf(options, request, request.params.id);
      const at = options.system.now();
      const period = currentPeriod(account.periods, at);
      if (period === null) return noForecast(account, at);
      const [uses, committedLastDay] = await Promise.all([
        options.accounts.accountUse(reach),
        options.accounts.committedSince(reach, {
          account: account.id,
          period: period.id,
          since: lastDayFrom(period, at),
        }),
      ]);
      const use = usesByPeriod(uses).get(periodKey(account.id, period.id));
      const { reserved = 0, spent = 0 } = use ?? {};
      return forecastJson(account, { period, reserved, spent, committedLastDay, at });
    },
  );
}

/** Accounts that the reader may see, by id in code units, and the reach that reads them. */
function reachOf(
  options: ServerOptions,
  request: FastifyRequest,
): { readonly shown: readonly Account[]; readonly reach: AccountReach } {
  const { scope } = accessOf(request);
  const configuration = options.configuration();
  const shown = visibleAccounts(configuration, scope);
  return { shown, reach: { scope, cell: configuration.cell, accounts: shown.map(({ id }) => id) } };
}

export function oneOf(options: ServerOptions, request: FastifyRequest, id: string) {
  const { shown, reach } = reachOf(options, request);
  const account = shown.find((each) => each.id === id);
  if (account === undefined) throw notFound('account');
  return { account, reach: { ...reach, accounts: [account.id] } };
}

/** Those that pay for the reader's agents, with their ancestors; all of them for those who see all departments. */
function visibleAccounts(configuration: Configuration, scope: Scope): Account[] {
  const sorted = configuration.accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (scope.type === 'all') return sorted;
  const paying = new Set<AccountId>();
  for (const agent of configuration.agents) {
    if (agent.department !== scope.department) continue;
    if (scope.type === 'agent' && agent.id !== scope.agent) continue;
    for (const own of agent.accounts)
      for (const account of accountChain(configuration, own)) paying.add(account.id);
  }
  return sorted.filter(({ id }) => paying.has(id));
}

export function periodKey(account: string, period: string): string {
  return `${account}/${period}`;
}

export function usesByPeriod(uses: readonly PeriodUse[]): ReadonlyMap<string, PeriodUse> {
  return new Map(uses.map((use) => [periodKey(use.account, use.period), use]));
}

function accountJson(account: Account, uses: ReadonlyMap<string, PeriodUse>, at: Instant) {
  const { id, title, parent, measure, classes, periods } = account;
  const current = currentPeriod(periods, at);
  return {
    id,
    title,
    parent: parent ?? null,
    measure,
    classes: classes ?? null,
    periods: periods.map((period) =>
      periodJson(period, { use: uses.get(periodKey(id, period.id)), isCurrent: period === current }),
    ),
  };
}

/** One period as it is shown, in a list and by itself. */
export function periodJson(
  period: AccountPeriod,
  { use, isCurrent }: { readonly use: PeriodUse | undefined; readonly isCurrent: boolean },
) {
  const { reserved = 0, spent = 0 } = use ?? {};
  return {
    id: period.id,
    startsAt: formatInstant(period.startsAt),
    endsAt: formatInstant(period.endsAt),
    current: isCurrent,
    overcommit: period.overcommit ?? 0,
    ...left(period, { reserved, spent }),
  };
}

/** A budget that was cut below what is committed leaves nothing, not less than nothing. */
function left(
  { budget, overcommit = 0 }: AccountPeriod,
  { reserved, spent }: { reserved: number; spent: number },
) {
  const isSpent = overcommit > 0 && spent >= budget;
  const available = isSpent ? 0 : Math.max(0, budget + overcommit - reserved - spent);
  return { budget, reserved, spent, available };
}

function forecastJson(account: Account, input: ForecastInput) {
  const { period, at } = input;
  const { runsOutAt, reason, projectedSpend, methods } = forecastOf(input);
  return {
    account: account.id,
    period: period.id,
    at: formatInstant(at),
    endsAt: formatInstant(period.endsAt),
    ...left(period, input),
    runsOutAt: formatNullable(runsOutAt),
    reason,
    projectedSpend,
    methods: methods.map((each) => ({
      ...each,
      from: formatInstant(each.from),
      to: formatInstant(each.to),
      runsOutAt: formatNullable(each.runsOutAt),
    })),
  };
}

function noForecast(account: Account, at: Instant) {
  return {
    account: account.id,
    period: null,
    at: formatInstant(at),
    endsAt: null,
    budget: null,
    reserved: null,
    spent: null,
    available: null,
    runsOutAt: null,
    reason: 'noCurrentPeriod' as const,
    projectedSpend: null,
    methods: [],
  };
}
