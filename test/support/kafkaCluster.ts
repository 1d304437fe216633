// A Kafka of a test's own: brokers in KRaft mode, each also a controller, with ports and folders of their own, that can be killed.
// Invariant: records are on all brokers, and two must have one before it is acknowledged; what was started is killed by its pid.
// A broker takes 220 MB and four seconds of one core to start: tests share one cluster (sharedKafka.ts), rigs have their own.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { repairRequestQueue } from '../../adapters/kafka/requestQueue.ts';
import { answers, freePorts, type OwnProcess, startOwn } from './ownProcess.ts';
import { requireProgram } from './services.ts';

export interface KafkaCluster {
  /** "host:port" of each node, 1 first. */
  readonly brokers: readonly string[];
  /** The node that leads the controllers, as a running one has noted it; what a broker tells clients is any broker. -1: none now. */
  controller(): number;
  /** SIGKILL. */
  kill(node: number): Promise<void>;
  /** With the data that it had. Resolves when the cluster counts it again. */
  start(node: number): Promise<void>;
  stop(): Promise<void>;
}

interface Node {
  readonly id: number;
  readonly directory: string;
  readonly port: number;
  readonly controllerPort: number;
}

const HEAP = '-Xms64m -Xmx256m';
/** What starts quickest and takes least: a broker of a test does little, and ends soon. */
const JAVA = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData';

export async function startKafkaCluster({ brokers = 3 } = {}): Promise<KafkaCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'annona-kafka-'));
  const nodes = await layOut(directory, brokers);
  const cluster = new Cluster(directory, nodes);
  try {
    await Promise.all(nodes.map(({ id }) => cluster.start(id)));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

class Cluster implements KafkaCluster {
  readonly brokers: readonly string[];
  readonly #directory: string;
  readonly #nodes: readonly Node[];
  readonly #running = new Map<number, OwnProcess>();

  constructor(directory: string, nodes: readonly Node[]) {
    this.#directory = directory;
    this.#nodes = nodes;
    this.brokers = nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  controller(): number {
    const [id] = this.#running.keys();
    const { directory } = this.#nodes.find((node) => node.id === id)!;
    const state = readFileSync(join(directory, 'data/__cluster_metadata-0/quorum-state'), 'utf8');
    return (JSON.parse(state) as { leaderId: number }).leaderId;
  }

  async kill(id: number): Promise<void> {
    await this.#running.get(id)?.kill();
    this.#running.delete(id);
  }

  async start(id: number): Promise<void> {
    const { directory, port } = this.#nodes.find((node) => node.id === id)!;
    const log = join(directory, 'log');
    const own = startOwn(requireProgram('kafka'), [join(directory, 'server.properties')], {
      log,
      variables: { KAFKA_HEAP_OPTS: HEAP, KAFKA_OPTS: JAVA },
    });
    this.#running.set(id, own);
    try {
      await answers(own, async () => {
        const { brokers } = await describeCluster([`127.0.0.1:${port}`]);
        if (!brokers.some(({ nodeId }) => nodeId === id)) throw new Error('not yet counted');
      });
    } catch (error) {
      throw new Error(`broker ${id}: ${(error as Error).message}\n${readFileSync(log, 'utf8')}`);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.kill(id)));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const describeCluster = (brokers: readonly string[]) => asking(brokers, (admin) => admin.describeCluster());

/** Whether every replica of every partition has all that was acknowledged; false also where nobody answers. */
export function isInSync(brokers: readonly string[]): Promise<boolean> {
  return asking(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    return topics.every(({ partitions }) =>
      partitions.every(({ isr, replicas }) => isr.length === replicas.length),
    );
  }).catch(() => false);
}

async function asking<Answer>(
  brokers: readonly string[],
  ask: (admin: Admin) => Promise<Answer>,
): Promise<Answer> {
  repairRequestQueue();
  const kafka = new Kafka({
    clientId: 'test',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/**
 * The folders as `kafka-storage format` would make them: a broker takes an absent bootstrap record for "the newest features". Calling it
 * would start three more Javas.
 */
async function layOut(directory: string, count: number): Promise<Node[]> {
  const ports = await freePorts(2 * count);
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    directory: join(directory, String(i + 1)),
    port: ports[2 * i]!,
    controllerPort: ports[2 * i + 1]!,
  }));
  const cluster = randomBytes(16).toString('base64url');
  const voters = nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
  for (const node of nodes) {
    mkdirSync(join(node.directory, 'data'), { recursive: true });
    writeFileSync(
      join(node.directory, 'data/meta.properties'),
      `version=1\ncluster.id=${cluster}\nnode.id=${node.id}\n`,
    );
    writeFileSync(join(node.directory, 'server.properties'), propertiesOf(node, voters, count));
  }
  return nodes;
}

function propertiesOf({ id, directory, port, controllerPort }: Node, voters: string, count: number): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(directory, 'data'),
    'num.partitions': 3,
    'default.replication.factor': count,
    'min.insync.replicas': Math.min(2, count),
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': 3,
    // Tests name their topics themselves: one that makes none must not find one.
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // A dead broker is noticed within the test; the default is 9 s.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'controller.quorum.fetch.timeout.ms': 1000,
    'controller.quorum.election.timeout.ms': 500,
    'replica.lag.time.max.ms': 5000,
    'log.cleaner.enable': false,
    'log.segment.bytes': 64 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
