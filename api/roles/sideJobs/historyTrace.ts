// The requests of the last hours as jobs of a simulation: submitted when they were, claiming what they claimed, running as long as their leases
// did. Invariant: what its asker may read, and no more; what cannot be simulated is counted with the reason. Called by simulationRunner.ts.

import type { Claim, Instant, ResourceRequest } from '../../../scheduler/index.ts';
import { JobList, type Trace } from '../../../simulations/index.ts';
import type { LeaseReader, LeaseView, Page, PageQuery, RequestReader, Scope } from '../../ports.ts';
import { SideJobInputError } from './inputError.ts';

export interface HistoryPorts {
  readonly requests: RequestReader;
  readonly leases: LeaseReader;
}

export interface HistorySpan {
  readonly scope: Scope;
  readonly from: Instant;
  readonly to: Instant;
  readonly department?: string;
  /** Names of priority classes, first served first. */
  readonly classes: readonly string[];
  readonly requestsMost: number;
}

const PAGE = 500;
/** Ids are made before their rows are stamped: pages are read on until what they show is older by more than that. */
const STAMP_MS = 60_000;

export async function historyTrace(ports: HistoryPorts, span: HistorySpan): Promise<Trace> {
  const { scope, from, to, department, classes, requestsMost } = span;
  const filter = department === undefined ? {} : { department };
  const requests: ResourceRequest[] = [];
  await newestFirst(
    (query) => ports.requests.requests(scope, { ...query, ...filter }),
    ({ request }) => {
      const { submittedAt } = request;
      if (submittedAt >= from && submittedAt < to) requests.push(request);
      if (requests.length > requestsMost)
        throw new SideJobInputError(
          `these hours have more than ${requestsMost} requests; ask for fewer, or for one department`,
        );
      return submittedAt >= from - STAMP_MS;
    },
  );
  const leaseOf = new Map<string, LeaseView>();
  await newestFirst(
    (query) => ports.leases.leases(scope, { ...query, ...filter }),
    (view) => {
      leaseOf.set(view.lease.request, view);
      return view.lease.grantedAt >= from - STAMP_MS;
    },
  );
  const list = new JobList();
  for (const request of requests.reverse()) addJob(list, request, { view: leaseOf.get(request.id), classes });
  return list.trace('annona', null);
}

function addJob(
  list: JobList,
  { id, options, terms, submittedAt, department, agent }: ResourceRequest,
  { view, classes }: { readonly view: LeaseView | undefined; readonly classes: readonly string[] },
): void {
  const claims = options[view?.lease.option ?? 0]!.claims;
  if (claims.some(({ window, kind }) => window !== undefined || kind === 'agent')) {
    list.drop('asks for a window or for agents');
    return;
  }
  const askedMs = terms.durationSeconds * 1000;
  // Of what still runs, or never did, nobody knows more than was said.
  const ranMs =
    view === undefined || view.endedAt === null
      ? askedMs
      : Math.max(1000, view.endedAt - view.lease.grantedAt);
  list.add({
    name: id,
    submitMs: submittedAt,
    runMs: ranMs,
    estimateMs: Math.max(askedMs, ranMs),
    claims: claims.map(({ kind, quantity }) => ({ kind, quantity })),
    models: [...new Set(claims.flatMap(modelsOf))],
    department,
    agent,
    rank: Math.max(0, classes.indexOf(terms.class)),
    ...(terms.deadline !== undefined && { deadlineMs: terms.deadline }),
  });
}

function modelsOf({ selector }: Claim): readonly string[] {
  const model = selector?.model;
  return model === undefined ? [] : [model].flat();
}

/** Until `look` says that everything beyond is too old. */
async function newestFirst<Item>(
  read: (query: PageQuery) => Promise<Page<Item>>,
  look: (item: Item) => boolean,
): Promise<void> {
  for (let after: string | null = null; ; ) {
    const page: Page<Item> = await read({ limit: PAGE, after });
    for (const item of page.items) if (!look(item)) return;
    after = page.next;
    if (after === null) return;
  }
}
