// `annona agent …` and `annona department …`: reads them, registers agents and edits their skills over HTTP.
// Invariant: an edit sends all fields that can be edited, as they were read, with the one change.

import type { View } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { readInput } from './input.ts';
import { list } from './listing.ts';
import { flagOf, listOf, required, textOf, usage, wholeOf } from './options.ts';
import { showObject } from './output.ts';
import { placing } from './runRemote.ts';
import type { Invocation } from './spec.ts';

/** What PUT /v1/agents/:id takes. */
const EDITABLE = ['skills', 'roles', 'clearance', 'accounts', 'concurrency', 'priceMinor'];
const LISTS = ['skills', 'roles', 'accounts'] as const;

export const listAgents = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/agents',
    filters: ['department', 'skill'],
    columns: [
      ['id', 'id'],
      ['department', 'department'],
      ['roles', 'roles'],
      ['skills', 'skills'],
      ['clearance', 'clearance'],
      ['concurrency', 'concurrency'],
      ['heard', 'heartbeatAt'],
    ],
    none: 'no agent; try: npx annona agent register ID --department ID',
  });

export const listDepartments = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/departments',
    columns: [
      ['id', 'id'],
      ['title', 'title'],
      ['clearance', 'clearanceCeiling'],
      ['agents', 'agents'],
      ['classes', 'classes'],
      ['kinds', 'kinds'],
    ],
    none: 'no department',
  });

export const getAgent = (invocation: Invocation): Promise<number> => get(invocation, 'agents');
export const getDepartment = (invocation: Invocation): Promise<number> => get(invocation, 'departments');

async function get(invocation: Invocation, noun: string): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(`/v1/${noun}/${encodeURIComponent(required(invocation, 0))}`));
  return EXIT.done;
}

export async function register(invocation: Invocation): Promise<number> {
  const { io, options, args } = invocation;
  const file = textOf(options, 'file');
  const input = file === undefined ? null : await readInput(file, io);
  const body = { ...input?.value, ...agentOf(invocation) };
  if (!('id' in body)) throw usage(`which agent? Say its id: npx annona agent register ID --department ID`);
  const { client } = await connect(invocation);
  const query = flagOf(options, 'dryRun') ? { dryRun: true } : {};
  const call = client.post('/v1/agents', body, { query });
  showObject(invocation, await (input === null ? call : placing(call, { io, place: input.place })));
  if (!flagOf(options, 'dryRun'))
    io.err(`act as it: npx annona request list --as ${String(args[0] ?? body.id)}`);
  return EXIT.done;
}

function agentOf({ args, options }: Invocation): View {
  const concurrency = wholeOf(options, 'concurrency');
  const said: Record<string, unknown> = {
    id: args[0],
    department: textOf(options, 'department'),
    clearance: textOf(options, 'clearance'),
    concurrency,
    priceMinor: wholeOf(options, 'price'),
    ...Object.fromEntries(LISTS.map((name) => [name, listOf(options, name)])),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

export async function skills(invocation: Invocation): Promise<number> {
  const { options, io } = invocation;
  const { client } = await connect(invocation);
  const path = `/v1/agents/${encodeURIComponent(required(invocation, 0))}`;
  const { value, etag } = await client.edits.read(path);
  const before = (value.skills ?? []) as readonly string[];
  const [set, add, remove] = ['set', 'add', 'remove'].map((name) => listOf(options, name));
  if (set === undefined && add === undefined && remove === undefined) {
    showObject(invocation, { id: value.id, skills: before });
    return EXIT.done;
  }
  const after = [...new Set([...(set ?? before), ...(add ?? [])])].filter(
    (skill) => !remove?.includes(skill),
  );
  const kept = Object.fromEntries(
    EDITABLE.filter((name) => name in value).map((name) => [name, value[name]]),
  );
  const dryRun = flagOf(options, 'dryRun');
  showObject(invocation, await client.edits.put(path, { ...kept, skills: after }, { base: etag, dryRun }));
  io.err(`skills ${dryRun ? 'would be' : 'are now'}: ${after.join(', ') || 'none'}`);
  return EXIT.done;
}

export async function heartbeat(invocation: Invocation): Promise<number> {
  const { args, options } = invocation;
  const id = args[0] ?? textOf(options, 'as');
  if (id === undefined) throw usage('which agent? Say its id: annona agent heartbeat ID, or --as ID');
  const { client } = await connect(invocation);
  showObject(invocation, await client.post(`/v1/agents/${encodeURIComponent(id)}/heartbeat`, undefined));
  return EXIT.done;
}

export async function retire(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const path = `/v1/agents/${encodeURIComponent(required(invocation, 0))}/retire`;
  const query = flagOf(invocation.options, 'dryRun') ? { dryRun: true } : {};
  showObject(invocation, await client.post(path, undefined, { query }));
  return EXIT.done;
}
