// `annona start`: everything in one process, for a first look and for development. Boots, lets sample agents work, serves on.
// Invariant: it asks nothing; a second start keeps the data and says so; Ctrl-C ends it in order with exit code 0.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../config.ts';
import { now } from '../roles/clock.ts';
import { policySettingsOf } from '../roles/policySettings.ts';
import { createPulse, type Pulse } from '../roles/pulse.ts';
import { runSampleAgents } from '../roles/sampleAgents.ts';
import { ownSecretKeys } from '../roles/secrets.ts';
import { type RunningServer, startServer } from '../roles/server.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER } from '../roles/serverOptions.ts';
import { tokenMint } from '../roles/token.ts';
import { packageVersion } from '../version.ts';
import { hasConsoleSources } from './buildConsole.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { readOneCell } from './organisationFile.ts';
import { stopSignal } from './stopSignal.ts';

export interface StartOptions {
  readonly reset?: boolean;
  readonly port: string;
  readonly directory: string;
  readonly organisation: string;
  readonly sampleSeconds: string;
  readonly engine?: string;
  readonly exitAfterSample?: boolean;
}

const PORT_MAX = 65_535;
/** A timer of Node takes no more milliseconds than 2^31. */
const SAMPLE_SECONDS_MAX = 86_400;
/** Where the commands look when no --directory is said. */
const DEFAULT_DIRECTORY = '.annona';
/** Where they look when no --url is said. */
const DEFAULT_URL = 'http://127.0.0.1:7400';
const SAMPLE_AGENTS = 48;
const SAMPLE_SEED = 20_261_123;

export async function start(options: StartOptions, io: CommandIo): Promise<number> {
  const port = wholeNumber('--port', options.port, PORT_MAX);
  const sampleSeconds = wholeNumber('--sample-seconds', options.sampleSeconds, SAMPLE_SECONDS_MAX);
  const directory = resolve(options.directory);
  const config = readConfig({ engine: options.engine });
  const { databaseUrl, kafkaBrokers, tickIntervalMs, engine } = config;
  const { configuration, texts } = await readOneCell(options.organisation, io);
  const signal = stopSignal((line) => io.err(line));
  await bringUpConsole(io);
  await prepare(directory, { reset: options.reset === true, databaseUrl }, io);
  const pulse = createPulse();
  const server = await startServer(
    {
      directory,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      configuration,
      organisationTexts: texts,
      cell: configuration.cell,
      host: '127.0.0.1',
      port,
      portBusy: 'next',
      ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
      kafkaBrokers,
      kafkaClient: config.kafkaClient,
      kafkaIntake: config.kafkaIntake === 'on',
      kafkaTopics: 'create',
      issuer: DEFAULT_ISSUER,
      audience: DEFAULT_AUDIENCE,
      engine,
      tickIntervalMs,
      limits: {
        agentPerSecond: config.ratePerAgent,
        departmentPerSecond: config.ratePerDepartment,
        openPerAgent: config.openPerAgent,
      },
      intakeQueueItems: config.intakeQueueItems,
      tickFiles: config.tickFiles,
      checkpointHours: config.checkpointHours,
      edge: config.edge,
      ...(config.otlpUrl === undefined ? {} : { otlpUrl: config.otlpUrl }),
      sideJobs: config.sideJobs,
      secretKeys: config.secretKeys.length > 0 ? config.secretKeys : await ownSecretKeys(directory),
      webhookLoopback: config.webhookLoopback === 'allow',
      policies: policySettingsOf(config),
    },
    { version: packageVersion(), log: (line) => io.err(line), observers: [pulse] },
  );
  try {
    if (server.data === 'kept') io.err(`kept the data in ${directory}; --reset starts over`);
    io.err(
      `${configuration.organisation}: ${configuration.departments.length} departments, ${configuration.agents.length} agents, ${configuration.pools.length} pools; serving at ${server.url}`,
    );
    await sample(server, { directory, pulse, seconds: sampleSeconds, signal }, io);
    if (options.exitAfterSample) return EXIT.done;
    await invite(server, directory, io);
    await untilAborted(signal);
    return EXIT.done;
  } finally {
    await server.stop();
    io.err('stopped');
  }
}

/** In a process of its own: what builds it is not kept in memory. Without it the API serves all the same. */
async function bringUpConsole(io: CommandIo): Promise<void> {
  if (!hasConsoleSources()) return;
  const script = new URL(`./buildConsole${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(process.execPath, [script.pathname], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) io.err(`the console could not be built, and is not served: ${said.trim()}`);
}

async function prepare(
  directory: string,
  how: { reset: boolean; databaseUrl: string | undefined },
  io: CommandIo,
): Promise<void> {
  if (how.reset && how.databaseUrl !== undefined) {
    throw new CommandError(
      '--reset empties the embedded database only; DATABASE_URL names another, which stays as it is',
      EXIT.usage,
    );
  }
  if (how.reset) {
    const { stopEmbedded } = await import('../roles/reset.ts');
    await stopEmbedded(directory, (line) => io.err(line));
    await rm(directory, { recursive: true, force: true });
    io.err(`threw away ${directory}`);
  }
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new CommandError(`--directory: ${error.message}`, EXIT.usage);
  });
}

async function sample(
  server: RunningServer,
  run: { directory: string; pulse: Pulse; seconds: number; signal: AbortSignal },
  io: CommandIo,
): Promise<void> {
  if (run.seconds === 0) return;
  const mint = await tokenMint(run.directory);
  const ending = AbortSignal.any([run.signal, AbortSignal.timeout(run.seconds * 1000)]);
  io.err(`${SAMPLE_AGENTS} sample agents work for ${run.seconds} s`);
  const lines = setInterval(() => io.out(run.pulse.line()), 1000);
  try {
    await runSampleAgents({
      configuration: server.configuration,
      baseUrl: server.url,
      count: SAMPLE_AGENTS,
      seed: SAMPLE_SEED,
      tokenFor: ({ id, department }) => mint({ role: 'agent', department, agent: id }),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
      run: `sample-${now()}`,
      signal: ending,
      note: (line) => io.err(line),
    });
  } finally {
    clearInterval(lines);
  }
  const { granted, denied, ticks } = run.pulse.totals();
  io.err(`sample agents are done: ${granted} granted, ${denied} denied in ${ticks} ticks`);
}

async function invite(server: RunningServer, directory: string, io: CommandIo): Promise<void> {
  const mint = await tokenMint(directory);
  const [agent] = server.configuration.agents;
  if (!agent) throw new Error('the organisation has no agent');
  const token = await mint({ role: 'agent', department: agent.department, agent: agent.id });
  const elsewhere = directory === resolve(DEFAULT_DIRECTORY) ? '' : ` --directory ${directory}`;
  const there = `${server.url === DEFAULT_URL ? '' : ` --url ${server.url}`}${elsewhere}`;
  io.out('');
  io.out(
    `Annona serves at ${server.url}. Ctrl-C stops it. Open it in a browser, with the token below, or try in another terminal:`,
  );
  io.out(`  npx annona request submit --gpu 2 --for 10m --wait 10 --as ${agent.id}${there}`);
  io.out(`  npx annona request watch latest --as ${agent.id}${there}`);
  io.out(`  npx annona top --as operator@${agent.department}${there}`);
  io.out('');
  io.out(`A token for ${agent.id}:`);
  io.out(token);
  io.out('');
  io.out(
    `curl -H "Authorization: Bearer $(npx annona token --agent ${agent.id}${elsewhere})" ${server.url}/v1/pools`,
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

function wholeNumber(name: string, value: string, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number <= most) return number;
  throw new CommandError(`${name} ${value} is not a whole number up to ${most}`, EXIT.usage);
}
