// GET /v1/usage: what was asked, granted, held, paid and left unused in a span of time, in groups; as JSON or as CSV.
// Invariant: both forms hold the same numbers, and each is what the tables of requests, leases and ledger say.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Configuration, Instant } from '../../scheduler/index.ts';
import { type ProblemDetail, ProblemError } from '../errors.ts';
import type { UsageDimension, UsageQuery, UsageRow } from '../ports.ts';
import { preferredForm } from './accept.ts';
import { accessOf } from './access.ts';
import { isCancelled } from './answers.ts';
import { csv } from './csv.ts';
import { createLimiter } from './limiter.ts';
import type { ServerOptions } from './options.ts';
import { InstantText } from './schemas/fields.ts';
import { UsageJson } from './schemas/reports.ts';
import { formatInstant, parseInstant } from './time.ts';
import { typed } from './typed.ts';

const DIMENSIONS: readonly UsageDimension[] = ['department', 'class', 'kind', 'agent'];
const DAY_MS = 86_400_000;
const SPAN_DAYS = 30;
const SPAN_DAYS_MAX = 366;
/** A report reads every request and lease of its span: one at a time, so that the readers' other connections stay free. */
const AT_ONCE = 1;

const Query = Type.Object(
  {
    by: Type.Optional(Type.String({ maxLength: 100 })),
    from: Type.Optional(InstantText),
    to: Type.Optional(InstantText),
    format: Type.Optional(Type.Enum(['json', 'csv'])),
  },
  { additionalProperties: false },
);
type Query = Type.Static<typeof Query>;

export function addUsage(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const limited = createLimiter(AT_ONCE);
  app.get(
    '/usage',
    {
      config: { action: 'readUsage' },
      schema: { querystring: Query, response: { 200: UsageJson } },
    },
    async (request, reply) => {
      const { scope } = accessOf(request);
      const query = usageQuery(request.query, options);
      const rows = await limited(() => options.usage.usage(scope, query)).catch(tooWide);
      if (!wantsCsv(request, request.query)) return usageJson(query, rows);
      return reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="usage.csv"')
        .send(usageCsv(query, rows));
    },
  );
}

/** A statement of this report that was cancelled reads too much; asked again it would be cancelled again. */
function tooWide(error: unknown): never {
  if (!isCancelled(error)) throw error;
  throw new ProblemError({
    code: 'QUERY_TOO_WIDE',
    detail: 'the span holds more than can be counted in time; narrow `from` and `to`',
    headers: { 'retry-after': '5' },
  });
}

function wantsCsv({ headers }: FastifyRequest, { format }: Query): boolean {
  if (format !== undefined) return format === 'csv';
  return preferredForm(headers.accept, ['application/json', 'text/csv']) === 'text/csv';
}

function usageQuery(query: Query, { configuration, system }: ServerOptions): UsageQuery {
  const now = system.now();
  // What has not happened yet is not held: a report never reaches beyond now.
  const to = Math.min(now, instantOf(query.to) ?? now);
  const from = instantOf(query.from) ?? Math.max(0, to - SPAN_DAYS * DAY_MS);
  if (from >= to)
    throw wrong({ pointer: '/from', code: 'range', message: 'it must lie before `to` and now' });
  if (to - from > SPAN_DAYS_MAX * DAY_MS)
    throw wrong({ pointer: '/from', code: 'range', message: `at most ${SPAN_DAYS_MAX} days before \`to\`` });
  const held = configuration();
  return { cell: held.cell, by: dimensionsOf(query.by ?? 'department'), from, to, roots: moneyRoots(held) };
}

function instantOf(text: string | undefined): Instant | null {
  return text === undefined ? null : parseInstant(text);
}

function dimensionsOf(text: string): UsageDimension[] {
  const names = text.split(',');
  const unknown = names.find((name) => !DIMENSIONS.some((known) => known === name));
  if (unknown !== undefined)
    throw wrong({ pointer: '/by', code: 'choice', message: 'there is no such group', allowed: DIMENSIONS });
  return DIMENSIONS.filter((known) => names.includes(known));
}

function wrong(detail: ProblemDetail): ProblemError {
  const { pointer, message } = detail;
  return new ProblemError({ code: 'QUERY_INVALID', detail: `${pointer}: ${message}`, errors: [detail] });
}

/** A lease settles the same cost on each account of a chain: at the root it is counted once. */
export function moneyRoots(configuration: Configuration): UsageQuery['roots'] {
  return configuration.accounts.flatMap(({ id, parent, measure }) =>
    measure.type === 'money' && parent === undefined ? [{ account: id, currency: measure.currency }] : [],
  );
}

export function usageJson(query: UsageQuery, rows: readonly UsageRow[]) {
  return {
    by: query.by,
    from: formatInstant(query.from),
    to: formatInstant(query.to),
    items: rows.map((row) => ({
      ...Object.fromEntries(query.by.map((name) => [name, row[name]])),
      requests: row.requests,
      granted: row.granted,
      denied: row.denied,
      waitedMeanMs: row.waited?.meanMs ?? null,
      waitedP50Ms: row.waited?.p50Ms ?? null,
      waitedP95Ms: row.waited?.p95Ms ?? null,
      unitSeconds: byName(row.unitSeconds),
      settledMinor: row.settledMinor && byName(row.settledMinor),
      expiredUnused: row.expiredUnused,
    })),
  };
}

/** A column for each kind and currency that any row has; no column of money where groups are kinds. */
export function usageCsv(query: UsageQuery, rows: readonly UsageRow[]): string {
  const kinds = namesIn(rows.map(({ unitSeconds }) => unitSeconds));
  const currencies = namesIn(rows.map(({ settledMinor }) => settledMinor ?? {}));
  const header = [
    ...query.by,
    ...['requests', 'granted', 'denied', 'waitedMeanMs', 'waitedP50Ms', 'waitedP95Ms', 'expiredUnused'],
    ...kinds.map((kind) => `unitSeconds.${kind}`),
    ...currencies.map((currency) => `settledMinor.${currency}`),
  ];
  const body = rows.map((row) => [
    ...query.by.map((name) => row[name]),
    ...[row.requests, row.granted, row.denied],
    ...[row.waited?.meanMs ?? null, row.waited?.p50Ms ?? null, row.waited?.p95Ms ?? null],
    row.expiredUnused,
    ...kinds.map((kind) => row.unitSeconds[kind] ?? 0),
    ...currencies.map((currency) => row.settledMinor?.[currency] ?? 0),
  ]);
  return csv(header, body);
}

function byName(amounts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(namesIn([amounts]).map((name) => [name, amounts[name] ?? 0]));
}

function namesIn(records: readonly Readonly<Record<string, number>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort();
}
