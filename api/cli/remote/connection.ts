// Whom a command calls and as whom: flags, then the environment; in development a token made on the spot with `--as`.
// Invariant: `--as` signs with the key of a data directory and only for a loopback address; nobody else could take such a token.

import { type AnnonaClient, createClient } from '../../client/index.ts';
import { readConnection } from '../../config.ts';
import { CommandError, EXIT } from '../io.ts';
import { textOf } from './options.ts';
import { callOf, type Invocation } from './spec.ts';

export interface Connected {
  readonly client: AnnonaClient;
  readonly url: string;
}

const VALID_SECONDS = 3600;
/** Of a server that is busy: a command has patience where a service would have its own. */
const RETRY = { tries: 4, waitSecondsMax: 10 };

export async function connect(invocation: Invocation): Promise<Connected> {
  const { options } = invocation;
  const given = {
    url: textOf(options, 'url'),
    token: textOf(options, 'token'),
    directory: textOf(options, 'directory'),
  };
  const flags = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const { url, token, directory } = readConnection(flags);
  const who = textOf(options, 'as');
  if (who !== undefined && given.token !== undefined) {
    throw new CommandError('--as and --token both say who calls: leave out one', EXIT.usage);
  }
  if (who !== undefined) {
    const asWho = await mint(who, { url, directory });
    return { url, client: createClient({ baseUrl: url, token: asWho, retry: RETRY }) };
  }
  if (token === undefined) throw await nobodyCalls(invocation, { url, directory });
  return { url, client: createClient({ baseUrl: url, token, retry: RETRY }) };
}

type Place = { readonly url: string; readonly directory: string };

async function mint(who: string, { url, directory }: Place): Promise<string> {
  if (!isLoopback(url)) {
    throw new CommandError(
      `--as makes development tokens, which ${url} cannot know: set ANNONA_TOKEN to one of its issuer`,
      EXIT.usage,
    );
  }
  const [first = '', department, ...rest] = who.split('@');
  if (rest.length > 0)
    throw new CommandError(`--as ${who} is neither an agent nor a ROLE@DEPARTMENT`, EXIT.usage);
  const holder = department === undefined ? { agent: first } : { role: first, department };
  const { mintDevelopmentToken, TokenRefused } = await import('../../roles/token.ts');
  try {
    return (await mintDevelopmentToken({ ...holder, directory, validSeconds: VALID_SECONDS })).token;
  } catch (error) {
    if (error instanceof TokenRefused) throw new CommandError(`--as ${who}: ${error.message}`, EXIT.usage);
    throw error;
  }
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

async function nobodyCalls(invocation: Invocation, { url, directory }: Place): Promise<CommandError> {
  const how = 'no token: set ANNONA_TOKEN';
  if (!isLoopback(url)) return new CommandError(`${how}, or say --token, for ${url}`, EXIT.usage);
  const { storedConfiguration } = await import('../../roles/storedConfiguration.ts');
  const organisation = await storedConfiguration(directory);
  if (organisation === null) {
    const where = `${directory} holds no organisation yet`;
    return new CommandError(`${how}, or in development run \`npm start\` first (${where})`, EXIT.usage);
  }
  const departments = organisation.departments.map(({ id }): string => id);
  const department = departments.includes('operations') ? 'operations' : departments[0];
  const who = invocation.role === 'agent' ? organisation.agents[0]?.id : `${invocation.role}@${department}`;
  return new CommandError(`${how}, or in development try: npx ${callOf(invocation)} --as ${who}`, EXIT.usage);
}
