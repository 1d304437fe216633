// /v1/history: what a replay needs, in pages: ticks with all that went in and came out, the checkpoint before them, configurations.
// Invariant: documents are shown as they are stored, so that their digests can be computed again; each page of ticks that is read is audited.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { accessOf, notFound } from './access.ts';
import type { ServerOptions } from './options.ts';
import { Amount, IdParams } from './schemas/fields.ts';
import { typed } from './typed.ts';

const LIMIT_DEFAULT = 20;
const WHOLE = '^(?:0|[1-9][0-9]{0,14})$';
const Document = Type.Unsafe<Record<string, unknown>>({ type: 'object' });
const TicksQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ pattern: WHOLE, description: 'The tick before the first.' })),
    through: Type.Optional(Type.String({ pattern: WHOLE, description: 'The last tick.' })),
    limit: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]?|100)$',
        description: `At most 100; ${LIMIT_DEFAULT} when left out.`,
      }),
    ),
  },
  { additionalProperties: false },
);
const TicksView = Type.Object({
  items: Type.Array(
    Type.Object({ record: Document, rows: Type.Array(Document), events: Type.Array(Document) }),
  ),
  next: Type.Union([Type.String(), Type.Null()]),
});
const CheckpointView = Type.Object({
  tick: Amount,
  digest: Type.String({ description: 'SHA-256 of the text.' }),
  gzip: Type.String({ description: 'The text, gzip in base64.' }),
});

export function addHistory(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { history, audit, configuration } = options;
  app.get(
    '/history/ticks',
    {
      config: { action: 'readHistory' },
      schema: { querystring: TicksQuery, response: { 200: TicksView } },
    },
    async (request) => {
      const { cell } = configuration();
      const { after = '0', through = String(Number.MAX_SAFE_INTEGER), limit } = request.query;
      const count = Number(limit ?? LIMIT_DEFAULT);
      const { principal } = accessOf(request);
      await audit.write(cell, { by: principal, act: 'history-read', object: `ticks after ${after}` });
      const query = { after: Number(after), through: Number(through), limit: count };
      const items = await history.history(cell, query);
      const shown = items.map(({ record, rows, events }) => ({
        record: { ...record },
        rows: rows.map((row) => ({ ...row })),
        events: events.map((event) => ({ ...event })),
      }));
      return { items: shown, next: items.length === count ? String(items.at(-1)!.record.tick) : null };
    },
  );
  app.get(
    '/history/checkpoints/:id',
    {
      config: { action: 'readHistory' },
      schema: { params: IdParams, response: { 200: CheckpointView } },
    },
    async (request) => {
      const { id } = request.params;
      const isNumber = /^\d{1,15}$/.test(id);
      const found = isNumber ? await history.checkpoint(configuration().cell, Number(id)) : null;
      if (found === null) throw notFound('checkpoint of that tick or one before it');
      const { tick, digest, document } = found;
      return { tick, digest, gzip: Buffer.from(document).toString('base64') };
    },
  );
  app.get(
    '/history/configurations/:id',
    { config: { action: 'readHistory' }, schema: { params: IdParams, response: { 200: Document } } },
    async (request) => {
      const found = await history.configuration(configuration().cell, request.params.id);
      if (found === null) throw notFound('configuration');
      return { ...found };
    },
  );
}
