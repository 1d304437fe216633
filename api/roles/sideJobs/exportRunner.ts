// The job `export`: requests, leases or events of a span of time as lines of JSON, each the document that the API shows.
// Invariant: what its asker could page through, and no more. Called by runners.ts.

import type { Instant } from '../../../scheduler/index.ts';
import { eventDocument } from '../../http/hub.ts';
import { parseInstant } from '../../http/time.ts';
import { leaseJson, requestJson } from '../../http/views.ts';
import type {
  EventPageReader,
  LeaseReader,
  Page,
  PageQuery,
  RequestReader,
  SideJobContext,
  SideJobRunner,
} from '../../ports.ts';

export interface ExportInput {
  readonly of: 'requests' | 'leases' | 'events';
  /** Inclusive, from the beginning when left out; `to` is exclusive, to the end when left out. */
  readonly from?: string;
  readonly to?: string;
}

export interface ExportPorts {
  readonly requests: RequestReader;
  readonly leases: LeaseReader;
  readonly readers: EventPageReader;
}

const PAGE = 500;

interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

export function createExport(ports: ExportPorts): SideJobRunner {
  return {
    async run(input, context) {
      const { of, from, to } = input as ExportInput;
      const span = {
        from: (from === undefined ? null : parseInstant(from)) ?? 0,
        to: (to === undefined ? null : parseInstant(to)) ?? Number.MAX_SAFE_INTEGER,
      };
      await write(of, { ports, context, span });
      return { fileName: `${of}.ndjson`, contentType: 'application/x-ndjson' };
    },
  };
}

interface Writing {
  readonly ports: ExportPorts;
  readonly context: SideJobContext;
  readonly span: Span;
}

async function write(of: ExportInput['of'], writing: Writing): Promise<void> {
  const { ports, context } = writing;
  const { scope } = context;
  switch (of) {
    case 'requests':
      return newestFirst(writing, (query) => ports.requests.requests(scope, query), {
        at: ({ request }) => request.submittedAt,
        document: (view) => requestJson(view, { reasons: view.reasons, estimate: null }),
      });
    case 'leases':
      return newestFirst(writing, (query) => ports.leases.leases(scope, query), {
        at: ({ lease }) => lease.grantedAt,
        document: leaseJson,
      });
    case 'events':
      return events(writing);
    default: {
      const never: never = of;
      throw new Error(`unknown export ${never}`);
    }
  }
}

async function newestFirst<Item>(
  { context, span }: Writing,
  read: (query: PageQuery) => Promise<Page<Item>>,
  { at, document }: { readonly at: (item: Item) => Instant; readonly document: (item: Item) => unknown },
): Promise<void> {
  let done = 0;
  for (let after: string | null = null; ; ) {
    const page: Page<Item> = await read({ limit: PAGE, after });
    const wanted = page.items.filter((item) => at(item) >= span.from && at(item) < span.to);
    await context.write(wanted.map((item) => `${JSON.stringify(document(item))}\n`).join(''));
    done += wanted.length;
    context.progress(done, 0);
    after = page.next;
    if (after === null) return;
  }
}

async function events({ ports, context, span }: Writing): Promise<void> {
  const { cell, scope } = context;
  let done = 0;
  for (let after = 0; ; ) {
    const page = await ports.readers.eventPage(cell, { scope }, { limit: PAGE, after });
    const wanted = page.items.filter(({ at }) => at >= span.from && at < span.to);
    await context.write(wanted.map((event) => `${JSON.stringify(eventDocument(event))}\n`).join(''));
    after = page.through;
    done += wanted.length;
    // How many events others have is nobody's business: no total.
    context.progress(done, 0);
    if (after >= page.last) return;
  }
}
