// /v1/audit: who did what, the seals that chain it, and the signed head that an auditor keeps elsewhere.
// Invariant: entries are shown as they were sealed, for auditors and administrators alone; what is not sealed yet is in no answer.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { notFound } from './access.ts';
import type { ServerOptions } from './options.ts';
import { Amount, FilterText, InstantText } from './schemas/fields.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';

const LIMIT_DEFAULT = 50;
const SEALS_DEFAULT = 20;
const Number15 = Type.String({ pattern: '^(?:0|[1-9][0-9]{0,14})$' });
const limit = (most: 500 | 100, otherwise: number) =>
  Type.String({
    pattern: most === 500 ? '^(?:[1-9][0-9]?|[1-4][0-9][0-9]|500)$' : '^(?:[1-9][0-9]?|100)$',
    description: `At most ${most}; ${otherwise} when left out.`,
  });

const EntryView = Type.Object({
  sequence: Amount,
  tick: Amount,
  at: InstantText,
  department: Type.String(),
  actor: Type.String(),
  act: Type.String(),
  object: Type.String(),
  because: Type.Union([Type.String(), Type.Null()]),
  digest: Type.String(),
});
const EntriesView = Type.Object({
  items: Type.Array(EntryView),
  next: Type.Union([Type.String(), Type.Null()]),
});
const SealView = Type.Object({
  number: Amount,
  first: Amount,
  last: Amount,
  tick: Amount,
  tickDigest: Type.String(),
  at: Amount,
  digest: Type.String(),
  previous: Type.String(),
  entries: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: 'object' })),
});
const SealsView = Type.Object({
  items: Type.Array(SealView),
  next: Type.Union([Type.String(), Type.Null()]),
});
const HeadView = Type.Object({
  head: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
  jws: Type.String({ description: 'The head as a compact JWS, signed with Ed25519.' }),
  keys: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'Public keys as a JSON Web Key Set: keep them once, and elsewhere.',
  }),
});
const EntriesQuery = Type.Object(
  {
    after: Type.Optional(Number15),
    limit: Type.Optional(limit(500, LIMIT_DEFAULT)),
    act: Type.Optional(FilterText),
    department: Type.Optional(FilterText),
    object: Type.Optional(FilterText),
    actor: Type.Optional(FilterText),
  },
  { additionalProperties: false },
);
const SealsQuery = Type.Object(
  { after: Type.Optional(Number15), limit: Type.Optional(limit(100, SEALS_DEFAULT)) },
  { additionalProperties: false },
);

export function addAudit(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { audit, configuration } = options;
  app.get(
    '/audit',
    {
      config: { action: 'readAudit' },
      schema: { querystring: EntriesQuery, response: { 200: EntriesView } },
    },
    async (request) => {
      const { after = '0', limit: most, ...filter } = request.query;
      const count = Number(most ?? LIMIT_DEFAULT);
      const found = await audit.entries(configuration().cell, {
        ...filter,
        after: Number(after),
        limit: count + 1,
      });
      const items = found.slice(0, count).map((entry) => ({ ...entry, at: formatInstant(entry.at) }));
      return { items, next: found.length > count ? String(items.at(-1)!.sequence) : null };
    },
  );
  app.get(
    '/audit/seals',
    { config: { action: 'readAudit' }, schema: { querystring: SealsQuery, response: { 200: SealsView } } },
    async (request) => {
      const count = Number(request.query.limit ?? SEALS_DEFAULT);
      const found = await audit.seals(configuration().cell, {
        after: Number(request.query.after ?? '0'),
        limit: count,
      });
      const items = found.map((seal) => ({ ...seal, entries: seal.entries.map((entry) => ({ ...entry })) }));
      return { items, next: found.length === count ? String(found.at(-1)!.number) : null };
    },
  );
  app.get(
    '/audit/head',
    { config: { action: 'readAudit' }, schema: { response: { 200: HeadView } } },
    async () => {
      const head = await audit.head(configuration().cell);
      if (head === null) throw notFound('seal: nothing was audited yet');
      const { headSigner } = options;
      return { head: { ...head }, jws: await headSigner.sign(head), keys: { ...headSigner.keys } };
    },
  );
}
