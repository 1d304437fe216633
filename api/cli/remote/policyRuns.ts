// `annona policy …` against a server: signed bundles in, which is in force, the way back, a candidate.
// Invariant: what a server refuses is told with its reason; a revision may be shortened as long as it names one bundle.

import { readFile } from 'node:fs/promises';
import type { AnnonaClient, View } from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { flagOf, required, usage, wholeOf } from './options.ts';
import { showObject } from './output.ts';
import type { Invocation } from './spec.ts';

const BUNDLE_TYPE = 'application/vnd.annona.policy-bundle';
const SHIPPED = 'shipped';
const WHOLE = 64;

export async function push(invocation: Invocation): Promise<number> {
  const file = required(invocation, 0);
  const content = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandError(error.message, EXIT.usage);
  });
  const { client } = await connect(invocation);
  const { revision } = await client.upload('/v1/policies', { type: BUNDLE_TYPE, content });
  if (!flagOf(invocation.options, 'activate')) {
    showObject(invocation, { revision });
    return EXIT.done;
  }
  showObject(invocation, await client.post(`/v1/policies/${revision}/activate`, {}));
  return EXIT.done;
}

export const listBundles = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/policies',
    columns: [
      ['revision', ({ revision }) => String(revision).slice(0, 12)],
      ['key', 'keyId'],
      ['by', 'subject'],
      ['stored', 'storedAt'],
      ['bytes', 'bytes'],
    ],
    none: 'no bundle; try: npx annona policy push FILE',
  });

export async function activate(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const revision = await wholeRevision(client, required(invocation, 0));
  return moved(invocation, client.post(`/v1/policies/${revision}/activate`, bodyOf(invocation)));
}

export async function rollback(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  return moved(invocation, client.post('/v1/policies/rollback', bodyOf(invocation)));
}

export async function compare(invocation: Invocation): Promise<number> {
  const { args, options } = invocation;
  const { client } = await connect(invocation);
  const [given] = args;
  if (given === undefined) {
    if (options.promoteAfter !== undefined) throw usage('--promote-after goes with a revision');
    return moved(invocation, client.post('/v1/policies/candidate/drop', bodyOf(invocation)));
  }
  const revision = await wholeRevision(client, given);
  const promoteAfterTicks = wholeOf(options, 'promoteAfter');
  const body = { ...bodyOf(invocation), ...(promoteAfterTicks === undefined ? {} : { promoteAfterTicks }) };
  return moved(invocation, client.post(`/v1/policies/${revision}/compare`, body));
}

export async function status(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const found = await client.get('/v1/policies/status');
  // For people the rules that are idle say it; which hit how often is for programs.
  const { rules: _rules, ...running } = found.running as View;
  showObject(invocation, flagOf(invocation.options, 'json') ? found : { ...found, running });
  return EXIT.done;
}

async function moved(invocation: Invocation, call: Promise<View>): Promise<number> {
  showObject(invocation, await call);
  return EXIT.done;
}

function bodyOf({ options }: Invocation): View {
  const expected = wholeOf(options, 'expect');
  return expected === undefined ? {} : { expected };
}

async function wholeRevision(client: AnnonaClient, given: string): Promise<string> {
  if (given === SHIPPED || given.length === WHOLE) return encodeURIComponent(given);
  const found: string[] = [];
  for await (const { revision } of client.list('/v1/policies'))
    if (String(revision).startsWith(given)) found.push(String(revision));
  const [one, other] = found;
  if (one === undefined)
    throw new CommandError(`no bundle begins with ${given}; annona policy list shows them`);
  if (other !== undefined) throw usage(`${found.length} bundles begin with ${given}: say more of it`);
  return one;
}
