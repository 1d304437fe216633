// GET /v1/shares: what part of each class's time each department held, for everybody to see: a class is worth what others leave it.
// Invariant: sums of whole departments over whole weeks; no request, lease or agent can be told from them.

import type { FastifyInstance } from 'fastify';
import type { DepartmentId } from '../../scheduler/index.ts';
import type { UsageRow } from '../ports.ts';
import { accessOf } from './access.ts';
import { createLimiter } from './limiter.ts';
import type { ServerOptions } from './options.ts';
import { SharesJson } from './schemas/reports.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';

const SPAN_MS = 7 * 86_400_000;
/** It reads every lease of a week, as usage does. */
const AT_ONCE = 1;

export function addShares(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const limited = createLimiter(AT_ONCE);
  app.get(
    '/shares',
    { config: { action: 'readDepartments' }, schema: { response: { 200: SharesJson } } },
    async (request) => {
      const to = options.system.now();
      const from = Math.max(0, to - SPAN_MS);
      const { cell } = options.configuration();
      // The reader's reach is its department; these sums are public on purpose.
      const scope = {
        type: 'all',
        department: accessOf(request).principal.department as DepartmentId,
      } as const;
      const query = { cell, by: ['department', 'class'] as const, from, to, roots: [] };
      const rows = await limited(() => options.usage.usage(scope, query));
      return { from: formatInstant(from), to: formatInstant(to), items: sharesOf(rows) };
    },
  );
}

/** Parts are thousandths of all that was held of the kind in the class, rounded down. */
function sharesOf(rows: readonly UsageRow[]) {
  const totals = new Map<string, number>();
  const keyOf = (priority: string | null, kind: string): string => `${priority} ${kind}`;
  for (const { class: priority, unitSeconds } of rows) {
    for (const [kind, held] of Object.entries(unitSeconds)) {
      const key = keyOf(priority, kind);
      totals.set(key, (totals.get(key) ?? 0) + held);
    }
  }
  return rows.flatMap(({ department, class: priority, unitSeconds }) =>
    Object.keys(unitSeconds)
      .sort()
      .map((kind) => {
        const held = unitSeconds[kind]!;
        const total = totals.get(keyOf(priority, kind))!;
        const thousandths = total === 0 ? 0 : Number((BigInt(held) * 1000n) / BigInt(total));
        return { department: department ?? '', class: priority ?? '', kind, unitSeconds: held, thousandths };
      }),
  );
}
