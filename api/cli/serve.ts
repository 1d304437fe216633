// `annona serve`: the production process on the operator's PostgreSQL, configured by the environment. Busy ports and missing keys are errors.

import { resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { policySettingsOf } from '../roles/policySettings.ts';
import { startServer } from '../roles/server.ts';
import { packageVersion } from '../version.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { readOrganisation } from './organisationFile.ts';
import { stopSignal } from './stopSignal.ts';

export interface ServeOptions {
  readonly port?: string;
  readonly organisation?: string;
  readonly engine?: string;
}

export async function serve(options: ServeOptions, io: CommandIo): Promise<number> {
  const config = readConfig({ port: options.port, engine: options.engine });
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
      directory: resolve(config.directory),
      databaseUrl: config.databaseUrl,
      ...(organisation === undefined
        ? {}
        : { configuration: organisation.configuration, organisationTexts: organisation.texts }),
      cell: organisation?.configuration.cell ?? config.cell,
      host: config.host,
      port: config.port,
      portBusy: 'fail',
      kafkaBrokers: config.kafkaBrokers,
      issuer: config.issuer,
      audience: config.audience,
      ...(config.keySet === undefined ? {} : { keySet: config.keySet }),
      engine: config.engine,
      tickIntervalMs: config.tickIntervalMs,
      limits: {
        agentPerSecond: config.ratePerAgent,
        departmentPerSecond: config.ratePerDepartment,
        openPerAgent: config.openPerAgent,
      },
      tickFiles: config.tickFiles,
      edge: config.edge,
      policies: policySettingsOf(config),
      logLevel: config.logLevel,
    },
    { version: packageVersion(), log: (line) => io.err(line) },
  );
  io.err(`serving ${server.configuration.organisation} at ${server.url}`);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
  await server.stop();
  return EXIT.done;
}
