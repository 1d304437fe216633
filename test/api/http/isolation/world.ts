// Several departments on one store, each agent with requests, leases and extensions, and everything that it wrote marked with its own
// canary. The edge over it is the real one, on whatever store it is given.
// Invariant: a canary, and the id of an object, stands in nothing but what its owner owns. Used by the isolation tests.

import type {
  AccountId,
  Configuration,
  ExtensionId,
  Lease,
  ResourceRequest,
} from '../../../../scheduler/index.ts';
import { aConfiguration, aRequest, StoreCell, type StoreUnderTest } from '../../../support/storeCell.ts';
import { NO_STREAMS } from '../fuzz/judge.ts';
import { anEdge, type Edge } from '../support.ts';
import { leaderOf } from './leader.ts';

export interface Owner {
  readonly department: string;
  readonly agent: string;
  /** In every text that it wrote. */
  readonly canary: string;
  /** Pays for it alone. Its name stands with the agent, which everybody may read; what it holds does not. */
  readonly account: string;
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
  // A report ends before now, which is when the edge is asked.
  cell.now -= 60_000;
  const leases: Lease[] = [];
  const filled: Owner[] = [];
  for (const owner of owners) filled.push(await fill(cell, owner, { requests: size.requests, leases }));
  let held = configuration;
  const { ports } = store;
  const edge = await anEdge({
    server: {
      configuration: () => held,
      configurations: ports.configuration,
      adopt: (edited) => {
        held = edited;
      },
      ...leaderOf({ configuration, leases, canaries: owners.map(({ canary }) => canary).join(' ') }),
      intake: ports.intakeWriter,
      heartbeats: ports.heartbeatWriter,
      requests: ports.readers,
      leases: ports.readers,
      extensions: ports.readers,
      poolUse: ports.logs,
      heldUnits: ports.logs,
      accounts: ports.accounts,
      usage: ports.usage,
      queue: ports.readers,
      approvals: ports.approvals,
      eventPages: ports.readers,
      agentHeartbeats: ports.agentHeartbeats,
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
    const agent = `${department}.agent-${number}`;
    return { department, agent, canary: `zq${index}canary${index}qz`, account: `${agent}-pays` };
  });
}

function configurationOf(owners: readonly Omit<Owner, 'ids'>[]): Configuration {
  const base = aConfiguration();
  const departments = [...new Set(owners.map(({ department }) => department))];
  const shared = base.accounts.map((account) => ({
    ...account,
    periods: account.periods.map((period) => ({ ...period, budget: 1_000_000 })),
  }));
  return {
    ...base,
    departments: departments.map((id) => ({
      id,
      title: id,
      clearanceCeiling: 'restricted',
      classes: ['standard'],
      requestLimits: {},
    })),
    agents: owners.map(({ department, agent, account }) => ({
      id: agent,
      department,
      roles: ['agent'],
      skills: [],
      clearance: 'confidential',
      accounts: [account],
    })),
    pools: base.pools.map((pool) => (pool.kind === 'gpu' ? { ...pool, capacity: 10_000 } : pool)),
    accounts: [
      ...shared,
      ...owners.flatMap(({ account: id, canary }) =>
        shared.map((account) => ({
          ...account,
          id,
          title: `account ${canary}`,
          parent: account.id,
        })),
      ),
    ],
    classes: [{ name: 'standard', rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 86_400 }],
  } as unknown as Configuration;
}

let made = 0;

/** Of every three requests one is granted, one granted and extended, one waits. */
async function fill(
  cell: StoreCell,
  owner: Omit<Owner, 'ids'>,
  { requests, leases }: { readonly requests: number; readonly leases: Lease[] },
): Promise<Owner> {
  const reservations = [owner.account, 'team'].map((account) => ({
    account: account as AccountId,
    period: '2026-11',
    amount: 10,
  }));
  const ids = { requests: [] as string[], leases: [] as string[], extensions: [] as string[] };
  for (let n = 0; n < requests; n += 1) {
    made += 1;
    const request = marked({ ...aRequest(made, owner), submittedAt: cell.now - 1000 }, owner.canary);
    ids.requests.push(request.id);
    if (n % 3 === 2) {
      await cell.tick([cell.opened(request), cell.decided(request, 'waiting')]);
      continue;
    }
    const lease = cell.lease({ request, reservations });
    leases.push(lease);
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
