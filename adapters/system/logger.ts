// Logs: JSON lines in the fields of the Elastic Common Schema, what could be a secret left out by name.
// Invariant: a bearer token, a password or a key never reaches a line. Made once by each composition root.

import { type DestinationStream, type Logger, pino } from 'pino';

/** Paths that pino replaces: the places where a credential travels, at both depths that our errors and requests have. */
const SECRET_PATHS = [
  'authorization',
  'cookie',
  'password',
  'token',
  'secret',
  'privateKey',
  'connectionString',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The version of the schema whose field names these are. */
const ECS_VERSION = '8.11.0';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** What runs here: `api`, `scheduler`, `single`. Stands in every line. */
  readonly role: string;
  /** Default stdout. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, role, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: {
      'ecs.version': ECS_VERSION,
      'service.name': 'annona',
      'service.node.role': role,
      'process.pid': process.pid,
    },
    messageKey: 'message',
    timestamp: () => `,"@timestamp":"${pino.stdTimeFunctions.isoTime().slice(9, -1)}"`,
    formatters: { level: (label: string) => ({ 'log.level': label }) },
    errorKey: 'error',
    serializers: { error: ecsError },
    redact: { paths: SECRET_PATHS, censor: '[left out]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

function ecsError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, code } = error as Error & { readonly code?: unknown };
  return { type: name, message, stack_trace: stack, ...(code === undefined ? {} : { code: String(code) }) };
}
