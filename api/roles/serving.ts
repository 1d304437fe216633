// How a process of given roles is called: an edge for agents and people, an inner one for other processes of the cell, or probes alone.
// Invariant: what only a leader knows is asked of the process that leads, wherever it is. Called by server.ts.

import { now } from '../../adapters/system/clock.ts';
import { newSecret, sameSecret } from '../../adapters/system/secret.ts';
import type { AgentId } from '../../scheduler/index.ts';
import { crowdedOf, followCrowd } from './crowding.ts';
import { type Deciding, failingDatabase } from './deciding.ts';
import { type LeaderMemory, openEdge } from './edge.ts';
import { edgeApart } from './edgeApart.ts';
import { LeaderLookup } from './leaderLookup.ts';
import { notLeading } from './notLeading.ts';
import { openProbes } from './probes.ts';
import { rolesOf } from './role.ts';
import { timers } from './scheduling.ts';
import { DEFAULT_INTERNAL } from './serverOptions.ts';
import type { Closing, ServerParts } from './serverParts.ts';

export interface Serving {
  readonly url: string;
  /** Of the process that serves HTTP, where it is another than this one. */
  readonly pid: () => number | null;
}

export async function serving(
  parts: ServerParts,
  deciding: Deciding | null,
  closing: Closing,
): Promise<Serving> {
  const faces = rolesOf(parts.options).has('api');
  if (deciding === null)
    return alone(faces ? await standingBefore(parts, closing) : await probed(parts, closing));
  if (!faces) return alone(await answeringOthers(parts, deciding, closing));
  const secret = newSecret();
  // While it stands by it hands on what the leader alone can answer, as a process without a scheduler does.
  const leader = { ...leaderElsewhere(parts, closing), leadsHere: () => deciding.runner.state() !== null };
  const edge = { ...edgeParts(parts, deciding.memory), ...deciding, leader };
  const { observers, database, log } = parts;
  if (parts.options.edge === 'process') {
    const served = await edgeApart({ ...edge, observers, database, log, secret }, closing);
    announce(parts, { url: served.innerUrl, secret });
    closing(parts.hints.hear('commit', parts.options.cell, served.look));
    return served;
  }
  const url = await openEdge(edge, closing);
  announce(parts, { url, secret });
  followCommits(parts, closing);
  return alone(url);
}

function alone(url: string): Serving {
  return { url, pid: () => null };
}

function edgeParts(parts: ServerParts, memory: LeaderMemory) {
  const { options, follower, adapter, metrics, hub, shared, telemetry, hints, log } = parts;
  const jobAdded = (): void => hints.tell('jobs', options.cell);
  const registry = metrics.registry;
  return { options, follower, adapter, hub, memory, shared, telemetry, jobAdded, registry, log };
}

/** Any number of these stand before the leader, on any host. */
async function standingBefore(parts: ServerParts, closing: Closing): Promise<string> {
  const { adapter, shared } = parts;
  const leader = leaderElsewhere(parts, closing);
  followCommits(parts, closing);
  const crowd = followCrowd({ address: leader.address, timers });
  closing(() => crowd.stop());
  const memory = {
    ...notLeading(),
    openRequests: (agent: AgentId) => crowd.openRequests(agent),
    readiness: { failing: () => failingDatabase(adapter), degraded: shared.degraded },
  };
  return openEdge({ ...edgeParts(parts, memory), leader }, closing);
}

function leaderElsewhere({ leadership, hints, options: { cell } }: ServerParts, closing: Closing) {
  const lookup = new LeaderLookup({ directory: leadership, cell, now });
  closing(hints.hear('leadership', cell, lookup.forget));
  return { address: lookup.address, forget: lookup.forget, readiness: 'own' as const };
}

/** A scheduler without an edge of its own: other processes ask it, with its secret; it tells its figures and readiness to anyone. */
async function answeringOthers(
  parts: ServerParts,
  { memory, runner }: Deciding,
  closing: Closing,
): Promise<string> {
  const secret = newSecret();
  const options = { ...parts.options, ...listenAt(parts), portBusy: 'fail' as const };
  const inner = {
    lets: (shown: string) => sameSecret(shown, secret),
    crowded: () => crowdedOf(runner.state(), parts.options),
  };
  const url = await openEdge({ ...edgeParts(parts, memory), options, inner }, closing);
  announce(parts, { url, secret });
  return url;
}

function probed(parts: ServerParts, closing: Closing): Promise<string> {
  const { adapter, metrics } = parts;
  const failing = () => failingDatabase(adapter);
  return openProbes({ at: listenAt(parts), registry: metrics.registry, failing }, closing);
}

function listenAt({ options }: ServerParts): { host: string; port: number } {
  const { host, port } = options.internal ?? DEFAULT_INTERNAL;
  return { host, port };
}

function announce(
  { leadership, options }: ServerParts,
  { url, secret }: { readonly url: string; readonly secret: string },
): void {
  leadership.announce({ url: options.internal?.url ?? url, secret });
}

/** The events of other processes, as soon as one says that there are some; else by the hub's own poll. */
function followCommits({ hints, hub, options }: ServerParts, closing: Closing): void {
  closing(hints.hear('commit', options.cell, () => hub.look()));
}
