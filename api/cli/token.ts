// `annona token`: a development credential for the server of this directory. Production credentials come from the organisation's issuer.

import { CommandError, type CommandIo, EXIT } from './io.ts';

export interface TokenOptions {
  readonly agent?: string;
  readonly role?: string;
  readonly department?: string;
  readonly hours: string;
  readonly directory: string;
  readonly json?: boolean;
}

export async function token(options: TokenOptions, io: CommandIo): Promise<number> {
  const hours = Number(options.hours);
  if (!Number.isFinite(hours) || hours <= 0 || hours > 24 * 365) {
    throw new CommandError(`--hours ${options.hours} is not a number of hours up to a year`, EXIT.usage);
  }
  const { mintDevelopmentToken, TokenRefused } = await import('../roles/token.ts');
  try {
    const minted = await mintDevelopmentToken({
      directory: options.directory,
      ...(options.agent === undefined ? {} : { agent: options.agent }),
      ...(options.role === undefined ? {} : { role: options.role }),
      ...(options.department === undefined ? {} : { department: options.department }),
      validSeconds: Math.round(hours * 3600),
    });
    io.out(options.json ? JSON.stringify(minted) : minted.token);
    return EXIT.done;
  } catch (error) {
    if (error instanceof TokenRefused) throw new CommandError(error.message, EXIT.usage);
    throw error;
  }
}
