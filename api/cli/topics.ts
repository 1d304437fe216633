// `annona topics create`: the Kafka topics of an organisation's departments and of its auditors, before a relay needs them.

import { readConfig } from '../config.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { readOrganisation } from './organisationFile.ts';

export interface TopicsOptions {
  readonly organisation: string;
  readonly partitions: string;
  readonly replicas: string;
  readonly json?: boolean;
}

/** Of a topic; a cluster takes no more than it can open files for. */
const PARTITIONS_MAX = 1000;
const REPLICAS_MAX = 100;

export async function createTopics(options: TopicsOptions, io: CommandIo): Promise<number> {
  const partitions = wholeNumber('--partitions', options.partitions, PARTITIONS_MAX);
  const replicas = wholeNumber('--replicas', options.replicas, REPLICAS_MAX);
  const config = readConfig();
  if (config.kafkaBrokers.length === 0) {
    throw new CommandError('KAFKA_BROKERS names no broker: set it to host:port,…', EXIT.usage);
  }
  const { cells } = await readOrganisation(options.organisation, io);
  const roles = await import('../roles/createTopics.ts');
  const answer = { created: [] as string[], present: [] as string[] };
  for (const { cell, departments: all } of cells) {
    const departments = all.map(({ id }): string => id);
    const made = await roles
      .createTopics(config, { cell, departments }, { partitions, replicas })
      .catch((error: Error) => {
        throw new CommandError(`Kafka: ${error.message}`, EXIT.unreachable);
      });
    answer.created.push(...made.created);
    answer.present.push(...made.present);
  }
  if (options.json) {
    io.out(JSON.stringify(answer));
  } else {
    for (const name of answer.created) io.out(`created ${name}`);
    for (const name of answer.present) io.out(`there already ${name}`);
  }
  return EXIT.done;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new CommandError(`${name} ${text} is not a whole number from 1 to ${most}`, EXIT.usage);
}
