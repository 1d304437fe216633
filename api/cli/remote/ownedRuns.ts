// `annona pool …` and `annona quota …`: reads them, and edits them onto the version that was read.
// Invariant: apply asks for the ETag first: nobody's change in between is overwritten; a conflict says so and changes nothing.

import {
  type AnnonaClient,
  type Edit,
  type ProblemDetail,
  ProblemError,
  type View,
} from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { type Input, readInput } from './input.ts';
import { list } from './listing.ts';
import { flagOf, required, textOf, usage } from './options.ts';
import { showObject } from './output.ts';
import { placing } from './runRemote.ts';
import type { Invocation } from './spec.ts';

/** Which parts of a file are its name, and so stand in the address instead of the body. */
interface Noun {
  readonly word: string;
  readonly route: string;
  readonly names: readonly string[];
}

const POOL: Noun = { word: 'pool', route: '/v1/pools', names: ['id'] };
const QUOTA: Noun = { word: 'quota', route: '/v1/quotas', names: ['department', 'kind'] };

export const listPools = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: POOL.route,
    filters: ['kind'],
    columns: [
      ['id', 'id'],
      ['kind', 'kind'],
      ['capacity', 'capacity'],
      ['used', 'used'],
      ['available', 'available'],
      ['unit', 'unit'],
      ['price', 'priceMinor'],
      ['labels', 'labels'],
    ],
    none: 'no pool; try: npx annona pool apply -f pool.yaml',
  });

export const listQuotas = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: QUOTA.route,
    filters: ['department', 'kind'],
    columns: [
      ['department', 'department'],
      ['kind', 'kind'],
      ['nominal', 'nominal'],
      ['borrowing limit', 'borrowingLimit'],
      ['lending limit', 'lendingLimit'],
      ['cohort', 'cohort'],
      ['used', 'used'],
    ],
    none: 'no quota; try: npx annona quota apply -f quota.yaml',
  });

export const getPool = (invocation: Invocation): Promise<number> => get(invocation, POOL);
export const getQuota = (invocation: Invocation): Promise<number> => get(invocation, QUOTA);
export const applyPool = (invocation: Invocation): Promise<number> => apply(invocation, POOL);
export const applyQuota = (invocation: Invocation): Promise<number> => apply(invocation, QUOTA);
export const removePool = (invocation: Invocation): Promise<number> => remove(invocation, POOL);
export const removeQuota = (invocation: Invocation): Promise<number> => remove(invocation, QUOTA);

async function get(invocation: Invocation, noun: Noun): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(pathOf(noun, namesOf(invocation, noun))));
  return EXIT.done;
}

async function apply(invocation: Invocation, noun: Noun): Promise<number> {
  const { io, options } = invocation;
  const file = textOf(options, 'file');
  if (file === undefined) throw usage(`what is to be applied? Say -f ${noun.word}.yaml`);
  const input = await readInput(file, io);
  const { names, body } = splitNames(noun, input);
  const path = pathOf(noun, names);
  const { client } = await connect(invocation);
  const base = await baseOf(client, path);
  const dryRun = flagOf(options, 'dryRun');
  const call = client.edits.put(path, body, { base, dryRun });
  const effect = await unlessChanged(placing(call, { io, place: input.place }), { noun, names });
  showObject(invocation, effect);
  if (wouldBeRefused(invocation, effect, input.place)) return EXIT.usage;
  const verb = base === null ? 'created' : 'changed';
  io.err(
    `${noun.word} ${names.join(' ')} ${dryRun ? `would be ${verb}; leave out --dry-run to do it` : verb}`,
  );
  return EXIT.done;
}

async function remove(invocation: Invocation, noun: Noun): Promise<number> {
  const { io, options } = invocation;
  const names = namesOf(invocation, noun);
  const path = pathOf(noun, names);
  const { client } = await connect(invocation);
  const { etag } = await client.edits.read(path);
  const dryRun = flagOf(options, 'dryRun');
  const effect = await unlessChanged(client.edits.delete(path, { base: etag, dryRun }), { noun, names });
  showObject(invocation, effect);
  if (wouldBeRefused(invocation, effect, (pointer) => pointer)) return EXIT.usage;
  io.err(
    `${noun.word} ${names.join(' ')} ${dryRun ? 'would be removed; leave out --dry-run to do it' : 'removed'}`,
  );
  return EXIT.done;
}

/** A preview answers what is wrong with an edit instead of refusing it. */
function wouldBeRefused({ io }: Invocation, { errors }: View, place: (pointer: string) => string): boolean {
  const wrong = (errors ?? []) as readonly ProblemDetail[];
  for (const { pointer, message, allowed } of wrong) {
    io.err(
      `${place(pointer)}: ${message}${allowed === undefined ? '' : ` (allowed: ${allowed.join(', ')})`}`,
    );
  }
  return wrong.length > 0;
}

/** The ETag to edit onto; null when there is none to edit. */
async function baseOf(client: AnnonaClient, path: string): Promise<Edit['base']> {
  try {
    return (await client.edits.read(path)).etag;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

async function unlessChanged(
  call: Promise<View>,
  { noun, names }: { readonly noun: Noun; readonly names: readonly string[] },
): Promise<View> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.status !== 412) throw error;
    const name = `${noun.word} ${names.join(' ')}`;
    throw new CommandError(
      `${name} was changed by somebody else meanwhile; nothing is changed. Try: npx annona ${noun.word} get ${names.join(' ')}, then the same again`,
    );
  }
}

function splitNames(noun: Noun, { value, place }: Input): { names: string[]; body: View } {
  const names = noun.names.map((name) => {
    const text = value[name];
    if (typeof text === 'string' && text !== '') return text;
    throw usage(`${place(`/${name}`)}: a ${noun.word} needs ${name}, a text`);
  });
  return {
    names,
    body: Object.fromEntries(Object.entries(value).filter(([name]) => !noun.names.includes(name))),
  };
}

function namesOf(invocation: Invocation, { names }: Noun): string[] {
  return names.map((_, index) => required(invocation, index));
}

function pathOf({ route }: Noun, names: readonly string[]): string {
  return [route, ...names.map(encodeURIComponent)].join('/');
}
