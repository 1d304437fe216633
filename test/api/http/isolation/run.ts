// One walk through the matrix: sends every probe, and notes what leaked and what told a hidden object from a missing one.
// Invariant: nothing is sampled away silently; the report says how many pairs were tried and what was answered.

import type { LightMyRequestResponse } from 'fastify';
import { operationsOf } from '../fuzz/contract.ts';
import {
  comparable,
  leaksIn,
  missingOf,
  type Principal,
  type Probe,
  principalsOf,
  probesOf,
  strangersOf,
} from './matrix.ts';
import type { World } from './world.ts';

export interface IsolationReport {
  /** Of a principal and a call with what is not its own. */
  readonly pairs: number;
  /** Of those, calls that were sent again with an id that nobody has. */
  readonly compared: number;
  readonly leaks: readonly string[];
  readonly told: readonly string[];
  readonly statuses: ReadonlyMap<string, number>;
}

const OVERSEER = 'operator:dept-0';

export async function walk(world: World, seed: number): Promise<IsolationReport> {
  const operations = (await operationsOf(world.edge)).filter(({ path }) => path.startsWith('/v1/'));
  const cursors = await cursorsOf(world, operations);
  const taken = new Set(
    world.owners.flatMap(({ ids, agent, account }) => [agent, account, ...Object.values(ids).flat()]),
  );
  const report = { pairs: 0, compared: 0, leaks: [] as string[], told: [] as string[] };
  const statuses = new Map<string, number>();
  // The input of a side job is told back to the department that asked for it, whatever it guessed at.
  const said = new Map<string, string>();
  for (const principal of principalsOf(world)) {
    const strangers = strangersOf(world, principal);
    for (const operation of operations) {
      for (const probe of probesOf({ world, operation, principal, cursors, seed })) {
        const response = await send(world, principal, probe);
        report.pairs += 1;
        const key = `${operation.id} ${response.statusCode}`;
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
        // Who holds what one waits for is named inside a department, also to its agents (docs/nouns/requests.md).
        const apart =
          operation.id === 'readRequestExplanation'
            ? strangers.filter(({ department }) => department !== principal.department)
            : strangers;
        const isJob = operation.path.startsWith('/v1/jobs') || operation.path === '/v1/simulations';
        const own = isJob ? `${said.get(principal.department) ?? ''}${probe.body ?? ''}` : '';
        if (isJob) said.set(principal.department, own);
        const leaked = leaksIn(response, probe, apart).filter((word) => !own.includes(word));
        if (leaked.length > 0) report.leaks.push(`${describe(principal, probe)}: ${leaked.join(', ')}`);
        const { guessed } = probe;
        // A name of the organisation is no secret: what it names may be seen, or not, as the permission table has it.
        if (guessed === null || !taken.has(guessed) || response.statusCode < 300) continue;
        const missing = missingOf(guessed, taken);
        const again = await send(world, principal, { ...probe, url: probe.url.replaceAll(guessed, missing) });
        report.compared += 1;
        const [hidden, absent] = [comparable(response, guessed), comparable(again, missing)];
        if (hidden !== absent) report.told.push(`${describe(principal, probe)}: ${hidden} and ${absent}`);
      }
    }
  }
  return { ...report, statuses };
}

function describe({ token }: Principal, { method, url, body }: Probe): string {
  return `${token} ${method} ${url} ${body ?? ''}`;
}

/** One id for both calls of a pair: the only thing in which they may differ is the object. */
function send(
  { edge }: World,
  { token }: Pick<Principal, 'token'>,
  probe: Probe,
): Promise<LightMyRequestResponse> {
  const { method, url, body, headers } = probe;
  return edge.app.inject({
    method,
    url,
    headers: { ...headers, authorization: `Bearer ${token}`, 'x-request-id': 'trace-1' },
    ...(body === null ? {} : { payload: body }),
  });
}

/** The places in every list, as somebody who sees all of it is given them. */
async function cursorsOf(
  world: World,
  operations: Awaited<ReturnType<typeof operationsOf>>,
): Promise<string[]> {
  const cursors = new Set<string>();
  for (const { method, path, parameters } of operations) {
    if (method !== 'GET' || path.includes('{') || !parameters.some(({ name }) => name === 'after')) continue;
    for (const limit of [1, 2, 3]) {
      const headers = { accept: 'application/json' };
      const probe: Probe = { method, url: `${path}?limit=${limit}`, body: null, headers, guessed: null };
      const response = await send(world, { token: OVERSEER }, probe);
      const next = response.statusCode === 200 ? response.json().next : null;
      if (typeof next === 'string') cursors.add(next);
    }
  }
  return [...cursors];
}
