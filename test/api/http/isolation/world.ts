// Several departments on one store, each agent with requests, leases and extensions, and everything that it wrote marked with its own
// canary. The edge over it is the real one, on whatever store it is given.
// Invariant: a canary, and the id of an object, stands in nothing but what its owner owns. Used by the isolation tests.

import type { Configuration, ExtensionId, ResourceRequest } from '../../../../scheduler/index.ts';
import { aConfiguration, aRequest, StoreCell, type StoreUnderTest } from '../../../support/storeCell.ts';
import { NO_STREAMS } from '../fuzz/judge.ts';
import { anEdge, type Edge } from '../support.ts';

export interface Owner {
  readonly department: string;
  readonly agent: string;
  /** In every text that it wrote. */
  readonly canary: string;
  /** Of its requests, leases and extensions, by the noun of their route. */
  readonly ids: Readonly<Record<'requests' | 'leases' | 'extensions', readonly string[]>>;
}

export interface World {
  readonly edge: Edge;
  readonly owners: readonly Owner[];
  readonly departments: readonly string[];
  close(): Promise<void>;
}

export interface WorldSize {
  readonly departments: number;
  readonly agents: number;
  readonly requests: number;
}

export async function aWorld(store: StoreUnderTest, size: WorldSize): Promise<World> {
  const owners = ownersOf(size);
  const configuration = configurationOf(owners);
  const cell = await StoreCell.open(store, configuration);
  const filled: Owner[] = [];
  for (const owner of owners) filled.push(await fill(cell, owner, size.requests));
  const { ports } = store;
  const edge = await anEdge({
    server: {
      configuration: () => configuration,
      intake: ports.intakeWriter,
      heartbeats: ports.heartbeatWriter,
      requests: ports.readers,
      leases: ports.readers,
      extensions: ports.readers,
      poolUse: ports.logs,
      ticks: ports.logs,
      calls: ports.calls,
    },
    hub: { ...NO_STREAMS.hub, cell: configuration.cell, log: ports.logs },
  });
  const departments = [...new Set(owners.map(({ department }) => department))];
  const known: Owner[] = [];
  for (const owner of filled) known.push(await submitsOverHttp(edge, owner));
  return { edge, owners: known, departments, close: () => edge.app.close() };
}

/** Everybody uses this one: a key is its caller's own. */
export const SHARED_CALL_KEY = 'shared-key';

export function sharedSubmission({ canary }: Pick<Owner, 'canary'>) {
  return {
    clientRequestId: `${canary}-shared`,
    options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
    terms: { class: 'standard', durationSeconds: 10, purpose: `purpose ${canary}` },
  };
}

/** One more request, which no tick has folded: it is shown from the intake. */
async function submitsOverHttp(edge: Edge, owner: Owner): Promise<Owner> {
  const answer = await edge.call({
    method: 'POST',
    url: '/v1/requests',
    as: `agent:${owner.department}:${owner.agent}`,
    headers: { 'idempotency-key': SHARED_CALL_KEY },
    body: sharedSubmission(owner),
  });
  const requests = [...owner.ids.requests, answer.json<{ id: string }>().id];
  return { ...owner, ids: { ...owner.ids, requests } };
}

function ownersOf({ departments, agents }: WorldSize): Omit<Owner, 'ids'>[] {
  return Array.from({ length: departments * agents }, (_, index) => {
    const department = `dept-${index % departments}`;
    const number = Math.floor(index / departments);
    return { department, agent: `${department}.agent-${number}`, canary: `zq${index}canary${index}qz` };
  });
}

function configurationOf(owners: readonly Omit<Owner, 'ids'>[]): Configuration {
  const base = aConfiguration();
  const departments = [...new Set(owners.map(({ department }) => department))];
  return {
    ...base,
    departments: departments.map((id) => ({
      id,
      title: id,
      clearanceCeiling: 'restricted',
      classes: ['standard'],
      requestLimits: {},
    })),
    agents: owners.map(({ department, agent }) => ({
      id: agent,
      department,
      roles: ['agent'],
      skills: [],
      clearance: 'confidential',
      accounts: [],
    })),
    pools: base.pools.map((pool) => (pool.kind === 'gpu' ? { ...pool, capacity: 10_000 } : pool)),
    accounts: base.accounts.map((account) => ({
      ...account,
      periods: account.periods.map((period) => ({ ...period, budget: 1_000_000 })),
    })),
    classes: [{ name: 'standard', rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 86_400 }],
  } as unknown as Configuration;
}

let made = 0;

/** Of every three requests one is granted, one granted and extended, one waits. */
async function fill(cell: StoreCell, owner: Omit<Owner, 'ids'>, requests: number): Promise<Owner> {
  const ids = { requests: [] as string[], leases: [] as string[], extensions: [] as string[] };
  for (let n = 0; n < requests; n += 1) {
    made += 1;
    const request = marked(aRequest(made, owner), owner.canary);
    ids.requests.push(request.id);
    if (n % 3 === 2) {
      await cell.tick([cell.opened(request), cell.decided(request, 'waiting')]);
      continue;
    }
    const lease = cell.lease({ request });
    ids.leases.push(lease.id);
    await cell.tick(cell.grants(lease, request));
    if (n % 3 === 0) continue;
    const extension = `ext_${String(made).padStart(8, '0')}` as ExtensionId;
    ids.extensions.push(extension);
    await cell.tick([cell.extensionOpened(lease, extension), ...cell.extensionGranted(lease, extension)]);
  }
  return { ...owner, ids };
}

function marked(request: ResourceRequest, canary: string): ResourceRequest {
  return {
    ...request,
    clientRequestId: `${canary}-${request.id.slice(-6)}`,
    terms: { ...request.terms, purpose: `purpose ${canary}`, summary: `summary ${canary}` },
  };
}
