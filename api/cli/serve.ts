// `annona serve`: a production process on the operator's PostgreSQL, with all roles or some, configured by the environment. Busy ports and missing keys are errors.

import { resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { policySettingsOf } from '../roles/policySettings.ts';
import { ROLES } from '../roles/role.ts';
import { startServer } from '../roles/server.ts';
import { packageVersion } from '../version.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { readOrganisation } from './organisationFile.ts';
import { stopSignal } from './stopSignal.ts';

export interface ServeOptions {
  /** Each may hold several, separated by commas. */
  readonly role?: readonly string[];
  readonly port?: string;
  readonly organisation?: string;
  readonly engine?: string;
}

export async function serve(options: ServeOptions, io: CommandIo): Promise<number> {
  const config = readConfig({ port: options.port, engine: options.engine, roles: options.role?.join(',') });
  if (config.databaseUrl === undefined) {
    throw new CommandError(
      'DATABASE_URL is not set: name a PostgreSQL, or use `annona start` for the embedded one',
      EXIT.usage,
    );
  }
  const organisation =
    options.organisation === undefined ? undefined : await readOrganisation(options.organisation, io);
  const signal = stopSignal((line) => io.err(line));
  const server = await startServer(
    {
      roles: config.roles,
      internal: {
        host: config.internalHost,
        port: config.internalPort,
        ...(config.internalUrl === undefined ? {} : { url: config.internalUrl }),
      },
      directory: resolve(config.directory),
      databaseUrl: config.databaseUrl,
      ...(organisation === undefined
        ? {}
        : { configuration: organisation.configuration, organisationTexts: organisation.texts }),
      cell: organisation?.configuration.cell ?? config.cell,
      host: config.host,
      port: config.port,
      portBusy: 'fail',
      ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
      etcd: config.etcd,
      kafkaBrokers: config.kafkaBrokers,
      kafkaClient: config.kafkaClient,
      kafkaIntake: config.kafkaIntake === 'on',
      issuer: config.issuer,
      audience: config.audience,
      ...(config.keySet === undefined ? {} : { keySet: config.keySet }),
      ...(config.oidcClient === undefined
        ? {}
        : { signIn: { client: config.oidcClient, scope: config.oidcScope } }),
      engine: config.engine,
      tickIntervalMs: config.tickIntervalMs,
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
      webhookLoopback: config.webhookLoopback === 'allow',
      policies: policySettingsOf(config),
      logLevel: config.logLevel,
    },
    { version: packageVersion(), log: (line) => io.err(line) },
  );
  const as = config.roles.length === ROLES.length ? '' : ` as ${config.roles.join(', ')}`;
  io.err(`serving ${server.configuration.organisation}${as} at ${server.url}`);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
  await server.stop();
  return EXIT.done;
}
