// What a policy may need to know of the pools that a request could be given: GPU models, datasets, and the most that it can cost.
// Invariant: made of the request and the configuration alone, so that a request has the same facts whenever it is asked again.
// Called by gate.ts.

import type { Configuration, Pool } from './domain/configuration.ts';
import type { Claim, ResourceRequest } from './domain/request.ts';
import { matches } from './formulate/labels.ts';

export interface PoolFacts {
  /** Labels `model` of the GPU pools that its claims could take; `["*"]` beyond `FACT_NAMES_MOST`. Sorted. */
  readonly models: readonly string[];
  /** Names of the datasets that its claims could take, as `models`. */
  readonly datasets: readonly string[];
  /** The most that it can cost, in minor units: its dearest option in the dearest pools that it could take. */
  readonly costMinor: number;
}

/** A row names no more; beyond, it could be any, which only a policy without limits lets through. */
export const FACT_NAMES_MOST = 64;
/** Distinct claims that are remembered per configuration: far more than agents have habits. */
const MEMORY_MOST = 4_096;
const SECONDS_AN_HOUR = 3_600n;

/** What a pool's units are called, and claims select them by. */
const NAME_LABELS: Readonly<Record<string, string>> = { gpu: 'model', dataset: 'name' };

interface ClaimFacts {
  readonly names: readonly string[];
  /** Of one unit: per hour and so many units, or once. */
  readonly prices: readonly { readonly priceMinor: number; readonly per: number; readonly once: boolean }[];
}

const known = new WeakMap<Configuration, Map<string, ClaimFacts>>();

export function poolFactsOf(
  configuration: Configuration,
  { options, terms }: Pick<ResourceRequest, 'options' | 'terms'>,
): PoolFacts {
  const models = new Set<string>();
  const datasets = new Set<string>();
  let dearest = 0n;
  for (const { claims } of options) {
    let cost = 0n;
    for (const claim of claims) {
      const { names, prices } = claimFacts(configuration, claim);
      const named = claim.kind === 'gpu' ? models : claim.kind === 'dataset' ? datasets : undefined;
      for (const name of named === undefined ? [] : names) named?.add(name);
      let most = 0n;
      for (const { priceMinor, per, once } of prices) {
        const rate = BigInt(claim.quantity) * BigInt(priceMinor);
        const divisor = SECONDS_AN_HOUR * BigInt(per);
        const paid = once ? rate : (rate * BigInt(terms.durationSeconds) + divisor - 1n) / divisor;
        if (paid > most) most = paid;
      }
      cost += most;
    }
    if (cost > dearest) dearest = cost;
  }
  // What no account could ever pay counts as the largest whole amount, as quantities do.
  const costMinor = Number(
    dearest < BigInt(Number.MAX_SAFE_INTEGER) ? dearest : BigInt(Number.MAX_SAFE_INTEGER),
  );
  return { models: namesOf(models), datasets: namesOf(datasets), costMinor };
}

function namesOf(names: ReadonlySet<string>): readonly string[] {
  return names.size > FACT_NAMES_MOST ? ['*'] : [...names].sort();
}

function claimFacts(configuration: Configuration, { kind, selector, node }: Claim): ClaimFacts {
  let claims = known.get(configuration);
  if (claims === undefined) {
    claims = new Map();
    known.set(configuration, claims);
  }
  const onNode = node !== undefined;
  const key = JSON.stringify([kind, onNode, selector ?? null]);
  const before = claims.get(key);
  if (before !== undefined) return before;
  const pools = configuration.pools.filter(
    (pool) => pool.kind === kind && (pool.nodes !== undefined) === onNode && matches(pool, selector),
  );
  const prices = new Map(
    pools.map((pool) => {
      const price = {
        priceMinor: pool.priceMinor,
        per: pool.pricePer ?? 1,
        once: pool.consumable || pool.calendar !== undefined,
      };
      return [JSON.stringify(price), price] as const;
    }),
  );
  const wanted = selector?.[NAME_LABELS[kind] ?? ''];
  const isWanted = (name: string): boolean =>
    wanted === undefined || (typeof wanted === 'string' ? name === wanted : wanted.includes(name));
  const names = [...new Set(pools.flatMap(namesOfPool))].filter(isWanted);
  const made = { names, prices: [...prices.values()] };
  if (claims.size >= MEMORY_MOST) claims.clear();
  claims.set(key, made);
  return made;
}

/** A pool without the label counts by its id: what has no name cannot be let through by one. */
function namesOfPool({ id, kind, labels }: Pool): readonly string[] {
  const label = labels[NAME_LABELS[kind] ?? ''];
  if (label === undefined) return [id];
  return typeof label === 'string' ? [label] : label;
}
