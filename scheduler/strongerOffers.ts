// What somebody else must give so that a waiting request starts: more budget, or a higher class that its agent is entitled to.
// Invariant: each was tried: a budget by the verifier's check, a class by the next tick as it would be. Called by the composition roots.

import type { Configuration } from './domain/configuration.ts';
import type { RequestId } from './domain/ids.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { PendingRequest, ResourceRequest } from './domain/request.ts';
import { accountKey, type State } from './domain/state.ts';
import { type DryRunPorts, dryRun } from './dryRun.ts';
import type { Explainer } from './explain.ts';
import { newMemo } from './formulate/index.ts';
import type { Snapshot } from './snapshot.ts';
import { wholeFit } from './wholeFit.ts';

export type StrongerOffer =
  /** With so much more on each of these the option starts; accounts' sums are of everybody, so that nobody else may take it. */
  | {
      readonly field: 'budget';
      readonly option: number;
      readonly raises: readonly { readonly account: string; readonly period: string; readonly by: Units }[];
    }
  /** `preempting`: leases would be taken back for it, by that time. */
  | {
      readonly field: 'class';
      readonly from: string;
      readonly to: string;
      readonly outcome: 'granted' | 'preempting';
      readonly startsBy: Instant;
    };

/** A request that stands in for the one asked about, in a copy of the memory: nobody else sees its id. */
const STAND_IN = 'req_00000000000000000000offer0' as RequestId;

export function budgetOffers(
  { snapshot, explained }: { readonly snapshot: Snapshot; readonly explained: Explainer },
  pending: PendingRequest,
): StrongerOffer[] {
  const { request } = pending;
  const byOption = Map.groupBy(explained.reasons(pending), (reason) =>
    'option' in reason ? reason.option : -1,
  );
  return [...byOption].flatMap(([option, reasons]): StrongerOffer[] => {
    if (option < 0 || !reasons.every(({ code }) => code === 'BUDGET_EXHAUSTED')) return [];
    const raises = raisesOf(snapshot.configuration, reasons);
    const configuration = raised(snapshot.configuration, raises);
    const asked = { ...request, options: [request.options[option]!] };
    const fits = raises.length > 0 && wholeFit({ ...snapshot, configuration }, newMemo())(asked) !== null;
    return fits ? [{ field: 'budget', option, raises }] : [];
  });
}

type Raise = Extract<StrongerOffer, { field: 'budget' }>['raises'][number];

function raisesOf({ accounts }: Configuration, reasons: readonly Reason[]): Raise[] {
  const lacking = new Map<string, Units>();
  for (const reason of reasons)
    if (reason.code === 'BUDGET_EXHAUSTED')
      for (const { what, requested, available } of reason.short) lacking.set(what, requested - available);
  return accounts.flatMap(({ id, periods }) =>
    periods.flatMap((period): Raise[] => {
      const by = lacking.get(accountKey(id, period.id));
      return by === undefined ? [] : [{ account: id, period: period.id, by }];
    }),
  );
}

function raised(configuration: Configuration, raises: readonly Raise[]): Configuration {
  const byKey = new Map(raises.map(({ account, period, by }) => [accountKey(account, period), by]));
  const accounts = configuration.accounts.map((account) => ({
    ...account,
    periods: account.periods.map((period) => ({
      ...period,
      budget: Math.min(
        Number.MAX_SAFE_INTEGER,
        period.budget + (byKey.get(accountKey(account.id, period.id)) ?? 0),
      ),
    })),
  }));
  return { ...configuration, accounts };
}

/** The nearest higher class that the next tick would start it in. Each try is a dry run of a whole tick: at most three, as there are four classes. */
export async function classOffer(
  ports: DryRunPorts,
  state: State,
  { request, now }: { readonly request: ResourceRequest; readonly now: Instant },
): Promise<StrongerOffer | null> {
  const { class: from, gang } = request.terms;
  if (gang !== undefined) return null;
  for (const to of higherClasses(state.configuration, request)) {
    const asked = { ...request, id: STAND_IN, terms: { ...request.terms, class: to } };
    const replaces = { request: request.id, tick: state.tick };
    const answer = await dryRun(ports, state, { request: asked, replaces, now, memo: newMemo() });
    if (answer.outcome === 'granted')
      return { field: 'class', from, to, outcome: 'granted', startsBy: answer.at };
    const taken = answer.reasons.find(({ code }) => code === 'PREEMPTING');
    if (taken?.code === 'PREEMPTING')
      return { field: 'class', from, to, outcome: 'preempting', startsBy: taken.graceEndsAt };
  }
  return null;
}

function higherClasses(configuration: Configuration, { agent, terms }: ResourceRequest): string[] {
  const { classes, agents } = lookupOf(configuration);
  const own = classes.get(terms.class)?.rank ?? 0;
  const entitled = agents.get(agent)?.classes;
  return [...classes.values()]
    .filter(({ rank, name }) => rank < own && (entitled === undefined || entitled.includes(name)))
    .sort((a, b) => b.rank - a.rank)
    .map(({ name }) => name);
}
