// `annona serve`: a production process on the operator's PostgreSQL, with all roles or some, configured by the environment. Busy ports and missing keys are errors.

import { resolve } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { type CellStart, startCells } from '../roles/cells.ts';
import { policySettingsOf } from '../roles/policySettings.ts';
import { ROLES } from '../roles/role.ts';
import { packageVersion } from '../version.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { type OrganisationRead, readOrganisation } from './organisationFile.ts';
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
  const cells = cellsOf(config, organisation);
  const server = await startCells(
    {
      roles: config.roles,
      internal: {
        host: config.internalHost,
        port: config.internalPort,
        ...(config.internalUrl === undefined ? {} : { url: config.internalUrl }),
      },
      directory: resolve(config.directory),
      databaseUrl: config.databaseUrl,
      ...(organisation === undefined ? {} : { organisationTexts: organisation.texts }),
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
      secretKeys: config.secretKeys,
      webhookLoopback: config.webhookLoopback === 'allow',
      policies: policySettingsOf(config),
      logLevel: config.logLevel,
    },
    cells,
    { version: packageVersion(), log: (line) => io.err(line) },
  );
  const as = config.roles.length === ROLES.length ? '' : ` as ${config.roles.join(', ')}`;
  const [first] = server.servers;
  const of = cells.length === 1 ? '' : `, cells ${cells.map(({ cell }) => cell).join(', ')},`;
  io.err(`serving ${first?.configuration.organisation}${of}${as} at ${server.url}`);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
  await server.stop();
  return EXIT.done;
}

const DEFAULT_CELL = 'main';

/** @throws CommandError */
function cellsOf(
  { cells: named, internalPort, internalUrl }: Config,
  organisation: OrganisationRead | undefined,
): readonly CellStart[] {
  const cells = organisation === undefined ? storedCells(named) : declaredCells(organisation, named);
  if (cells.length > 1 && (internalPort !== 0 || internalUrl !== undefined)) {
    throw new CommandError(
      'ANNONA_INTERNAL_PORT and ANNONA_INTERNAL_URL are one address; a process of several cells has one a cell, on free ports',
      EXIT.usage,
    );
  }
  return cells;
}

function storedCells(named: readonly string[] = [DEFAULT_CELL]): readonly CellStart[] {
  return named.map((cell) => ({ cell }));
}

/** A tree of one cell is served whatever ANNONA_CELL says; of several, those that it names. */
function declaredCells(
  { cells }: OrganisationRead,
  named: readonly string[] | undefined,
): readonly CellStart[] {
  const declared = cells.map((configuration) => ({ cell: configuration.cell, configuration }));
  if (declared.length === 1 || named === undefined) return declared;
  const unknown = named.filter((name) => !declared.some(({ cell }) => cell === name));
  if (unknown.length === 0) return declared.filter(({ cell }) => named.includes(cell));
  throw new CommandError(
    `ANNONA_CELL: the organisation declares no cell ${unknown.join(', ')} (allowed: ${declared.map(({ cell }) => cell).join(', ')})`,
    EXIT.usage,
  );
}
