// `annona job …`: asks for side jobs over HTTP, follows them and takes their results home.

import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { View } from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { flagOf, listOf, required, textOf } from './options.ts';
import { showObject } from './output.ts';
import { simulationBody } from './simulationBody.ts';
import { callerOf, type Invocation } from './spec.ts';

const LOOK_MS = 500;
const ENDED = ['succeeded', 'failed', 'cancelled'];

export function askForExport(invocation: Invocation): Promise<number> {
  const input = { of: required(invocation, 0), ...spanOf(invocation) };
  return ask(invocation, { kind: 'export', input });
}

export function askForReport(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  const [by, format] = [listOf(options, 'by'), textOf(options, 'format')];
  const input = {
    ...spanOf(invocation),
    ...(by === undefined ? {} : { by }),
    ...(format === undefined ? {} : { format }),
  };
  return ask(invocation, { kind: 'report', input });
}

export async function askForSimulation(invocation: Invocation): Promise<number> {
  return ask(invocation, await simulationBody(required(invocation, 0)), '/v1/simulations');
}

export const listJobs = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/jobs',
    filters: ['state', 'kind'],
    columns: [
      ['id', 'id'],
      ['kind', 'kind'],
      ['state', 'state'],
      ['department', 'department'],
      ['done', ({ progress }) => (progress as View).done],
      ['total', ({ progress }) => (progress as View).total],
      ['queuedAt', 'queuedAt'],
      ['error', 'error'],
    ],
    none: 'no job',
  });

export async function getJob(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(pathOf(invocation)));
  return EXIT.done;
}

export async function takeResult(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const [file, output] = [textOf(options, 'file'), textOf(options, 'output')];
  const part = file === undefined ? 'result' : `files/${encodeURIComponent(file)}`;
  const bytes = await client.download(`${pathOf(invocation)}/${part}`);
  if (output === undefined) {
    io.out(new TextDecoder().decode(bytes).replace(/\n$/, ''));
    return EXIT.done;
  }
  await writeFile(output, bytes).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${output} cannot be written (${error.code}); try another -o`);
  });
  if (flagOf(options, 'json')) io.out(JSON.stringify({ file: output, bytes: bytes.length }));
  io.err(`${bytes.length} bytes in ${output}`);
  return EXIT.done;
}

export async function cancelJob(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.remove(pathOf(invocation)));
  return EXIT.done;
}

async function ask(invocation: Invocation, body: object, path = '/v1/jobs'): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  let job = await client.post(path, body);
  if (flagOf(options, 'wait')) {
    while (!ENDED.includes(String(job.state))) {
      await sleep(LOOK_MS);
      job = await client.get(`/v1/jobs/${job.id}`);
    }
  }
  showObject(invocation, job);
  const next = job.state === 'succeeded' ? 'result' : 'get';
  io.err(`next: npx annona job ${next} ${job.id}${callerOf(options)}`);
  return job.state === 'failed' || job.state === 'cancelled' ? EXIT.failed : EXIT.done;
}

function spanOf({ options }: Invocation): { readonly from?: string; readonly to?: string } {
  const [from, to] = [textOf(options, 'from'), textOf(options, 'to')];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function pathOf(invocation: Invocation): string {
  return `/v1/jobs/${encodeURIComponent(required(invocation, 0))}`;
}
