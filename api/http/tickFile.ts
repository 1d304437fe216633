// GET /v1/ticks/:id/file: a tick as `annona tick` decides it again. Only for those who may see all departments, whose requests it holds.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { ServerOptions } from './options.ts';
import { Amount, IdParams } from './schemas/fields.ts';
import { TICK_NUMBER } from './ticks.ts';
import { typed } from './typed.ts';

const List = Type.Array(Type.Unknown());
const Numbers = Type.Unsafe<Record<string, unknown>>({ type: 'object' });

/** docs/tick-file.schema.json describes it whole. */
const TickFileView = Type.Object({
  version: Type.Literal(1),
  cell: Type.String(),
  now: Amount,
  configuration: Numbers,
  requests: List,
  extensions: List,
  used: Numbers,
  quotaUse: Numbers,
  accounts: Numbers,
  decided: Type.Optional(Numbers),
});

export function addTickFiles(server: FastifyInstance, { tickFiles }: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/ticks/:id/file',
    {
      config: { action: 'readTickFiles', asksLeader: true },
      schema: { params: IdParams, response: { 200: TickFileView } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const file = TICK_NUMBER.test(id) ? tickFiles.file(Number(id)) : null;
      if (file === null) throw notKept(tickFiles.ticksMax, tickFiles.oldest());
      return reply.header('content-disposition', `attachment; filename="tick-${id}.json"`).send(file);
    },
  );
}

function notKept(ticksMax: number, oldest: number | null): ProblemError {
  const here = oldest === null ? 'it has none now' : `the oldest is tick ${oldest}`;
  const detail = `the process that leads keeps the last ${ticksMax} ticks that had a program, less when they are large; ${here}`;
  return new ProblemError({ code: 'NOT_FOUND', detail });
}
