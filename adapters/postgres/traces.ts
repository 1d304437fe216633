// The trace that a request came in, beside its intake row. Invariant: written with the row that was acknowledged, read by nothing that decides.
// Called by the tracing of ticks; the event log joins it.

import type { TraceParent, TraceReader } from '../../api/ports.ts';
import type { RequestId } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

export class PostgresTraces implements TraceReader {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async tracesOf(requests: readonly RequestId[]): Promise<ReadonlyMap<RequestId, TraceParent>> {
    if (requests.length === 0) return new Map();
    const rows = await this.#queries.run<{ request: RequestId; parent: TraceParent }>('trace-of', [requests]);
    return new Map(rows.map(({ request, parent }) => [request, parent]));
  }
}
