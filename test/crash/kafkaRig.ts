// Brokers are killed while a relay publishes and a consumer applies: what was committed is applied, each event once, in order per request.
// `npm run -s rig:kafka -- [--events 20000] [--kills 20] [--client kafkajs] [--seed 1]` prints one JSON document, and ends with 1 for a breach.
// Invariant: one broker is down at a time, or two, and each is back with all of the data before the next is killed. A run that no longer moves
// is judged as it stands, so that a lost event is counted.
import { parseArgs } from 'node:util';
import { KAFKA_CLIENTS, type KafkaClientName } from '../../adapters/kafka/client.ts';
import { createKafkaPublisher } from '../../adapters/kafka/index.ts';
import type { EventDocument } from '../../api/client/index.ts';
import { subscribe } from '../../api/roles/subscribe.ts';
import { type DomainEvent, startRelay } from '../../scheduler/index.ts';
import { aCellName } from '../support/kafka.ts';
import { isInSync, startKafkaCluster } from '../support/kafkaCluster.ts';
import { anEvent, firstArrivals, TestCursor, TestLog } from '../support/relay.ts';

export interface Brokers {
  readonly brokers: readonly string[];
  controller(): number | Promise<number>;
  kill(node: number): Promise<void>;
  start(node: number): Promise<void>;
}

export interface KafkaRigOptions {
  readonly events: number;
  readonly kills: number;
  readonly client: KafkaClientName;
  readonly seed: number;
}

export interface KafkaRigReport extends KafkaRigOptions {
  /** Which node each kill took, and whether it led the controllers. */
  readonly killed: readonly { readonly nodes: readonly number[]; readonly controller: boolean }[];
  readonly failures: number;
  readonly lost: number;
  readonly appliedTwice: number;
  readonly outOfOrder: number;
  readonly counts: Readonly<Record<string, number>>;
}

const DEPARTMENTS = ['hr', 'legal', 'research'];
const REQUESTS = 500;
const PACE = { batchMax: 500, pollMs: 50, backoffMs: 50, backoffMaxMs: 500 };

export async function runKafkaRig(cluster: Brokers, options: KafkaRigOptions): Promise<KafkaRigReport> {
  const { events, kills, client } = options;
  const cell = aCellName();
  const stream = startStream(cluster, cell, client);
  const { log, relay, publisher } = stream;
  const commitUpTo = (share: number) => {
    const end = Math.floor((events * share) / (kills + 1));
    log.events.push(...committed(log.events.length, end - log.events.length));
    relay.wake();
  };
  commitUpTo(1);
  // The topics come with the first events.
  await settled(
    () => relay.lag().cursor > 0,
    () => relay.lag().cursor,
  );
  const applied: EventDocument[] = [];
  const subscription = subscribe({
    brokers: cluster.brokers,
    group: cell,
    cell,
    departments: DEPARTMENTS,
    client,
    sessionTimeoutMs: 6000,
    apply: (event) => void applied.push(event),
  });
  const killed: { nodes: number[]; controller: boolean }[] = [];
  const relayed = () =>
    settled(
      () => relay.lag().cursor === log.events.length,
      () => relay.lag().cursor,
    );
  let moving = true;
  for (let kill = 0; kill < kills && moving; kill += 1) {
    if (kill > 0) await inSyncAgain(cluster.brokers);
    const controller = await cluster.controller();
    const nodes = victims({ ...options, kill, controller });
    for (const node of nodes) await cluster.kill(node);
    killed.push({ nodes, controller: nodes.includes(controller) });
    commitUpTo(kill + 2);
    // Two of three are enough to go on; of one nothing is acknowledged until another is back.
    if (nodes.length === 1) moving = await relayed();
    await Promise.all(nodes.map((node) => cluster.start(node)));
  }
  // What a stalled relay never sent is lost as well: all of it counts.
  commitUpTo(kills + 1);
  await relayed();
  const ids = () => new Set(applied.map(({ id }) => id)).size;
  await settled(
    () => applied.length >= events && ids() === events,
    () => applied.length,
  );
  await subscription.stop();
  await relay.stop();
  await publisher.close();
  const counts = subscription.counts();
  return { ...options, killed, failures: stream.failures(), ...judge(log.events, applied), counts };
}

/** A committed log in memory, and the product's relay and publisher on it. */
function startStream(cluster: Brokers, cell: string, client: KafkaClientName) {
  const log = new TestLog(cell);
  const publisher = createKafkaPublisher({
    client,
    brokers: cluster.brokers,
    cell,
    log: () => {},
    requestTimeoutMs: 2000,
    topics: { partitions: 3, replicas: 3 },
  });
  let failures = 0;
  const ports = { log, cursor: new TestCursor(), publisher, timers: { sleep } };
  const relay = startRelay(ports, { cell, sink: 'kafka', ...PACE }, ({ type }) => {
    if (type === 'failure') failures += 1;
  });
  return { log, relay, publisher, failures: () => failures };
}

/** Counts against the log, not against what the parts say of themselves. Exported for its test. */
export function judge(
  log: readonly DomainEvent[],
  applied: readonly Pick<EventDocument, 'id' | 'request'>[],
): Pick<KafkaRigReport, 'lost' | 'appliedTwice' | 'outOfOrder'> {
  const ids = new Set(applied.map(({ id }) => id));
  const [want, found] = [firstArrivals(log), firstArrivals(applied)];
  return {
    lost: log.filter(({ id }) => !ids.has(id)).length,
    appliedTwice: applied.length - ids.size,
    outOfOrder: Object.keys(want).filter((request) => want[request]!.join() !== (found[request] ?? []).join())
      .length,
  };
}

/** Each third kill is of the leading controller; each fifth, in long runs, of two nodes at once. */
function victims(how: { kill: number; kills: number; seed: number; controller: number }): number[] {
  const { kill, kills, seed, controller } = how;
  const pairs = kills >= 5;
  const node = kill % 3 === 0 && controller > 0 ? controller : 1 + ((kill * 7 + seed) % 3);
  return pairs && kill % 5 === 4 ? [node, (node % 3) + 1] : [node];
}

function committed(from: number, count: number): DomainEvent[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const request = ((from + i) * 7) % REQUESTS;
    return anEvent(from + i + 1, { department: DEPARTMENTS[request % 3]!, request: `req_${request}` });
  });
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => resolve());
  await promise.finally(() => clearTimeout(timer));
}

/**
 * Who has just come back has not copied all of it: killed now, the one that has it all is missed, and nobody promises that the others go on.
 * After three minutes the next kill comes anyway.
 */
async function inSyncAgain(brokers: readonly string[]): Promise<void> {
  for (let looks = 0; looks < 900 && !(await isInSync(brokers)); looks += 1) await sleep(200);
}

/** Two minutes without any progress: brokers that start on busy cores, and elections, take seconds. */
const LOOKS_MAX = 6000;

/** Looks until it is met: true; or until nothing has moved for so many looks: false. Exported for its test. */
export async function settled(
  met: () => boolean,
  progress: () => number,
  { looksMax = LOOKS_MAX, pauseMs = 20 } = {},
): Promise<boolean> {
  let seen = progress();
  for (let looks = 0; looks < looksMax; looks += 1) {
    if (met()) return true;
    await sleep(pauseMs);
    const now = progress();
    if (now !== seen) looks = 0;
    seen = now;
  }
  return met();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '20000' },
      kills: { type: 'string', default: '20' },
      client: { type: 'string', default: 'kafkajs' },
      seed: { type: 'string', default: '1' },
    },
  });
  const client = KAFKA_CLIENTS.find((name) => name === values.client);
  if (client === undefined) throw new Error(`--client is one of ${KAFKA_CLIENTS.join(', ')}`);
  const [events, kills, seed] = [values.events, values.kills, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  const cluster = await startKafkaCluster();
  try {
    const report = await runKafkaRig(cluster, { events, kills, client, seed });
    console.log(JSON.stringify(report, null, 2));
    process.exitCode = report.lost + report.appliedTwice + report.outOfOrder === 0 ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

if (import.meta.main) await main();
