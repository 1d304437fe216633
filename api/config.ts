// Settings of a process: flags, then environment, then defaults. The one place of the API that reads the environment.
// Invariant: an unknown ANNONA_ key or a bad value stops the start, and all of them are named at once. Read by the commands.

import { readFileSync } from 'node:fs';
import { type ProcessRole, ROLES } from './roles/role.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Engines that a tick may run on; docs/solver-engines.md says what differs. */
export const TICK_ENGINES = ['highs', 'glpk'] as const;
export type TickEngine = (typeof TICK_ENGINES)[number];

/** Libraries that speak to Kafka; docs/events.md says what differs. */
export const KAFKA_CLIENTS = ['kafkajs', 'platformatic'] as const;
export type KafkaClientName = (typeof KAFKA_CLIENTS)[number];

export interface Config {
  /** What the process is for; `all` stands for every role. */
  readonly roles: readonly ProcessRole[];
  /** Where other processes of the cell ask a scheduler, and where a process without an edge answers probes. */
  readonly internalHost: string;
  readonly internalPort: number;
  /** As the others reach it; absent: where it listens. */
  readonly internalUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Data, keys and dumps. */
  readonly directory: string;
  /** Which cells this process is for; absent: all that the organisation declares, or `main` without one. */
  readonly cells?: readonly string[];
  readonly engine: TickEngine;
  readonly tickIntervalMs: number;
  /** Ticks that are kept to be taken home as files; 0: none. */
  readonly tickFiles: number;
  /** How long checkpoints are kept, at which replays begin. */
  readonly checkpointHours: number;
  /** Whether HTTP has a process of its own, or shares the one that decides. */
  readonly edge: 'process' | 'inside';
  /** Whether side jobs and webhooks are worked off by a process beside this one. */
  readonly sideJobs: 'process' | 'off';
  /** Webhooks over http to loopback, for development. */
  readonly webhookLoopback: 'allow' | 'refuse';
  /** Under which webhooks' secrets are kept, the first for new ones: "<id>:<base64 of 32 bytes>"; absent: none can be registered. */
  readonly secretKeys: readonly string[];
  readonly ratePerAgent: number;
  readonly ratePerDepartment: number;
  readonly openPerAgent: number;
  /** Acts that wait to be written: beyond its part of them a department is answered 503. */
  readonly intakeQueueItems: number;
  readonly logLevel: LogLevel;
  readonly issuer: string;
  readonly audience: string;
  /** File with the issuer's public keys (JWKS); absent: the development key of `directory`. */
  readonly keySet?: string;
  /** People sign in to the console at the issuer, as this client; absent: they paste a token. */
  readonly oidcClient?: string;
  /** What the console asks the issuer for. */
  readonly oidcScope: string;
  /** Absent: the embedded PostgreSQL under `directory`. */
  readonly databaseUrl?: string;
  /** Absent: processes share no limits, and each counts by itself. */
  readonly redisUrl?: string;
  /** Members of the etcd that says who leads; none: PostgreSQL does. */
  readonly etcd: readonly string[];
  /** A collector of traces, OTLP over HTTP; absent: no spans are made. */
  readonly otlpUrl?: string;
  readonly kafkaBrokers: readonly string[];
  readonly kafkaClient: KafkaClientName;
  /** Whether requests are taken from Kafka as well. */
  readonly kafkaIntake: 'on' | 'off';
  /** PEM files with the public keys that policy bundles may be signed with. */
  readonly policyKeys: readonly string[];
  /** Signed bundles that are dropped there are activated; absent: none is watched. */
  readonly policyFolder?: string;
  /** The decision log is written there too; absent: it is kept in memory alone. */
  readonly policyLog?: string;
  /** Fields of a request that the decision log leaves out. */
  readonly policyLogMask: readonly string[];
  /** One allowed request of so many is in the decision log; 0: none. */
  readonly policyLogSample: number;
}

/** As a command line gives them: texts under the names of `Config`. */
export type ConfigFlags = Readonly<Partial<Record<keyof Config, string>>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is wrong, one line each. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the settings are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

interface Setting<Value> {
  readonly key: string;
  readonly fallback?: string;
  /** Answers the value, or a text that says what it must be. */
  readonly read: (text: string) => { readonly value: Value } | string;
  /** A variable that others have agreed on, heard when ours is absent. */
  readonly standardKey?: string;
  /** May also come as the content of the file that `<key>_FILE` names. */
  readonly secret?: true;
}

type Settings<All> = { readonly [Name in keyof All]-?: Setting<NonNullable<All[Name]>> };

const SETTINGS: Settings<Config> = {
  roles: { key: 'ANNONA_ROLE', fallback: 'all', read: roles },
  internalHost: { key: 'ANNONA_INTERNAL_HOST', fallback: '127.0.0.1', read: word },
  internalPort: { key: 'ANNONA_INTERNAL_PORT', fallback: '0', read: wholeNumber(0, 65_535) },
  internalUrl: { key: 'ANNONA_INTERNAL_URL', read: httpUrl },
  host: { key: 'ANNONA_HOST', fallback: '127.0.0.1', read: word },
  port: { key: 'ANNONA_PORT', fallback: '7400', read: wholeNumber(0, 65_535) },
  directory: { key: 'ANNONA_DIRECTORY', fallback: '.annona', read: word },
  cells: { key: 'ANNONA_CELL', read: slugs },
  engine: { key: 'ANNONA_ENGINE', fallback: 'highs', read: oneOf(TICK_ENGINES) },
  // Below 5 ms a tick is all overhead; above 500 ms the promise of a decision within a second is gone.
  tickIntervalMs: { key: 'ANNONA_TICK_INTERVAL_MS', fallback: '20', read: wholeNumber(5, 500) },
  tickFiles: { key: 'ANNONA_TICK_FILES', fallback: '64', read: wholeNumber(0, 1000) },
  checkpointHours: { key: 'ANNONA_CHECKPOINT_HOURS', fallback: '24', read: wholeNumber(1, 87_600) },
  edge: { key: 'ANNONA_EDGE', fallback: 'process', read: oneOf(['process', 'inside'] as const) },
  sideJobs: { key: 'ANNONA_SIDE_JOBS', fallback: 'process', read: oneOf(['process', 'off'] as const) },
  webhookLoopback: {
    key: 'ANNONA_WEBHOOK_LOOPBACK',
    fallback: 'refuse',
    read: oneOf(['refuse', 'allow'] as const),
  },
  secretKeys: { key: 'ANNONA_SECRET_KEYS', fallback: '', read: secretKeys, secret: true },
  ratePerAgent: { key: 'ANNONA_RATE_AGENT_PER_SECOND', fallback: '100', read: wholeNumber(1, 100_000) },
  ratePerDepartment: {
    key: 'ANNONA_RATE_DEPARTMENT_PER_SECOND',
    fallback: '2000',
    read: wholeNumber(1, 1_000_000),
  },
  openPerAgent: { key: 'ANNONA_OPEN_REQUESTS_PER_AGENT', fallback: '10000', read: wholeNumber(1, 1_000_000) },
  intakeQueueItems: {
    key: 'ANNONA_INTAKE_QUEUE_ITEMS',
    fallback: '20000',
    read: wholeNumber(100, 1_000_000),
  },
  logLevel: { key: 'ANNONA_LOG_LEVEL', fallback: 'info', read: oneOf(LOG_LEVELS) },
  issuer: { key: 'ANNONA_ISSUER', fallback: 'annona-development', read: word },
  audience: { key: 'ANNONA_AUDIENCE', fallback: 'annona', read: word },
  keySet: { key: 'ANNONA_KEY_SET', read: word },
  oidcClient: { key: 'ANNONA_OIDC_CLIENT', read: word },
  oidcScope: { key: 'ANNONA_OIDC_SCOPE', fallback: 'openid', read: word },
  databaseUrl: { key: 'DATABASE_URL', read: postgresUrl, secret: true },
  redisUrl: { key: 'REDIS_URL', read: redisUrl, secret: true },
  etcd: { key: 'ANNONA_ETCD', fallback: '', read: httpUrls },
  otlpUrl: { key: 'ANNONA_OTLP_URL', standardKey: 'OTEL_EXPORTER_OTLP_ENDPOINT', read: httpUrl },
  kafkaBrokers: { key: 'KAFKA_BROKERS', fallback: '', read: brokers },
  kafkaClient: { key: 'ANNONA_KAFKA_CLIENT', fallback: 'kafkajs', read: oneOf(KAFKA_CLIENTS) },
  kafkaIntake: { key: 'ANNONA_KAFKA_INTAKE', fallback: 'off', read: oneOf(['on', 'off'] as const) },
  policyKeys: { key: 'ANNONA_POLICY_KEYS', fallback: '', read: words },
  policyFolder: { key: 'ANNONA_POLICY_FOLDER', read: word },
  policyLog: { key: 'ANNONA_POLICY_LOG', read: word },
  policyLogMask: { key: 'ANNONA_POLICY_LOG_MASK', fallback: 'purpose', read: fieldPaths },
  policyLogSample: { key: 'ANNONA_POLICY_LOG_SAMPLE', fallback: '100', read: wholeNumber(0, 1_000_000) },
};

/** Whom the commands that call a server call, and as whom. */
export interface Connection {
  readonly url: string;
  readonly token?: string;
  /** Where `--as` finds the development key. */
  readonly directory: string;
}

const CONNECTION_SETTINGS: Settings<Connection> = {
  url: { key: 'ANNONA_URL', fallback: 'http://127.0.0.1:7400', read: httpUrl },
  token: { key: 'ANNONA_TOKEN', read: word, secret: true },
  directory: SETTINGS.directory,
};

/** Ours, but read by the tests and benches: where the public data sets lie. */
const OTHER_KEYS = ['ANNONA_DATA'];

/** @throws ConfigError with everything that is wrong. */
export function readConfig(flags: ConfigFlags = {}, environment: Environment = process.env): Config {
  const problems = unknownKeys(environment);
  const config = readSettings<Config>(SETTINGS, { flags, environment, problems });
  const issuerGiven = flags.issuer !== undefined || (environment.ANNONA_ISSUER ?? '') !== '';
  if (config.keySet !== undefined && !issuerGiven) {
    problems.push('ANNONA_ISSUER: a key set belongs to an issuer; name whose keys ANNONA_KEY_SET holds');
  }
  if (config.oidcClient !== undefined && !isSecureUrl(config.issuer ?? '')) {
    problems.push(
      'ANNONA_OIDC_CLIENT: people sign in at the issuer; ANNONA_ISSUER must be its https:// address (http:// on loopback)',
    );
  }
  if (config.kafkaIntake === 'on' && config.kafkaBrokers?.length === 0) {
    problems.push('ANNONA_KAFKA_INTAKE: requests come from the brokers of KAFKA_BROKERS; name one');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config;
}

/** @throws ConfigError with everything that is wrong. */
export function readConnection(
  flags: Readonly<Partial<Record<keyof Connection, string>>> = {},
  environment: Environment = process.env,
): Connection {
  const problems = unknownKeys(environment);
  const connection = readSettings<Connection>(CONNECTION_SETTINGS, { flags, environment, problems });
  if (problems.length > 0) throw new ConfigError(problems);
  return connection as Connection;
}

/** https://no-color.org: set and not empty means none. */
export function wantsColour(environment: Environment = process.env): boolean {
  return (environment.NO_COLOR ?? '') === '';
}

function readSettings<All>(
  settings: Settings<All>,
  from: {
    readonly flags: Readonly<Record<string, string | undefined>>;
    readonly environment: Environment;
    readonly problems: string[];
  },
): Partial<All> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    const given = textOf(setting, { ...from, flag: from.flags[name] });
    if (given === undefined) continue;
    const read = setting.read(given.text);
    // The value itself is left out: it may be a secret in the wrong place.
    if (typeof read === 'string') from.problems.push(`${given.source}: ${read}`);
    else values[name] = read.value;
  }
  return values as Partial<All>;
}

interface Given {
  readonly text: string;
  readonly source: string;
}

function textOf(
  { key, standardKey, secret, fallback }: Setting<unknown>,
  from: { readonly flag: string | undefined; readonly environment: Environment; readonly problems: string[] },
): Given | undefined {
  if (from.flag !== undefined) return { text: from.flag, source: `the flag for ${key}` };
  // An empty variable is an absent one: that is how a compose file unsets it.
  const text = from.environment[key] || undefined;
  const file = (secret && from.environment[`${key}_FILE`]) || undefined;
  if (text !== undefined && file !== undefined) from.problems.push(`${key}: set it or ${key}_FILE, not both`);
  if (text !== undefined) return { text, source: key };
  if (file !== undefined) return readSecret(`${key}_FILE`, file, from.problems);
  const standard = (standardKey !== undefined && from.environment[standardKey]) || undefined;
  if (standard !== undefined) return { text: standard, source: standardKey ?? key };
  return fallback === undefined ? undefined : { text: fallback, source: key };
}

function readSecret(source: string, file: string, problems: string[]): Given | undefined {
  try {
    return { text: readFileSync(file, 'utf8').trim(), source };
  } catch (error) {
    problems.push(`${source}: ${(error as Error).message}`);
    return undefined;
  }
}

function unknownKeys(environment: Environment): string[] {
  const known = new Set(OTHER_KEYS);
  for (const { key, secret } of [...Object.values(SETTINGS), ...Object.values(CONNECTION_SETTINGS)]) {
    known.add(key);
    if (secret) known.add(`${key}_FILE`);
  }
  const ours = [...known].filter((key) => key.startsWith('ANNONA_'));
  return Object.keys(environment)
    .filter((key) => key.startsWith('ANNONA_') && !known.has(key))
    .sort()
    .map((key) => `${key}: there is no such setting (allowed: ${ours.join(', ')})`);
}

function word(text: string): { value: string } | string {
  return text.trim() === text && text !== '' ? { value: text } : 'must be a text without spaces around it';
}

/** Separated by commas. */
function words(text: string): { value: readonly string[] } {
  return {
    value: text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  };
}

function roles(text: string): { value: readonly ProcessRole[] } | string {
  const { value } = words(text);
  const named = ROLES.filter((role) => value.includes(role) || value.includes('all'));
  const known = value.every((role) => role === 'all' || named.some((one) => one === role));
  return known && named.length > 0
    ? { value: named }
    : `must be all, or of ${ROLES.join(', ')}, separated by commas`;
}

/** `none` masks nothing: an empty variable is an absent one. */
function fieldPaths(text: string): { value: readonly string[] } | string {
  if (text === 'none') return { value: [] };
  const { value } = words(text);
  return value.every((path) => /^[A-Za-z]+(?:\.[^.\s]+)*$/.test(path))
    ? { value }
    : 'must be paths of fields, as purpose or quantities.gpu, separated by commas, or none';
}

function slugs(text: string): { value: readonly string[] } | string {
  const { value } = words(text);
  return value.length > 0 && value.every((one) => /^[a-z0-9][a-z0-9.-]{0,62}$/.test(one))
    ? { value: [...new Set(value)] }
    : 'must be lower-case letters, digits, points and dashes; several separated by commas';
}

function secretKeys(text: string): { value: readonly string[] } | string {
  const { value } = words(text);
  const ids = value.map((one) => one.split(':', 1)[0]);
  return value.every((one) => /^[A-Za-z0-9-]{1,32}:[A-Za-z0-9+/]{43}=$/.test(one)) &&
    new Set(ids).size === ids.length
    ? { value }
    : 'must be <id>:<base64 of 32 bytes>, several separated by commas, each with an id of its own';
}

function wholeNumber(least: number, most: number): (text: string) => { value: number } | string {
  return (text) => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? { value } : `must be a whole number from ${least} to ${most}`;
  };
}

function oneOf<Value extends string>(allowed: readonly Value[]): (text: string) => { value: Value } | string {
  return (text) => {
    const value = allowed.find((candidate) => candidate === text);
    return value === undefined ? `must be one of ${allowed.join(', ')}` : { value };
  };
}

function postgresUrl(text: string): { value: string } | string {
  return /^postgres(?:ql)?:\/\/\S+$/.test(text) ? { value: text } : 'must be a postgres:// address';
}

function redisUrl(text: string): { value: string } | string {
  return /^rediss?:\/\/\S+$/.test(text) && URL.canParse(text)
    ? { value: text }
    : 'must be a redis:// or rediss:// address';
}

/** Codes and tokens pass there: in the clear on this machine alone. */
function isSecureUrl(text: string): boolean {
  return (
    /^(?:https:\/\/[^\s?#]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/[^\s?#]*)?)$/.test(
      text,
    ) && URL.canParse(text)
  );
}

function httpUrl(text: string): { value: string } | string {
  return /^https?:\/\/[^\s/?#]+\/?$/.test(text) && URL.canParse(text)
    ? { value: text }
    : 'must be an http:// or https:// address without a path';
}

function httpUrls(text: string): { value: readonly string[] } | string {
  const { value } = words(text);
  return value.every((url) => typeof httpUrl(url) !== 'string')
    ? { value }
    : 'must be http:// or https:// addresses without a path, separated by commas';
}

function brokers(text: string): { value: readonly string[] } | string {
  const value = text
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const wrong = value.some((broker) => !/^[^\s:]+:[0-9]{1,5}$|^\[[0-9a-fA-F:]+\]:[0-9]{1,5}$/.test(broker));
  return wrong ? 'must be host:port, several separated by commas' : { value };
}
