// Usage of a span of time, in groups, counted by the database under row-level security. It reads every request and lease of the reader:
// a report and no poll, so one at a time. Called by the edge.

import type { Scope, UsageQuery, UsageReader, UsageRow } from '../../api/ports.ts';
import type { QueryPool } from './connection.ts';
import { ownerOf } from './narrowing.ts';
import { mergedUsage, type UsagePart } from './usageRows.ts';

export class PostgresUsage implements UsageReader {
  readonly #pool: QueryPool;

  constructor(pool: QueryPool) {
    this.#pool = pool;
  }

  async usage(scope: Scope, query: UsageQuery): Promise<readonly UsageRow[]> {
    const { cell, by, from, to, roots } = query;
    const { department, agent } = ownerOf(scope);
    const groups = (['department', 'class', 'kind', 'agent'] as const).map((each) => by.includes(each));
    const parts = await this.#pool.transaction<UsagePart>([
      ['scope', [scope.type, scope.department]],
      ['by-hash', []],
      [
        'usage',
        [
          cell,
          from,
          to,
          department,
          agent,
          ...groups,
          roots.map(({ account }) => account),
          roots.map(({ currency }) => currency),
        ],
      ],
    ]);
    return mergedUsage(parts, query);
  }
}
