// Logs: JSON lines on stdout, what could be a secret left out by name.
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
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS, censor: '[left out]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
