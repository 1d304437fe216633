// GET /v1/queue/reasons: why the requests in reach wait, the most common reason first.
// Invariant: a waiting request is counted once, under the reason that binds it; what else it carries is counted beside.

import type { FastifyInstance } from 'fastify';
import { REASON_GUIDE } from '../../scheduler/index.ts';
import { accessOf } from './access.ts';
import type { ServerOptions } from './options.ts';
import { QueueReasonsJson } from './schemas/reports.ts';
import { formatNullable } from './time.ts';
import { typed } from './typed.ts';

export function addQueue(server: FastifyInstance, { queue }: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/queue/reasons',
    { config: { action: 'readRequests' }, schema: { response: { 200: QueueReasonsJson } } },
    async (request) => {
      const reasons = await queue.waitingReasons(accessOf(request).scope);
      const waiting = reasons.reduce((sum, { count }) => sum + count, 0);
      return {
        waiting,
        items: reasons.map(({ code, count, alsoCount, oldestSubmittedAt }) => ({
          code,
          ...REASON_GUIDE[code],
          count,
          sharePerMille: waiting === 0 ? 0 : Math.floor((1000 * count) / waiting),
          alsoCount,
          oldestSubmittedAt: formatNullable(oldestSubmittedAt),
        })),
      };
    },
  );
}
