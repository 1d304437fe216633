// The organisation of a scenario: the tree that the server loads, with what the scenario says otherwise, as it is at any instant of a run.
// Invariant: read by the server's loader and judged by the server's policy code; every agent keeps its lease alive, whatever the tree's time-out.
// Called by scenario.ts, workload.ts and history.ts.

import type { PolicyBundle, PolicyRow } from '../../../policies/index.ts';
import { type Configuration, type Instant, type PolicyGate, revisionOf } from '../../../scheduler/index.ts';
import { type Company, EPOCH_MS, type Job, jobNumberOf } from '../../../simulations/index.ts';
import {
  horizonOf,
  type OrganisationText,
  type Problem,
  parseOrganisation,
} from '../../organisation/index.ts';
import { sha256 } from '../../roles/digest.ts';
import { replayPolicy } from '../../roles/replayPolicy.ts';
import type { Bundles } from './bundles.ts';
import type { RecordedJobs } from './history.ts';

export interface Overrides {
  readonly pools?: Readonly<Record<string, { readonly capacity?: number; readonly priceMinor?: number }>>;
  /** By "department/kind". */
  readonly quotas?: Readonly<
    Record<
      string,
      { readonly nominal?: number; readonly borrowingLimit?: number; readonly lendingLimit?: number }
    >
  >;
  readonly accounts?: Readonly<Record<string, { readonly budget: number }>>;
  readonly classes?: Readonly<Record<string, { readonly targetWaitSeconds: number }>>;
  readonly departments?: Readonly<Record<string, { readonly weight: number }>>;
}

/** May be sent to a worker. */
export interface CompanySpec {
  readonly texts: readonly OrganisationText[];
  readonly overrides: Overrides;
}

export const SHIPPED = 'shipped';

/** Virtual agents are never silent. */
const NEVER_SILENT_SECONDS = 10 * 365 * 86_400;
const DAY_MS = 86_400_000;

/** The tree without what a scenario says otherwise, or what is wrong with it. */
export function loadedAt(
  texts: readonly OrganisationText[],
  now: Instant,
): { readonly configuration: Configuration } | { readonly problems: readonly Problem[] } {
  const loaded = parseOrganisation(texts, { now, digest: sha256 });
  return loaded.ok ? { configuration: loaded.configuration } : { problems: loaded.problems };
}

/** @throws when the tree is faulty: whoever made the spec has loaded it. `bundles`: by the names that tasks have them by. */
export function companyOf({ texts, overrides }: CompanySpec, bundles: Bundles): Company {
  const known = new Map<string, Configuration>();
  return {
    startsAt: EPOCH_MS,
    at(now) {
      const horizon = horizonOf(now);
      let configuration = known.get(horizon);
      if (configuration === undefined) {
        const loaded = loadedAt(texts, now);
        if ('problems' in loaded)
          throw new Error(`the organisation is faulty: ${loaded.problems[0]?.message}`);
        configuration = overridden(loaded.configuration, overrides);
        known.set(horizon, configuration);
      }
      return { configuration, until: endOf(horizon, now) };
    },
    policy: (name, configuration) => replayPolicy(configuration, bundleOf(bundles, name)),
  };
}

/** Requests that were made, under the organisation that made them: it is the one of its last day throughout. */
export function recordedCompany(
  { startsAt, requests, rows }: RecordedJobs,
  made: Configuration,
  bundles: Bundles,
): Company {
  const configuration = overridden(made, {});
  return {
    startsAt,
    at: () => ({ configuration, until: Number.POSITIVE_INFINITY }),
    async policy(name, under) {
      const opened = await replayPolicy(under, bundleOf(bundles, name));
      return rows === undefined ? opened : { ...opened, gate: gateOfRows(opened.gate, rows) };
    },
    ...(requests !== undefined && {
      requestOf: ({ index, department, agent }: Job) => {
        const { options, terms } = requests[index]!;
        return { options, terms, department, agent } as ReturnType<NonNullable<Company['requestOf']>>;
      },
    }),
  };
}

/** Policies judge what they saw, and not what can be told again of it. */
function gateOfRows(gate: PolicyGate, recorded: readonly PolicyRow[]): PolicyGate {
  return {
    get policyRevision() {
      return gate.policyRevision;
    },
    get dataRevision() {
      return gate.dataRevision;
    },
    get rules() {
      return gate.rules ?? {};
    },
    adopt: (configuration) => gate.adopt(configuration),
    evaluate: (tick, rows, requests = []) =>
      gate.evaluate(
        tick,
        rows.map((row, i) => recorded[jobNumberOf(requests[i]!)] ?? row),
        requests,
      ),
  };
}

function bundleOf(bundles: Bundles, name: string | null): PolicyBundle | undefined {
  if (name === null || name === SHIPPED) return undefined;
  const bundle = bundles[name];
  if (bundle === undefined) throw new Error(`no policies ${name}`);
  return bundle;
}

/** The first midnight from which windows or months are others. */
function endOf(horizon: string, now: Instant): Instant {
  let day = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  while (horizonOf(day) === horizon) day += DAY_MS;
  return day;
}

function overridden(configuration: Configuration, overrides: Overrides): Configuration {
  const { pools = {}, quotas = {}, accounts = {}, classes = {}, departments = {} } = overrides;
  const { revision: _, ...body } = configuration;
  const changed = {
    ...body,
    pools: body.pools.map((pool) => ({ ...pool, ...pools[pool.id] })),
    quotas: body.quotas.map((quota) => ({ ...quota, ...quotas[`${quota.department}/${quota.kind}`] })),
    accounts: body.accounts.map((account) => {
      const said = accounts[account.id];
      if (said === undefined) return account;
      return { ...account, periods: account.periods.map((period) => ({ ...period, ...said })) };
    }),
    classes: body.classes.map((one) => ({ ...one, ...classes[one.name] })),
    departments: body.departments.map((one) => ({ ...one, ...departments[one.id] })),
    leaseTerms: { ...body.leaseTerms, heartbeatTimeoutSeconds: NEVER_SILENT_SECONDS },
  };
  return { revision: revisionOf(changed, sha256), ...changed };
}
