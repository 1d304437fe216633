// Who waits and who arrives in bench:tick: acme with one shape that waits or as many as there are waiters, and Kueue's queues.
// Invariant: one seed is one stream of asks. Called by tickWork.ts and its test.

import type { Configuration } from '../scheduler/index.ts';
import { pick, type Random, seeded, weightedPick } from './chance.ts';
import { CLASSES, DECLARED_SECONDS, KIND, kueueOrganisation } from './kueueWorkloads.ts';
import { createMix } from './mix.ts';
import { blockedPool, readersOf, waiterBody } from './standing.ts';
import { acme } from './subject.ts';
import { type Ask, STARTS_AT } from './tickWorld.ts';

export const SCENES = ['few', 'many', 'kueue'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Scene {
  readonly configuration: Configuration;
  /** What keeps those who wait from being served. */
  before(): Ask[];
  waiter(): Ask;
  arrival(): Ask;
  /** One arrival a tick at least: a tick with nothing new does nothing. */
  nudge(): Ask;
}

const FOREVER = Number.POSITIVE_INFINITY;
const LOAD = 0.9;
const ARRIVALS_PER_SECOND = 500;
const BLOCKER_SECONDS = 24 * 3600;

export async function sceneOf(name: SceneName, seed: number): Promise<Scene> {
  return name === 'kueue' ? kueueScene(seeded(seed)) : acmeScene(name, seeded(seed));
}

/** As bench:http has it: a data set that somebody holds whole, and the mix beside it. */
async function acmeScene(name: 'few' | 'many', random: Random): Promise<Scene> {
  const configuration = await acme(STARTS_AT);
  const pool = blockedPool(configuration);
  const readers = readersOf(configuration, configuration.agents);
  const mix = createMix({
    configuration,
    actors: configuration.agents,
    ratePerSecond: ARRIVALS_PER_SECOND,
    load: LOAD,
    random,
    except: pool,
  });
  const body = waiterBody(pool);
  const seat = body.options[0]!.claims[0]!;
  let waiters = 0;
  const waiter = (): Ask => {
    waiters += 1;
    const agent = readers[waiters % readers.length]!.id;
    if (name === 'few') return { agent, options: body.options, terms: body.terms, holdMs: FOREVER };
    const claims = [seat, { kind: 'cpu', quantity: 1 + (waiters % 8) }];
    const durationSeconds = 300 + waiters;
    return { agent, options: [{ claims }], terms: { class: 'standard', durationSeconds }, holdMs: FOREVER };
  };
  const arrival = (): Ask => {
    const { agent, body: wish, holdMs } = mix.next();
    // The mix claims no windows, in which a body and a request differ.
    return { agent: agent.id, options: wish.options as Ask['options'], terms: wish.terms, holdMs };
  };
  return {
    configuration,
    before: () => [
      {
        agent: readers[0]!.id,
        options: [{ claims: [{ ...seat, quantity: pool.capacity }] }],
        terms: { class: 'standard', durationSeconds: BLOCKER_SECONDS },
        holdMs: FOREVER,
      },
    ],
    waiter,
    arrival,
    nudge: arrival,
  };
}

/** Thirty queues over their heads: whoever comes waits behind the rest of the class, and what ran is followed by others. */
function kueueScene(random: Random): Scene {
  const configuration = kueueOrganisation();
  const kinds = CLASSES.map((value) => ({ weight: value.count, value }));
  const ask = (): Ask => {
    const { name, units, runMs } = weightedPick(kinds, random);
    return {
      agent: pick(configuration.agents, random).id,
      options: [{ claims: [{ kind: KIND, quantity: units }] }],
      terms: { class: name, durationSeconds: DECLARED_SECONDS },
      // Of different lengths, or all that began together would end together and most ticks have nothing to give.
      holdMs: runMs * (0.5 + random()),
    };
  };
  return { configuration, before: () => [], waiter: ask, arrival: ask, nudge: ask };
}
