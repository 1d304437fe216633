// Usage of a span of time, in groups, counted by the database under row-level security. It reads the requests and leases of the span:
// a report and no poll, so one at a time, and cut off by a limit of its own. Called by the edge.

import type { Scope, UsageQuery, UsageReader, UsageRow } from '../../api/ports.ts';
import type { QueryPool } from './connection.ts';
import { ownerOf } from './narrowing.ts';
import { mergedUsage, type UsagePart } from './usageRows.ts';

/** Shorter than the 5 s of other reads: whoever asks for more than that counts is better told to ask for less. */
const LIMIT_MS = 4_000;

export class PostgresUsage implements UsageReader {
  readonly #pool: QueryPool;
  readonly #limitMs: number;

  constructor(pool: QueryPool, limitMs = LIMIT_MS) {
    this.#pool = pool;
    this.#limitMs = limitMs;
  }

  async usage(scope: Scope, query: UsageQuery): Promise<readonly UsageRow[]> {
    const { cell, by, from, to, roots } = query;
    const { department, agent } = ownerOf(scope);
    const groups = (['department', 'class', 'kind', 'agent'] as const).map((each) => by.includes(each));
    const parts = await this.#pool.transaction<UsagePart>([
      ['scope', [scope.type, scope.department]],
      ['by-hash', []],
      ['usage-limits', [String(this.#limitMs)]],
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
