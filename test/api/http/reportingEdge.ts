// An edge over the store in memory, with what two departments asked, hold and paid: for the tests of the reports. No behaviour.

import type {
  Account,
  AccountId,
  Configuration,
  Lease,
  Reason,
  ResourceRequest,
} from '../../../scheduler/index.ts';
import { aRequest, StoreCell, type StoreUnderTest } from '../../support/storeCell.ts';
import { memoryStore } from '../../support/stores.ts';
import { ANVIL, FORGE, NOW, ORGANISATION, SCOUT } from './organisation.ts';
import { anEdge, type Edge } from './support.ts';

export const DAY_MS = 86_400_000;
const NOVEMBER = {
  id: '2026-11',
  startsAt: Date.UTC(2026, 10, 1),
  endsAt: Date.UTC(2026, 11, 1),
  budget: 1000,
};
const OCTOBER = { id: '2026-10', startsAt: Date.UTC(2026, 9, 1), endsAt: Date.UTC(2026, 10, 1), budget: 500 };

function account(id: string, parent?: string): Account {
  return {
    id: id as AccountId,
    title: `Account ${id}`,
    ...(parent === undefined ? {} : { parent: parent as AccountId }),
    measure: { type: 'money', currency: 'EUR' },
    periods: [OCTOBER, NOVEMBER],
  };
}

const PAYS: Readonly<Record<string, string>> = { [FORGE]: 'forge', [ANVIL]: 'anvil', [SCOUT]: 'scout' };

export const PAYING: Configuration = {
  ...ORGANISATION,
  // The one that ticks written by hand name.
  revision: 'cfg_1',
  accounts: [
    account('acme'),
    account('anvil', 'research'),
    account('forge', 'research'),
    account('idle'),
    account('research', 'acme'),
    account('scout', 'acme'),
  ],
  agents: ORGANISATION.agents.map((agent) => ({ ...agent, accounts: [PAYS[agent.id] as AccountId] })),
};

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  [FORGE]: ['forge', 'research', 'acme'],
  [ANVIL]: ['anvil', 'research', 'acme'],
  [SCOUT]: ['scout', 'acme'],
};

export const FULL: Reason = { code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short: [] };
export const QUOTA: Reason = { code: 'QUOTA_EXHAUSTED', option: 0, kind: 'gpu', short: [] };

export interface ReportingEdge extends Edge {
  /** Where its edits are written for the leader. */
  readonly intake: StoreUnderTest['ports']['intake'];
  readonly cell: StoreCell;
  readonly leases: Readonly<Record<'forge' | 'anvil' | 'scout', Lease>>;
}

/**
 * Ticks 1 to 3 grant one lease an agent, a day apart; tick 4 ends forge's; tick 5 lets three wait. The edge's clock is three days on.
 * `inForce`: the revision that the edge holds by then.
 */
export async function aReportingEdge(inForce: Configuration = PAYING): Promise<ReportingEdge> {
  const store = await memoryStore();
  const cell = await StoreCell.open(store, PAYING);
  const asked = (n: number, department: string, agent: string): ResourceRequest => ({
    ...aRequest(n, { department, agent }),
    submittedAt: cell.now - 4000,
  });
  const granted = async (n: number, department: string, agent: string): Promise<Lease> => {
    const request = asked(n, department, agent);
    const reservations = (CHAINS[agent] ?? []).map((id) => ({
      account: id as AccountId,
      period: '2026-11',
      amount: 100,
    }));
    const lease = cell.lease({ request, allocations: [{ pool: 'gpu-a100' as never }], reservations });
    await cell.tick(cell.grants(lease, request));
    cell.now += DAY_MS;
    return lease;
  };
  const forge = await granted(1, 'research', FORGE);
  const anvil = await granted(2, 'research', ANVIL);
  const scout = await granted(3, 'sales', SCOUT);
  cell.now -= 1000;
  await cell.tick(cell.ended(forge, 'released', 30));
  const waiting = (n: number, department: string, reasons: Reason[]) => {
    const request = asked(n, department, department === 'research' ? FORGE : SCOUT);
    return [cell.opened(request), { ...cell.decided(request, 'waiting'), reasons } as never];
  };
  await cell.tick([
    ...waiting(4, 'research', [FULL, QUOTA]),
    ...waiting(5, 'research', [QUOTA]),
    ...waiting(6, 'sales', [FULL]),
  ]);
  const { readers, accounts, usage, logs, configuration: configurations } = store.ports;
  let held = inForce;
  const edge = await anEdge({
    server: {
      configuration: () => held,
      configurations,
      adopt: (configuration) => {
        held = configuration;
      },
      requests: readers,
      leases: readers,
      queue: readers,
      eventPages: readers,
      accounts,
      usage,
      system: systemAt(NOW + 3 * DAY_MS),
    },
    hub: { log: logs },
  });
  return { ...edge, cell, intake: store.ports.intake, leases: { forge, anvil, scout } };
}

function systemAt(now: number) {
  return {
    now: () => now,
    newRequestId: () => 'req_01m8445h5p9kntj5ba86d4hccy' as never,
    newExtensionId: () => 'ext_1' as never,
    newCallId: () => 'call_1',
    newJobId: () => 'job_01m8445h5p9kntj5ba86d4hccy',
    newWebhookId: () => 'whk_01m8445h5p9kntj5ba86d4hccy',
    newSecret: () => 'whsec_1',
  };
}
